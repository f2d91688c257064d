//! One tool call of a reply, and how far it is.

use std::sync::Arc;

use crate::agent::{
    approvals::{ApprovalRequest, HeldCall, waiting_result},
    claude::Block,
    mcp::CallOutcome,
    toolbox::PreparedCall,
    tools::CallInput,
};

pub(super) struct Call {
    /// The index of its block in the reply.
    pub(super) index: u64,
    /// The id in events and messages.
    pub(super) id: String,
    /// The name in events and messages.
    pub(super) name: String,
    /// The name that Claude wrote, for the toolbox.
    pub(super) requested_name: String,
    pub(super) input: CallInput,
    pub(super) state: State,
    /// The user has declined it.
    pub(super) declined: bool,
}

pub(super) enum State {
    /// Claude is still writing the input.
    Open,
    Ready {
        call: PreparedCall,
        early: bool,
    },
    /// Never sent; answered when the reply is complete.
    Invalid(CallOutcome),
    Running,
    Done(Answer),
    /// Not sent before the user has confirmed it. The reply is complete.
    Held(Box<HeldCall>),
    /// The user is asked.
    Waiting,
}

/// The result of a call, shared with its event.
pub(super) struct Answer {
    pub(super) content: Arc<Vec<Block>>,
    pub(super) is_error: bool,
}

impl Call {
    /// Asks the user, if the call is held.
    pub(super) fn request_approval(&mut self) -> Option<ApprovalRequest> {
        match std::mem::replace(&mut self.state, State::Waiting) {
            State::Held(held) => Some(held.request(&self.name)),
            state => {
                self.state = state;
                None
            }
        }
    }

    /// The result. `cut_off` says why a call that has not ended has none.
    pub(super) fn into_result(self, cut_off: &str) -> Block {
        let outcome = match self.state {
            State::Done(answer) => return answer.into_block(self.id),
            State::Waiting => return waiting_result(self.id),
            State::Invalid(outcome) => outcome,
            State::Running => CallOutcome::unknown(cut_off),
            State::Open | State::Ready { .. } | State::Held(_) => CallOutcome::not_run(cut_off),
        };
        outcome.into_block(self.id)
    }
}

impl Answer {
    /// Copies the content only while the event is kept.
    fn into_block(self, tool_use_id: String) -> Block {
        Block::ToolResult {
            tool_use_id,
            content: Arc::unwrap_or_clone(self.content),
            is_error: self.is_error,
        }
    }
}
