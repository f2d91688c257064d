//! Classifies failed tool calls: answered, refused, not sent, timed out, or of unknown outcome.

use rmcp::{
    model::ErrorData, service::ServiceError, transport::streamable_http_client::StreamableHttpError,
};

use super::{stdio::SendError, transport::fault};

type HttpError = StreamableHttpError<reqwest::Error>;

#[derive(Debug)]
pub(super) enum CallFailure {
    /// A JSON-RPC error: an answer, and final.
    Answered(ErrorData),
    /// Refused before execution (400, 401, 403, 429).
    Refused(String),
    /// The request did not reach the server, or the server no longer knows the session.
    NotSent,
    /// No answer within the call's deadline. `sent`: the server may have received it.
    TimedOut { sent: bool },
    /// The answer exceeds a limit. It would again.
    TooLarge,
    /// The call may have run: a 5xx, a broken connection, an unreadable answer.
    Unknown,
}

impl CallFailure {
    /// For a call of a tool that may have been sent. Says in the log what was seen in place of an answer. `is_own`: of our own
    /// server.
    pub(super) fn from_transport(error: &ServiceError, tool: &str, is_own: bool) -> Self {
        let ServiceError::TransportSend(error) = error else {
            return Self::Unknown;
        };
        if let Some(SendError::Gone) = error.error.downcast_ref() {
            return Self::NotSent;
        }
        match error.error.downcast_ref::<HttpError>() {
            Some(HttpError::SessionExpired | HttpError::ReservedHeaderConflict(_)) => Self::NotSent,
            Some(HttpError::Client(error)) if error.is_connect() || error.is_builder() => {
                Self::NotSent
            }
            Some(HttpError::UnexpectedServerResponse(text)) => {
                let seen = match fault::redirect_setting(text).filter(|_| is_own) {
                    Some(setting) => &format!("{text}: check {setting}"),
                    None => text.as_ref(),
                };
                tracing::warn!(tool, seen, "a tool call was not answered");
                refusal(text).map_or(Self::Unknown, Self::Refused)
            }
            _ => Self::Unknown,
        }
    }
}

/// The transport reports a status as text: `HTTP 400`.
fn refusal(text: &str) -> Option<String> {
    let status = text.strip_prefix("HTTP ")?;
    matches!(status, "400" | "401" | "403" | "429").then(|| status.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_statuses_that_precede_execution_are_refusals() {
        for status in ["400", "401", "403", "429"] {
            assert_eq!(refusal(&format!("HTTP {status}")), Some(status.into()));
        }
        for other in ["HTTP 409", "HTTP 307", "HTTP 500", "HTTP 4", "bad JSON", ""] {
            assert_eq!(refusal(other), None, "{other}");
        }
    }
}
