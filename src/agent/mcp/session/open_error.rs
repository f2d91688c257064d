//! Errors of opening an MCP session, for the log. They contain neither the server's address nor text from the server.

use rmcp::{
    service::{ClientInitializeError, ServiceError},
    transport::streamable_http_client::StreamableHttpError,
};

#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("the handshake failed: {0}")]
    Handshake(String),
    #[error("the server speaks protocol version {0}, which this client does not")]
    Version(String),
    #[error("the tools could not be listed: {0}")]
    List(String),
    #[error("the listing of tools is malformed")]
    Listing,
    #[error("the server did not answer in time")]
    TimedOut,
}

pub(super) fn handshake_fault(error: &ClientInitializeError) -> String {
    match error {
        ClientInitializeError::TransportError { error, .. } => {
            fault(error.error.as_ref()).to_owned()
        }
        ClientInitializeError::JsonRpcError(error) => format!("error {}", error.code.0),
        _ => "the answer is not MCP".to_owned(),
    }
}

pub(super) fn transport_fault(error: &ServiceError) -> &'static str {
    match error {
        ServiceError::TransportSend(error) => fault(error.error.as_ref()),
        ServiceError::McpError(_) => "the server refused",
        _ => "the connection broke",
    }
}

fn fault(error: &(dyn std::error::Error + 'static)) -> &'static str {
    match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
        Some(StreamableHttpError::Client(error)) if error.is_connect() => "no connection",
        Some(StreamableHttpError::UnexpectedServerResponse(text)) => match text.as_ref() {
            "HTTP 401" | "HTTP 403" => "not authorized: check PROG_STRENGTH_MCP_TOKEN",
            _ => "an HTTP error; check PROG_STRENGTH_MCP_URL and PROG_STRENGTH_MCP_TOKEN",
        },
        Some(StreamableHttpError::ResponseBodyTooLarge { .. }) => "the answer is too long",
        Some(StreamableHttpError::UnexpectedContentType(_)) => {
            "the answer is not MCP; check PROG_STRENGTH_MCP_URL"
        }
        _ => "the connection broke",
    }
}
