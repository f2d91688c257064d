//! The journal of a run (its trace), and the replies of Claude's that are kept for going on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::run::{RunError, RunFile, Usage};

/// An entry of a run's journal, as clients read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// From 1, without holes.
    pub seq: u64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[serde(flatten)]
    pub kind: EntryKind,
}

/// What has happened. The last entry of an ended run is `Completed`, `Failed`, `Cancelled` or `Expired`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum EntryKind {
    /// Written by the store with the first claim.
    Started {
        attempt: u32,
    },
    /// A finished text block.
    Text {
        text: String,
    },
    ToolCall {
        id: String,
        name: String,
        input: Value,
    },
    // The OpenAPI document does not know `rename_all_fields`.
    #[serde(rename_all = "camelCase")]
    ToolResult {
        id: String,
        name: String,
        is_error: bool,
        duration_ms: u64,
        /// As Claude is given it.
        content: Value,
    },
    /// Written by the store with the file.
    File(RunFile),
    /// Of one reply.
    Usage(Usage),
    /// Written by the store with each claim after the first.
    Retried {
        attempt: u32,
        reason: RetryReason,
    },
    #[serde(rename_all = "camelCase")]
    Completed {
        stop_reason: Option<String>,
    },
    Failed {
        error: RunError,
    },
    Cancelled {},
    Expired {},
}

impl EntryKind {
    /// True if nothing comes after it.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Completed { .. } | Self::Failed { .. } | Self::Cancelled {} | Self::Expired {}
        )
    }
}

/// Why a run was taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryReason {
    /// The process died, or lost the right to work on the database.
    Interrupted,
    /// The process was shut down and has handed the run back.
    HandedBack,
}

/// A reply of Claude's, kept so that the conversation can be built again. Not part of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// From 1, over all steps.
    pub number: u32,
    /// The step it belongs to, from 0.
    pub step: u32,
    /// The last entry of the journal when it was stored: those after it follow from it.
    pub seq: u64,
    /// JSON, as the worker has written it.
    pub message: String,
}

/// A reply to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReply {
    pub step: u32,
    pub message: String,
    /// Added to the run's, and journalled.
    pub usage: Usage,
}
