//! The events of AG-UI 1.0 (`EventSchemas` of the npm package `@ag-ui/core`). Absent fields are left out: the schemas refuse null.

use serde::{Serialize, Serializer, ser::SerializeSeq};
use serde_json::Value;

use super::snapshot::SnapshotMessage;
use crate::agent::{
    FailureCode,
    approvals::ApprovalRequest,
    claude::{Block, Usage},
};

/// The version of the protocol.
pub(super) const VERSION: &str = "1.0";
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
    MessagesSnapshot {
        messages: &'a [SnapshotMessage<'a>],
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunResult<'a> {
    pub(super) stop_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stop_details: Option<&'a Value>,
    pub(super) request_id: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Outcome<'a> {
    Success,
    Interrupt { interrupts: Vec<Interrupt<'a>> },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Interrupt<'a> {
    /// The token: what a client sends back of an interrupt is its id.
    id: &'a str,
    reason: &'static str,
    message: String,
    tool_call_id: &'a str,
    response_schema: Value,
    expires_at: &'a str,
    metadata: InterruptMetadata<'a>,
}

#[derive(Serialize)]
struct InterruptMetadata<'a> {
    #[serde(rename = "fitness.progstrength/title")]
    title: &'a str,
    #[serde(rename = "fitness.progstrength/destructive")]
    destructive: bool,
}

impl<'a> Interrupt<'a> {
    pub(super) fn new(request: &'a ApprovalRequest) -> Self {
        Self {
            id: &request.token,
            reason: "tool_call",
            message: format!("{}: may this be done?", request.title),
            tool_call_id: &request.tool_use_id,
            response_schema: serde_json::json!({
                "type": "object",
                "properties": {"approved": {"type": "boolean"}, "reason": {"type": "string", "maxLength": 500}},
                "required": ["approved"],
            }),
            expires_at: &request.expires_at,
            metadata: InterruptMetadata {
                title: &request.title,
                destructive: request.destructive,
            },
        }
    }
}

/// Tokens as the protocol counts them: those of the cache are part of the input.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenUsage<'a> {
    provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_tokens: Option<u64>,
    cached_input_tokens: u64,
    cache_write_input_tokens: u64,
}

impl<'a> TokenUsage<'a> {
    pub(super) fn new(model: Option<&'a str>, usage: &Usage) -> Self {
        let cached = usage
            .cache_read_input_tokens
            .saturating_add(usage.cache_creation_input_tokens);
        let input_tokens = usage.input_tokens.saturating_add(cached);
        Self {
            provider: "anthropic",
            model,
            input_tokens,
            output_tokens: usage.output_tokens,
            total_tokens: input_tokens.saturating_add(usage.output_tokens),
            reasoning_tokens: usage.thinking_tokens,
            cached_input_tokens: usage.cache_read_input_tokens,
            cache_write_input_tokens: usage.cache_creation_input_tokens,
        }
    }
}
