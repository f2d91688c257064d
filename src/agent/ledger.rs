//! The ledger of a turn: its rounds, tokens and messages. Readable while the turn runs and after it was dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::claude::{Message, Usage};

#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    rounds: u32,
    /// Of the finished rounds.
    usage: Usage,
    /// Of the current round: of its earlier requests, and of the last one with its retries.
    repeated_usage: Usage,
    round_usage: Usage,
    messages: Vec<Message>,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A ledger whose first round comes after this number of rounds.
    pub(super) fn after(rounds: u32) -> Self {
        let entries = Entries {
            rounds,
            ..Entries::default()
        };
        Self(Arc::new(Mutex::new(entries)))
    }

    pub(super) fn start_round(&self) {
        self.repeat_round();
        let mut entries = self.entries();
        let usage = std::mem::take(&mut entries.repeated_usage);
        entries.usage.add(usage);
        entries.rounds += 1;
    }

    /// The current round begins anew; the tokens of its first request count.
    pub(super) fn repeat_round(&self) {
        let mut entries = self.entries();
        let usage = std::mem::take(&mut entries.round_usage);
        entries.repeated_usage.add(usage);
    }

    /// The tokens of the current round so far, since it last began anew.
    pub(super) fn set_round_usage(&self, usage: Usage) {
        self.entries().round_usage = usage;
    }

    /// Adds messages to the client's history.
    pub(super) fn add(&self, messages: impl IntoIterator<Item = Message>) {
        self.entries().messages.extend(messages);
    }

    /// The number of rounds, the current one and those before this turn included.
    pub fn rounds(&self) -> u32 {
        self.entries().rounds
    }

    /// The tokens of the current round so far.
    pub(super) fn round_usage(&self) -> Usage {
        let entries = self.entries();
        let mut usage = entries.repeated_usage;
        usage.add(entries.round_usage);
        usage
    }

    /// The tokens of all rounds so far.
    pub fn usage(&self) -> Usage {
        let entries = self.entries();
        let mut usage = entries.usage;
        usage.add(entries.repeated_usage);
        usage.add(entries.round_usage);
        usage
    }

    /// Removes and returns the messages added.
    pub(super) fn take_messages(&self) -> Vec<Message> {
        std::mem::take(&mut self.entries().messages)
    }
}
