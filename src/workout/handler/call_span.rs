//! The span of a tool call. It is a part of the caller's that `_meta` names, with a link to the HTTP request's; or else of the
//! latter.

use rmcp::{RoleServer, service::RequestContext};
use serde_json::Value;

use crate::{
    telemetry::{Attribute, Begin, Span, SpanKind, TRACEPARENT, TRACESTATE, names},
    workout::error::ToolError,
};

const SESSION_ID: &str = "mcp-session-id";
const PROTOCOL_VERSION: &str = "mcp-protocol-version";

/// Begins the span, unless traces are off. Over standard input and output they are.
pub(super) fn begin(context: &RequestContext<RoleServer>, tool: &'static str) -> Span {
    let request = context.extensions.get::<http::request::Parts>();
    let Some((request, span)) = request.and_then(|it| Some((it, it.extensions.get::<Span>()?)))
    else {
        return Span::default();
    };
    let in_meta = |key| context.meta.0.get(key).and_then(Value::as_str);
    span.joined(in_meta(TRACEPARENT), in_meta(TRACESTATE), || {
        let mut attributes = vec![
            Attribute::new(names::MCP_METHOD_NAME, names::TOOLS_CALL),
            Attribute::new(names::OPERATION_NAME, names::EXECUTE_TOOL),
            Attribute::new(names::TOOL_NAME, tool),
            Attribute::new(names::JSONRPC_REQUEST_ID, context.id.to_string()),
            Attribute::new(names::NETWORK_TRANSPORT, "tcp"),
        ];
        for (header, name) in [
            (SESSION_ID, names::MCP_SESSION_ID),
            (PROTOCOL_VERSION, names::MCP_PROTOCOL_VERSION),
        ] {
            let value = request.headers.get(header);
            if let Some(value) = value.and_then(|value| value.to_str().ok()) {
                attributes.push(Attribute::new(name, value.to_owned()));
            }
        }
        let name = format!("{} {tool}", names::TOOLS_CALL);
        Begin::new(SpanKind::Server, name, attributes)
    })
}

pub(super) fn end(span: &Span, error: Option<&ToolError>) {
    match error {
        None => span.end(),
        Some(_) => span.fail(names::TOOL_ERROR),
    }
}
