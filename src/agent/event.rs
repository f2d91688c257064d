//! The events of a turn: the wire format of the SSE stream and of the JSON answer. A new SSE event is a variant of
//! [`Event`].

use std::{fmt, sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Ledger,
    approvals::ApprovalRequest,
    claude::{Block, BlockEnd, ClaudeError, Message, Role, Usage},
    tools::CallInput,
};

/// One event of the stream; its `type` is also the name of the SSE event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The first event, before the request to Claude; again when another model is asked.
    ModelChosen { model: String },
    /// A piece of thinking that Claude shows, as it streams it: with current models also the progress between tool calls.
    ThinkingDelta { text: String },
    /// A piece of text, as Claude streams it.
    TextDelta { text: String },
    /// Claude starts a tool call.
    ToolUseStart { id: String, name: String },
    /// The input of a tool call is complete: as Claude wrote it, stripped of identity.
    ToolUse {
        id: String,
        name: String,
        #[schema(value_type = Object)]
        input: CallInput,
    },
    /// The result of a tool call.
    ToolResult {
        id: String,
        name: String,
        is_error: bool,
        duration_ms: u64,
        /// The result's `structuredContent`, for a page to draw: if there is any, and it is no longer than 64 KiB as JSON.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<Object>)]
        structured: Option<Value>,
        /// What Claude gets as the result.
        #[serde(skip)]
        content: Arc<Vec<Block>>,
        /// The user has declined the call, which has not run.
        #[serde(skip)]
        declined: bool,
    },
    /// A call waits for the user's confirmation. The turn ends after these.
    ApprovalRequest(Box<ApprovalRequest>),
    /// A round begins: Claude is asked. Only of streamed turns, and not sent by `/chat`.
    #[serde(skip)]
    RoundStart,
    /// A block that is no tool call is complete. Only of streamed turns, and not sent by `/chat`, whose clients get the blocks in
    /// `done`.
    #[serde(skip)]
    BlockEnd(Box<BlockEnd>),
    /// The last event, on success.
    Done(Box<Done>),
    /// The last event, on failure.
    Error(Box<Failed>),
}

impl Event {
    /// The `type`; `None` if `/chat` does not send the event.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self {
            Self::ModelChosen { .. } => "model_chosen",
            Self::ThinkingDelta { .. } => "thinking_delta",
            Self::TextDelta { .. } => "text_delta",
            Self::ToolUseStart { .. } => "tool_use_start",
            Self::ToolUse { .. } => "tool_use",
            Self::ToolResult { .. } => "tool_result",
            Self::ApprovalRequest(_) => "approval_request",
            Self::RoundStart | Self::BlockEnd(_) => return None,
            Self::Done(_) => "done",
            Self::Error(_) => "error",
        })
    }
}

/// A finished turn; also the JSON answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    /// The stop reason of Claude's last reply, `max_tool_rounds`, or `approval_required`.
    pub stop_reason: String,
    /// What Claude says about the stop reason, as for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub stop_details: Option<Value>,
    /// The blocks of the final assistant message.
    pub content: Vec<Block>,
    pub model: String,
    /// Every message this turn added: append them to the history.
    pub messages: Vec<Message>,
    /// Summed over all requests to Claude.
    pub usage: Usage,
    /// The calls that wait for the user's confirmation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<ApprovalRequest>,
    #[schema(value_type = String)]
    pub request_id: Arc<str>,
}

/// The kind of a [`Failure`], as clients see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    ModelError,
    ModelOverloaded,
    Timeout,
    ToolsUnavailable,
    ShuttingDown,
    Internal,
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A turn that failed after it began.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failed {
    pub code: FailureCode,
    pub message: String,
    /// The same request, with `messages` appended to its history if there are any, may succeed.
    pub retryable: bool,
    /// The rounds whose tools have run.
    pub messages: Vec<Message>,
    pub usage: Usage,
    #[schema(value_type = String)]
    pub request_id: Arc<str>,
    #[serde(skip)]
    pub retry_after: Option<Duration>,
    /// The toolbox has ended the turn.
    #[serde(skip)]
    pub halted: bool,
}

impl Failed {
    /// The failure of a turn, with the messages and tokens in its ledger.
    pub fn new(failure: &Failure, request_id: Arc<str>, ledger: &Ledger) -> Self {
        let mut messages = ledger.take_messages();
        // A paused reply is useless without its continuation, and a history must end with a user message.
        while messages.pop_if(|it| it.role == Role::Assistant).is_some() {}
        Self {
            code: failure.code(),
            message: failure.to_string(),
            retryable: failure.retryable(),
            messages,
            usage: ledger.usage(),
            request_id,
            retry_after: failure.retry_after(),
            halted: matches!(failure, Failure::Halted),
        }
    }
}

/// Why a turn failed. `Display` is for the frontend's developer; the source is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("The model could not be used.")]
    Model(#[source] ClaudeError),
    #[error("The model is overloaded; try again later.")]
    Overloaded(#[source] ClaudeError),
    #[error("The turn took too long, or the model was silent for too long.")]
    Timeout,
    #[error("The tools are unavailable; try again shortly.")]
    ToolsUnavailable,
    #[error("The service is shutting down; try again shortly.")]
    ShuttingDown,
    #[error("Something went wrong on our side.")]
    Internal,
    /// Ended by its toolbox. Never in a chat.
    #[error("The turn was ended.")]
    Halted,
}

impl From<ClaudeError> for Failure {
    fn from(error: ClaudeError) -> Self {
        match error {
            ClaudeError::Silent => Self::Timeout,
            error if error.is_overload() => Self::Overloaded(error),
            error => Self::Model(error),
        }
    }
}

impl Failure {
    pub fn code(&self) -> FailureCode {
        match self {
            Self::Model(_) => FailureCode::ModelError,
            Self::Overloaded(_) => FailureCode::ModelOverloaded,
            Self::Timeout => FailureCode::Timeout,
            Self::ToolsUnavailable => FailureCode::ToolsUnavailable,
            Self::ShuttingDown => FailureCode::ShuttingDown,
            Self::Internal | Self::Halted => FailureCode::Internal,
        }
    }

    fn retryable(&self) -> bool {
        match self {
            Self::Model(error) => {
                error.is_transient() || matches!(error, ClaudeError::TooLate { .. })
            }
            Self::Internal | Self::Halted => false,
            _ => true,
        }
    }

    /// How long Claude asks to wait before a retry.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Model(error) | Self::Overloaded(error) => error.retry_after(),
            _ => None,
        }
    }
}
