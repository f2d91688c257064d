//! The spans of a turn, by the conventions for generative AI: `invoke_agent` is the turn, and in it are a `chat` for each request
//! to Claude, retries included, and an `execute_tool` for each tool call.

mod contents;

use std::borrow::Cow;

use super::{
    claude::{Block, Model, Reply, Request, Usage},
    tools::CallInput,
};
use crate::telemetry::{Array, Attribute, Begin, Span, SpanKind, StringValue, Value, int, names};

/// `gen_ai.agent.name`.
const AGENT: &str = "prog-strength";
/// The reason of a reply that has none.
const ERROR: &str = "error";

fn begin(kind: SpanKind, operation: &'static str, of: &str, more: Vec<Attribute>) -> Begin {
    let mut attributes = vec![Attribute::new(names::OPERATION_NAME, operation)];
    attributes.extend(more);
    Begin::new(kind, format!("{operation} {of}"), attributes)
}

/// The span of a run's attempt, of which the turns of its steps are parts.
pub(crate) fn workflow(more: Vec<Attribute>) -> Begin {
    let mut attributes = vec![Attribute::new(names::AGENT_NAME, AGENT)];
    attributes.extend(more);
    begin(
        SpanKind::Internal,
        names::INVOKE_WORKFLOW,
        AGENT,
        attributes,
    )
}

/// The span of a turn.
pub(super) fn agent(parent: &Span, model: &Model) -> Span {
    parent.child(|| {
        let attributes = vec![
            Attribute::new(names::AGENT_NAME, AGENT),
            Attribute::new(names::REQUEST_MODEL, model.name.clone()),
        ];
        begin(SpanKind::Internal, names::INVOKE_AGENT, AGENT, attributes)
    })
}

/// Ends the span of a turn.
pub(super) fn end_agent(span: &Span, stop_reason: &str, usage: Usage) {
    if span.is_on() {
        set_usage(span, usage, false);
        set_finish_reason(span, stop_reason);
        span.end();
    }
}

/// Ends the span of a turn that has failed.
pub(super) fn fail_agent(span: &Span, error_type: impl Into<Cow<'static, str>>, usage: Usage) {
    fail(span, error_type, usage, false);
}

/// The span of a request to Claude.
pub(super) fn chat(parent: &Span, request: &Request<'_>) -> Span {
    let model = request.model;
    let span = parent.child(|| {
        let mut attributes = vec![
            Attribute::new(names::PROVIDER_NAME, names::ANTHROPIC),
            Attribute::new(names::REQUEST_STREAM, true),
        ];
        attributes.extend(model.attributes.iter().cloned());
        begin(SpanKind::Client, names::CHAT, &model.name, attributes)
    });
    if span.wants_contents() {
        span.set(names::SYSTEM_INSTRUCTIONS, contents::system(request));
        if let Some(messages) = contents::input(request.messages) {
            span.set(names::INPUT_MESSAGES, messages);
        }
    }
    span
}

/// Ends the span of a request with its complete reply.
pub(super) fn end_chat(span: &Span, reply: &Reply, usage: Usage) {
    if !span.is_on() {
        return;
    }
    set_usage(span, usage, true);
    set_finish_reason(span, &reply.stop_reason);
    for (name, value) in [
        (names::RESPONSE_MODEL, &reply.model),
        (names::RESPONSE_ID, &reply.id),
    ] {
        if let Some(value) = value {
            span.set(name, value.clone());
        }
    }
    if span.wants_contents() {
        let blocks = reply.blocks.iter().map(|(_, block)| block);
        span.set(names::OUTPUT_MESSAGES, contents::output(blocks));
    }
    span.end();
}

/// Ends the span of a request without a complete reply.
pub(super) fn fail_chat(span: &Span, error_type: impl Into<Cow<'static, str>>, usage: Usage) {
    fail(span, error_type, usage, true);
}

/// The span of a tool call.
pub(super) fn tool(parent: &Span, id: &str, name: &str, input: &CallInput) -> Span {
    let span = parent.child(|| {
        let attributes = vec![
            Attribute::new(names::TOOL_NAME, name.to_owned()),
            Attribute::new(names::TOOL_CALL_ID, id.to_owned()),
            Attribute::new(names::TOOL_TYPE, names::FUNCTION),
        ];
        begin(SpanKind::Internal, names::EXECUTE_TOOL, name, attributes)
    });
    if span.wants_contents() {
        let arguments = contents::arguments(input.as_map());
        span.set(names::TOOL_CALL_ARGUMENTS, arguments);
    }
    span
}

/// Ends the span of a tool call, which failed with this type of error or not.
pub(super) fn end_tool(span: &Span, error_type: Option<&'static str>, content: &[Block]) {
    if span.wants_contents() {
        span.set(names::TOOL_CALL_RESULT, contents::result(content));
    }
    match error_type {
        Some(error_type) => span.fail(error_type),
        None => span.end(),
    }
}

/// `detailed`: see [`set_usage`].
fn fail(span: &Span, error_type: impl Into<Cow<'static, str>>, usage: Usage, detailed: bool) {
    if span.is_on() {
        set_usage(span, usage, detailed);
        set_finish_reason(span, ERROR);
        span.fail(error_type);
    }
}

/// `detailed`: with what the conventions have for requests alone.
fn set_usage(span: &Span, usage: Usage, detailed: bool) {
    let (read, written) = (
        usage.cache_read_input_tokens,
        usage.cache_creation_input_tokens,
    );
    // Claude counts what is in the cache apart.
    let input = usage.input_tokens.saturating_add(read);
    span.set(names::USAGE_INPUT, int(input.saturating_add(written)));
    span.set(names::USAGE_OUTPUT, int(usage.output_tokens));
    if detailed {
        span.set(names::USAGE_CACHE_READ, int(read));
        span.set(names::USAGE_CACHE_WRITE, int(written));
        if let Some(tokens) = usage.thinking_tokens {
            span.set(names::USAGE_REASONING, int(tokens));
        }
    }
}

fn set_finish_reason(span: &Span, reason: &str) {
    let reasons = vec![StringValue::from(reason.to_owned())];
    span.set(
        names::RESPONSE_FINISH_REASONS,
        Value::Array(Array::String(reasons)),
    );
}
