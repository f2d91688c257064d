//! The outcome of a run, and its usage.

use serde::Serialize;
use serde_json::Value;

use crate::agent::{approvals::ApprovalRequest, claude::Usage};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::agent::http::faces::agui) struct RunResult<'a> {
    pub(in crate::agent::http::faces::agui) stop_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::agent::http::faces::agui) stop_details: Option<&'a Value>,
    pub(in crate::agent::http::faces::agui) request_id: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(in crate::agent::http::faces::agui) enum Outcome<'a> {
    Success,
    Interrupt { interrupts: Vec<Interrupt<'a>> },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::agent::http::faces::agui) struct Interrupt<'a> {
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
    pub(in crate::agent::http::faces::agui) fn new(request: &'a ApprovalRequest) -> Self {
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
pub(in crate::agent::http::faces::agui) struct TokenUsage<'a> {
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
    pub(in crate::agent::http::faces::agui) fn new(model: Option<&'a str>, usage: &Usage) -> Self {
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
