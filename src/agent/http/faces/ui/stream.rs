//! The chunks of the UI message stream, version 1 (`uiMessageChunkSchema` of the npm package `ai`).

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::output::Output;
use crate::agent::{FailureCode, claude::Usage, tools::CallInput};

#[derive(Serialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub(super) enum Chunk<'a> {
    Start {
        #[serde(skip_serializing_if = "Option::is_none")]
        message_id: Option<&'a str>,
        message_metadata: Metadata<'a>,
    },
    StartStep,
    TextStart {
        id: Id,
    },
    TextDelta {
        id: Id,
        delta: &'a str,
    },
    TextEnd {
        id: Id,
    },
    ReasoningStart {
        id: Id,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_metadata: Option<ProviderMetadata<'a>>,
    },
    ReasoningDelta {
        id: Id,
        delta: &'a str,
    },
    ReasoningEnd {
        id: Id,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_metadata: Option<ProviderMetadata<'a>>,
    },
    /// A block that goes back to Claude as it is.
    DataAnthropicBlock {
        data: &'a Value,
    },
    ToolInputStart {
        tool_call_id: &'a str,
        tool_name: &'a str,
        dynamic: bool,
    },
    ToolInputAvailable {
        tool_call_id: &'a str,
        tool_name: &'a str,
        input: &'a CallInput,
        dynamic: bool,
    },
    ToolOutputAvailable {
        tool_call_id: &'a str,
        output: Output<'a>,
        dynamic: bool,
    },
    ToolOutputError {
        tool_call_id: &'a str,
        error_text: &'a str,
        dynamic: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_metadata: Option<ProviderMetadata<'a>>,
    },
    ToolOutputDenied {
        tool_call_id: &'a str,
    },
    ToolApprovalRequest {
        approval_id: &'a str,
        tool_call_id: &'a str,
        approval_descriptor: Descriptor<'a>,
        signature: &'a str,
    },
    FinishStep,
    MessageMetadata {
        message_metadata: Metadata<'a>,
    },
    Finish {
        finish_reason: FinishReason,
        message_metadata: Metadata<'a>,
    },
    Error {
        error_text: &'a str,
    },
}

/// The id of a part with text, as a string.
#[derive(Clone, Copy)]
pub(super) struct Id(pub(super) u32);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What comes back with a part.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ProviderMetadata<'a> {
    /// As the package `@ai-sdk/anthropic` writes it.
    Anthropic(Signed<'a>),
    /// The texts of an error, if there are several.
    ProgStrength { texts: &'a [&'a str] },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Signed<'a> {
    Signature(&'a str),
    RedactedData(&'a str),
}

/// What a frontend may show of a call that waits.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'a> {
    pub(super) title: &'a str,
    pub(super) destructive: bool,
    pub(super) expires_at: &'a str,
}

/// The metadata of a message: fields of `done` and `error` under their names there.
#[derive(Default, Serialize)]
pub(super) struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stop_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stop_details: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<FailureCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retryable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<&'a Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<&'a str>,
    /// The ids of calls that are shown and not part of the history: their reply was cut off, or failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) left_out: Vec<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FinishReason {
    Stop,
    Length,
    ContentFilter,
    ToolCalls,
    Other,
}

impl FinishReason {
    /// From the stop reason of a turn.
    pub(super) fn new(stop_reason: &str) -> Self {
        match stop_reason {
            "end_turn" | "stop_sequence" => Self::Stop,
            "max_tokens" | "model_context_window_exceeded" => Self::Length,
            "refusal" => Self::ContentFilter,
            "approval_required" => Self::ToolCalls,
            _ => Self::Other,
        }
    }
}
