//! Approvals: calls of tools that wait for the user's confirmation, without any state.
//!
//! A call that the setting names is held: it is not sent, and gets a waiting result. The turn ends with an [`ApprovalRequest`] for
//! each, whose token binds the call. The client sends the history back with an [`ApprovalAnswer`] for each of them, and the
//! approved calls run.

mod answer;

use serde::Serialize;
use utoipa::ToSchema;

use super::tools::CallInput;

pub use answer::{ApprovalAnswer, parse_answers};

/// The text of a waiting result, and its only content. It is no error.
pub const WAITING: &str = "not run: waits for the user's confirmation";

/// A call that waits for the user's confirmation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ApprovalRequest {
    /// To be sent back in an [`ApprovalAnswer`].
    pub token: String,
    /// The id of the call in events and messages.
    pub tool_use_id: String,
    pub name: String,
    /// The tool's title, for people; its name on the server if it has none.
    pub title: String,
    /// As in `tool_use`.
    #[schema(value_type = Object)]
    pub input: CallInput,
    /// The tool may overwrite or remove something.
    pub destructive: bool,
    /// RFC 3339. An answer after it counts as none.
    pub expires_at: String,
}
