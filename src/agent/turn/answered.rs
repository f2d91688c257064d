//! The calls that the user has answered: they run before Claude is asked, and their results take the place of the waiting ones.

use super::{CUT_OFF, Turn, tool_calls::ToolCalls};
use crate::agent::{Event, Failure, claude::Message, toolbox::Halt};

impl Turn {
    /// Begins the approved calls.
    pub(super) fn begin_answered(&mut self) -> ToolCalls {
        let answered = std::mem::take(&mut self.setup.answered);
        let mut calls = ToolCalls::answered(answered);
        calls.run(true, &*self.setup.toolbox);
        calls
    }

    /// The next result of the approved calls; `None` once all have theirs.
    pub(super) async fn next_answered(
        &self,
        calls: &mut ToolCalls,
    ) -> Result<Option<Event>, Failure> {
        let memory = self.setup.memory.as_deref();
        let next = calls.next_result(memory).await.transpose();
        next.map_err(|Halt| Failure::Halted)
    }

    /// Adds the results to the conversation and to the messages of the turn.
    pub(super) fn finish_answered(&mut self, calls: ToolCalls) -> Result<(), Failure> {
        if calls.is_empty() {
            return Ok(());
        }
        let results = calls.into_results(CUT_OFF);
        let replaced = self.setup.conversation.replace_waiting(&results);
        self.ledger.add([Message::user(results)]);
        replaced.map_err(|_| Failure::Internal)
    }
}
