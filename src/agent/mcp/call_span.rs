//! The MCP attributes of a tool call's span.

use rmcp::model::{ErrorData, RequestId};
use url::Url;

use super::{
    server::{Endpoint, Server},
    session::Session,
};
use crate::telemetry::{Span, names};

/// Of the request that is sent. The id of the session is known where HTTP is.
pub(super) fn set_request(span: &Span, server: &Server, session: &Session, id: &RequestId) {
    if !span.is_on() {
        return;
    }
    span.set(names::MCP_METHOD_NAME, names::TOOLS_CALL);
    span.set(names::JSONRPC_REQUEST_ID, id.to_string());
    let info = session.peer.peer_info();
    if let Some(version) = info.map(|info| info.protocol_version.to_string()) {
        span.set(names::MCP_PROTOCOL_VERSION, version);
    }
    match &server.endpoint {
        Endpoint::Stdio(_) => span.set(names::NETWORK_TRANSPORT, "pipe"),
        Endpoint::Http(endpoint) => {
            span.set(names::NETWORK_TRANSPORT, "tcp");
            let url = Url::parse(&endpoint.url).ok();
            let host = url.as_ref().and_then(Url::host_str);
            if let (Some(url), Some(host)) = (&url, host) {
                span.set(names::SERVER_ADDRESS, host.to_owned());
                let port = url.port_or_known_default().map(i64::from);
                span.set(names::SERVER_PORT, port.unwrap_or_default());
            }
        }
    }
}

/// Of a JSON-RPC error in place of a result.
pub(super) fn set_error(span: &Span, error: &ErrorData) {
    if span.is_on() {
        let code = error.code.0.to_string();
        span.set(names::RPC_RESPONSE_STATUS_CODE, code.clone());
        span.fail(code);
    }
}
