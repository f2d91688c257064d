//! Calls of a history that wait for the user's answer.

use crate::{agent::claude::Block, process::memory::json::VALUE_COST};

/// The text of a waiting result, and its only content. It is no error.
pub const WAITING: &str = "not run: waits for the user's confirmation";

/// The result of a call until the user has answered.
pub fn waiting_result(tool_use_id: String) -> Block {
    Block::ToolResult {
        tool_use_id,
        content: vec![Block::text(WAITING)],
        is_error: false,
    }
}

/// The calls that the last message of a history answers.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct LastCalls {
    /// In the order of the calls.
    pub waiting: Vec<WaitingCall>,
    /// The ids of the others, which have their results.
    pub answered: Vec<String>,
}

/// A call that has a waiting result.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingCall {
    pub id: String,
    /// As Claude knows the tool.
    pub name: String,
    /// The JSON of the input, without any `user_id`.
    pub input: String,
    /// The number of values in the input.
    pub values: usize,
}

impl LastCalls {
    /// The bytes that the calls take while they are checked and made.
    pub fn size(&self) -> usize {
        let size = |call: &WaitingCall| 2 * call.input.len() + call.values * VALUE_COST;
        self.waiting.iter().map(size).sum()
    }
}
