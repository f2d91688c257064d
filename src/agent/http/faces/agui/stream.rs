//! The events of AG-UI 1.0 (`EventSchemas` of the npm package `@ag-ui/core`). Absent fields are left out: the schemas refuse null.

mod outcome;

use serde::{Serialize, Serializer, ser::SerializeSeq};
use serde_json::Value;

use crate::agent::{FailureCode, claude::Block};

pub(super) use outcome::{Interrupt, Outcome, RunResult, TokenUsage};

/// The version of the protocol.
pub(super) const VERSION: &str = "1.0";
/// Before a block in an `encryptedValue`.
pub(super) const SEALED: &str = "anthropic:";
/// The `encryptedValue` of what is shown and is not part of the history.
pub(super) const LEFT_OUT: &str = "left_out";
/// The `encryptedValue` of a call that waits for the user's confirmation.
pub(super) const WAITS: &str = "approval_required";
/// Metadata of a result.
pub(super) const IS_ERROR: &str = "fitness.progstrength/is_error";

#[derive(Serialize)]
#[serde(
    tag = "type",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
pub(super) enum AguiEvent<'a> {
    RunStarted {
        thread_id: &'a str,
        run_id: &'a str,
        protocol_version: &'static str,
    },
    StepStarted {
        step_name: &'a str,
    },
    StepFinished {
        step_name: &'a str,
    },
    TextMessageStart {
        message_id: &'a str,
        role: &'static str,
    },
    TextMessageContent {
        message_id: &'a str,
        delta: &'a str,
    },
    TextMessageEnd {
        message_id: &'a str,
    },
    ReasoningStart {
        message_id: &'a str,
    },
    ReasoningMessageStart {
        message_id: &'a str,
        role: &'static str,
    },
    ReasoningMessageContent {
        message_id: &'a str,
        delta: &'a str,
    },
    ReasoningMessageEnd {
        message_id: &'a str,
    },
    ReasoningEncryptedValue {
        subtype: Subtype,
        entity_id: &'a str,
        encrypted_value: &'a str,
    },
    ReasoningEnd {
        message_id: &'a str,
    },
    ToolCallStart {
        tool_call_id: &'a str,
        tool_call_name: &'a str,
        parent_message_id: &'a str,
    },
    ToolCallArgs {
        tool_call_id: &'a str,
        delta: &'a str,
    },
    ToolCallEnd {
        tool_call_id: &'a str,
    },
    ToolCallResult {
        message_id: &'a str,
        tool_call_id: &'a str,
        content: Content<'a>,
        role: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        metadata: Option<ResultMetadata<'a>>,
    },
    RunFinished {
        thread_id: &'a str,
        run_id: &'a str,
        result: RunResult<'a>,
        outcome: Outcome<'a>,
        usage: [TokenUsage<'a>; 1],
    },
    RunError {
        message: &'a str,
        code: FailureCode,
        usage: [TokenUsage<'a>; 1],
        metadata: ErrorMetadata<'a>,
    },
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Subtype {
    Message,
    ToolCall,
}

/// The content of a result: a text, or parts.
#[derive(Clone, Copy)]
pub(super) struct Content<'a>(pub(super) &'a [Block]);

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Part<'a> {
    Text { text: &'a str },
    Image { source: Source<'a> },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Source<'a> {
    r#type: &'static str,
    value: &'a str,
    mime_type: &'a str,
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let [Block::Text { text }] = self.0 {
            return serializer.serialize_str(text);
        }
        let mut parts = serializer.serialize_seq(None)?;
        for block in self.0 {
            match block {
                Block::Text { text } => parts.serialize_element(&Part::Text { text })?,
                Block::Image { source } => {
                    let field = |name: &str| source[name].as_str().unwrap_or_default();
                    let source = Source {
                        r#type: "data",
                        value: field("data"),
                        mime_type: field("media_type"),
                    };
                    parts.serialize_element(&Part::Image { source })?;
                }
                // A result holds nothing else.
                _ => {}
            }
        }
        parts.end()
    }
}

#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct ResultMetadata<'a> {
    #[serde(
        rename = "fitness.progstrength/is_error",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub(super) is_error: bool,
    #[serde(
        rename = "fitness.progstrength/declined",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub(super) declined: bool,
    #[serde(
        rename = "fitness.progstrength/structured",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) structured: Option<&'a Value>,
}

#[derive(Serialize)]
pub(super) struct ErrorMetadata<'a> {
    #[serde(rename = "fitness.progstrength/request_id")]
    pub(super) request_id: &'a str,
    #[serde(rename = "fitness.progstrength/retryable")]
    pub(super) retryable: bool,
}
