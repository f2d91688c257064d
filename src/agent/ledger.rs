//! What a turn has used and done so far, readable while it runs and after it was dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::agent::claude::{Message, Usage};

#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    rounds: u32,
    /// Of the rounds before the present one.
    usage: Usage,
    /// Of the present one.
    running: Usage,
    added: Vec<Message>,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A round begins; the number of rounds with it.
    pub(super) fn next_round(&self) -> u32 {
        let mut entries = self.entries();
        let running = std::mem::take(&mut entries.running);
        entries.usage.add(running);
        entries.rounds += 1;
        entries.rounds
    }

    pub(super) fn running(&self, usage: Usage) {
        self.entries().running = usage;
    }

    /// Remembers what the turn adds to the conversation.
    pub(super) fn add(&self, messages: impl IntoIterator<Item = Message>) {
        self.entries().added.extend(messages);
    }

    /// Claude's calls so far.
    pub fn rounds(&self) -> u32 {
        self.entries().rounds
    }

    /// Tokens so far, of all calls.
    pub fn usage(&self) -> Usage {
        let entries = self.entries();
        let mut usage = entries.usage;
        usage.add(entries.running);
        usage
    }

    /// What the turn has added; it is empty afterwards.
    pub(super) fn take_added(&self) -> Vec<Message> {
        std::mem::take(&mut self.entries().added)
    }
}
