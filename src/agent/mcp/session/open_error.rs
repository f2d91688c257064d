//! Errors of opening an MCP session, for the log: what was seen. They contain no text from the server but short identifiers.

use std::io;

use rmcp::service::{ClientInitializeError, ServiceError};

use crate::agent::mcp::transport::fault;

#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// It may be up soon.
    #[error("the handshake failed: {0}")]
    Unreachable(String),
    #[error("the command could not be started: {0}")]
    Start(io::ErrorKind),
    #[error("the handshake failed: {0}")]
    Handshake(String),
    #[error("the server speaks protocol version {0}, which this client does not")]
    Version(String),
    #[error("the tools could not be listed: {0}")]
    List(String),
    #[error("the server did not answer in time")]
    TimedOut,
}

impl OpenError {
    pub(super) fn from_handshake(error: &ClientInitializeError, last: Option<String>) -> Self {
        Self::Handshake(match error {
            ClientInitializeError::TransportError { error, .. } => {
                let error = error.error.as_ref();
                let seen = seen(fault::name(error).or(last));
                if fault::is_unreachable(error) {
                    return Self::Unreachable(seen);
                }
                seen
            }
            ClientInitializeError::JsonRpcError(error) => json_rpc_error(error.code.0),
            ClientInitializeError::ExpectedInitResponse(_)
            | ClientInitializeError::ExpectedInitResult(_) => {
                "the answer is not the result of `initialize`".to_owned()
            }
            _ => seen(last),
        })
    }

    pub(super) fn from_list(error: &ServiceError, last: Option<String>) -> Self {
        Self::List(match error {
            ServiceError::TransportSend(error) => seen(fault::name(error.error.as_ref()).or(last)),
            ServiceError::McpError(error) => json_rpc_error(error.code.0),
            _ => seen(last),
        })
    }

    /// Names the setting of our own server that is probably wrong.
    pub(super) fn with_setting(self) -> Self {
        let named = |fault: String| match fault::setting(&fault) {
            Some(setting) => format!("{fault}: check {setting}"),
            None => fault,
        };
        match self {
            Self::Handshake(fault) => Self::Handshake(named(fault)),
            Self::List(fault) => Self::List(named(fault)),
            other => other,
        }
    }

    /// `what` is wrong with a page, and where, if it is the JSON. Without serde's message, which may quote the page.
    pub(super) fn from_page(what: &str, error: Option<&serde_json::Error>) -> Self {
        let place = error.map(|it| format!(" (line {}, column {})", it.line(), it.column()));
        Self::List(format!("{what}{}", place.unwrap_or_default()))
    }
}

fn seen(fault: Option<String>) -> String {
    fault.unwrap_or_else(|| "the connection broke".to_owned())
}

fn json_rpc_error(code: i32) -> String {
    format!("the server answered with error {code}")
}
