//! Approval requests, as clients get them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::agent::tools::CallInput;

/// A call that waits for the user's confirmation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ApprovalRequest {
    /// To be sent back in an answer.
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
    /// RFC 3339. A later answer runs nothing.
    #[schema(format = DateTime)]
    pub expires_at: String,
}
