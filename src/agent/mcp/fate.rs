//! What became of a call that brought no result: was it answered, refused, never sent, or is it unknown?

use rmcp::{
    model::ErrorData, service::ServiceError, transport::streamable_http_client::StreamableHttpError,
};

type HttpError = StreamableHttpError<reqwest::Error>;

#[derive(Debug)]
pub(super) enum Fate {
    /// A JSON-RPC error: the server has spoken, finally.
    Answered(ErrorData),
    /// Turned away before execution (400, 401, 403, 429).
    Refused(String),
    /// It certainly never reached the server, or the server no longer knows the session.
    NotSent,
    /// No answer within the call's time; whether it had left by then.
    OutOfTime { sent: bool },
    /// It may have run: a 5xx, a cut, an answer nobody can read.
    Unknown,
}

/// `is_connect` is decisive: what must not be sent twice never goes over a used connection. (Failures of those come as
/// `Io`, when something may have been sent.)
pub(super) fn of(error: &ServiceError) -> Fate {
    let transport = match error {
        ServiceError::McpError(error) => return Fate::Answered(error.clone()),
        ServiceError::TransportSend(transport) => transport,
        _ => return Fate::Unknown,
    };
    match transport.error.downcast_ref::<HttpError>() {
        Some(HttpError::SessionExpired | HttpError::ReservedHeaderConflict(_)) => Fate::NotSent,
        Some(HttpError::Client(error)) if error.is_connect() || error.is_builder() => Fate::NotSent,
        Some(HttpError::AuthRequired(_)) => Fate::Refused("401".into()),
        Some(HttpError::InsufficientScope(_)) => Fate::Refused("403".into()),
        Some(HttpError::HttpStatus(status)) if status.status == 429 => Fate::Refused("429".into()),
        Some(HttpError::UnexpectedServerResponse(text)) => {
            refusal(text).map_or(Fate::Unknown, Fate::Refused)
        }
        _ => Fate::Unknown,
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
    fn only_the_four_statuses_that_precede_execution_are_refusals() {
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
