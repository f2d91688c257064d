//! Classifies failed tool calls: answered, refused, not sent, timed out, or of unknown outcome.

use rmcp::{
    model::ErrorData, service::ServiceError, transport::streamable_http_client::StreamableHttpError,
};

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
    /// The call may have run: a 5xx, a broken connection, an unreadable answer.
    Unknown,
}

impl CallFailure {
    /// For a request that may have been sent.
    pub(super) fn from_transport(error: &ServiceError) -> Self {
        let ServiceError::TransportSend(error) = error else {
            return Self::Unknown;
        };
        match error.error.downcast_ref::<HttpError>() {
            Some(HttpError::SessionExpired | HttpError::ReservedHeaderConflict(_)) => Self::NotSent,
            Some(HttpError::Client(error)) if error.is_connect() || error.is_builder() => {
                Self::NotSent
            }
            Some(HttpError::AuthRequired(_)) => Self::Refused("401".into()),
            Some(HttpError::InsufficientScope(_)) => Self::Refused("403".into()),
            Some(HttpError::HttpStatus(status)) if status.status == 429 => {
                Self::Refused("429".into())
            }
            Some(HttpError::UnexpectedServerResponse(text)) => {
                refusal(text).map_or(Self::Unknown, Self::Refused)
            }
            _ => Self::Unknown,
        }
    }
}

/// rmcp reports other statuses as text: `HTTP 400 Bad Request: …`.
fn refusal(text: &str) -> Option<String> {
    let status = text.strip_prefix("HTTP ")?.get(..3)?;
    matches!(status, "400" | "401" | "403").then(|| status.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_statuses_that_precede_execution_are_refusals() {
        assert_eq!(refusal("HTTP 400 Bad Request: no"), Some("400".into()));
        assert_eq!(refusal("HTTP 401 Unauthorized: no"), Some("401".into()));
        assert_eq!(refusal("HTTP 403 Forbidden: no"), Some("403".into()));
        for other in [
            "HTTP 409 Conflict: no",
            "HTTP 307 Temporary Redirect: ",
            "HTTP 4",
            "bad JSON",
            "",
        ] {
            assert_eq!(refusal(other), None, "{other}");
        }
    }
}
