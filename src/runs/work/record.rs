//! The journal of an attempt: fenced writes, each announced to readers. The first that fails halts the attempt.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    agent::{Halt, mcp::CallOutcome},
    runs::{
        model::{Blob, Claim, EntryKind, NewReply, RunFile, Usage},
        progress::Progress,
        store::{Store, WriteError},
    },
};

/// Why an attempt must not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halted {
    /// Another has the run.
    Lost,
    /// The database could not be written to.
    Unwritten,
    /// The tokens of the run are used up.
    Budget,
}

pub(super) struct Record {
    store: Store,
    progress: Progress,
    claim: Claim,
    halted: OnceLock<Halted>,
    /// What must be finished when the attempt is cut off: calls that are not repeated, with their results.
    pub(super) tasks: TaskTracker,
    /// Cancelled when nobody waits for these calls any more: one that waits for a session is not sent then.
    pub(super) cut_off: CancellationToken,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    usage: Usage,
    /// The text of a reply that is not complete.
    partial: String,
    /// The calls, id and name, that are journalled and not begun.
    unsent: Vec<(String, String)>,
}

impl Record {
    /// `usage`: of earlier attempts.
    pub(super) fn new(store: Store, progress: Progress, claim: Claim, usage: Usage) -> Self {
        let state = State {
            usage,
            ..State::default()
        };
        Self {
            store,
            progress,
            claim,
            halted: OnceLock::new(),
            tasks: TaskTracker::new(),
            cut_off: CancellationToken::new(),
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn halted(&self) -> Option<Halted> {
        self.halted.get().copied()
    }

    pub(super) fn halt(&self, why: Halted) -> Halt {
        self.halted.get_or_init(|| why);
        Halt
    }

    /// Of the run so far.
    pub(super) fn usage(&self) -> Usage {
        self.state().usage
    }

    pub(super) fn add_partial(&self, text: &str) {
        self.state().partial.push_str(text);
    }

    /// A reply is requested: what has come of an earlier one that was not completed is void.
    pub(super) fn clear_partial(&self) {
        self.state().partial.clear();
    }

    pub(super) fn take_partial(&self) -> String {
        std::mem::take(&mut self.state().partial)
    }

    /// A call is about to be sent.
    pub(super) fn begin_call(&self, id: &str) {
        self.state().unsent.retain(|(unsent, _)| unsent != id);
    }

    pub(super) async fn append(&self, entries: &[EntryKind]) -> Result<(), Halt> {
        if entries.is_empty() {
            return Ok(());
        }
        let written = self.store.append(&self.claim, entries, Timestamp::now);
        self.settle(written.await)
    }

    /// Journals the result of a call, and keeps what the tool has returned besides until it is stored.
    pub(super) async fn add_result(
        &self,
        (id, name): (&str, &str),
        outcome: &CallOutcome,
        blobs: &[Blob],
        duration_ms: u64,
    ) -> Result<(), Halt> {
        let entry = EntryKind::ToolResult {
            id: id.to_owned(),
            name: name.to_owned(),
            is_error: outcome.is_error,
            duration_ms,
            content: content(outcome),
        };
        let (store, clock) = (&self.store, Timestamp::now);
        let written = store.add_result(&self.claim, &entry, blobs, clock);
        self.settle(written.await)
    }

    /// Stores a complete reply, with its text and calls in `entries`.
    pub(super) async fn add_reply(
        &self,
        reply: &NewReply,
        entries: &[EntryKind],
    ) -> Result<(), Halt> {
        {
            let mut state = self.state();
            state.usage.add(reply.usage);
            state.partial.clear();
            state.unsent = entries.iter().filter_map(call).collect();
        }
        let (store, clock) = (&self.store, Timestamp::now);
        let written = store.add_reply(&self.claim, reply, entries, clock);
        self.settle(written.await)
    }

    pub(super) async fn add_file(&self, file: &RunFile) -> Result<(), Halt> {
        let written = self.store.add_file(&self.claim, file, Timestamp::now);
        self.settle(written.await)
    }

    /// Journals that the calls that were not begun will not be.
    pub(super) async fn close_calls(&self) -> Result<(), Halt> {
        let unsent = std::mem::take(&mut self.state().unsent);
        let outcome = CallOutcome::not_run("the work was stopped before");
        let entry = |(id, name)| EntryKind::ToolResult {
            id,
            name,
            is_error: true,
            duration_ms: 0,
            content: content(&outcome),
        };
        let entries: Vec<EntryKind> = unsent.into_iter().map(entry).collect();
        self.append(&entries).await
    }

    fn settle(&self, written: Result<u64, WriteError>) -> Result<(), Halt> {
        match written {
            Ok(seq) => {
                self.progress.appended(self.claim.run, seq);
                Ok(())
            }
            Err(WriteError::Lost) => Err(self.halt(Halted::Lost)),
            Err(WriteError::Store(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "the journal of a run cannot be written");
                Err(self.halt(Halted::Unwritten))
            }
        }
    }
}

fn call(entry: &EntryKind) -> Option<(String, String)> {
    match entry {
        EntryKind::ToolCall { id, name, .. } => Some((id.clone(), name.clone())),
        _ => None,
    }
}

/// The content of a result, as Claude is given it.
fn content(outcome: &CallOutcome) -> Value {
    serde_json::to_value(&outcome.content).unwrap_or_default()
}
