//! Errors of calls to Claude, classified: whether a retry may help, and which error the client gets.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::{process::json::mend_str, telemetry::names};

/// Codes of errors that say that spending is stopped: waiting does not help.
const SPENDING_STOPPED: [&str; 5] = [
    "enforced_spend_limit_reached",
    "contract_spend_limit_reached",
    "linked_organization_spend_limit_reached",
    "ramp_limit_exceeded",
    "organization_on_hold",
];

#[derive(Debug, thiserror::Error)]
pub enum ClaudeError {
    /// No connection, or it broke before the response head.
    #[error("the model cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// A status other than 200.
    #[error("the model answered {status} {kind}")]
    Status {
        status: StatusCode,
        kind: String,
        retry: bool,
        after: Option<Duration>,
        /// A request whose thinking blocks may be at fault.
        names_thinking: bool,
    },
    /// A compressed response.
    #[error("{0}")]
    Coded(String),
    /// An `error` event in the stream, or such an object in its place.
    #[error("the model's reply ended with an error of type {kind}")]
    Event {
        kind: String,
        /// As in `Status`.
        names_thinking: bool,
    },
    /// A response of this content type without any event.
    #[error("the model answered with content of type {0} instead of events")]
    NoEvents(String),
    #[error("the model's reply is too large")]
    TooLarge,
    /// The connection broke during the reply.
    #[error("the model's reply broke off")]
    Broken(#[source] reqwest::Error),
    /// The reply ended without `message_stop`.
    #[error("the model's reply is incomplete")]
    Incomplete,
    /// Nothing received for longer than the idle timeout.
    #[error("the model is silent")]
    Silent,
    /// The server's `retry-after` lies beyond the turn's deadline.
    #[error("the model asks to wait longer than the turn may take")]
    TooLate { overloaded: bool, after: Duration },
}

impl ClaudeError {
    /// Classifies an error response. Of its body only the error type is kept.
    pub(super) fn from_response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body);
        // Of any shape: gateways write their own.
        let names_thinking = status == StatusCode::BAD_REQUEST && names_thinking(&body);
        let body: Value = serde_json::from_str(&mend_str(&body)).unwrap_or_default();
        let error = &body["error"];
        let spent = is_spent(&body);
        let retry = match text(headers, "x-should-retry") {
            Some("true") => true,
            Some("false") => false,
            _ => matches!(status.as_u16(), 408 | 409 | 429 | 500..),
        };
        // A spend limit is not an overload.
        let reported = (!spent).then_some(status);
        Self::Status {
            status: reported.unwrap_or(StatusCode::PAYMENT_REQUIRED),
            kind: error["type"].as_str().map(identifier).unwrap_or_default(),
            retry: retry && !spent,
            after: retry_after(headers),
            names_thinking,
        }
    }

    pub(super) fn from_event(data: &Value) -> Self {
        let kind = match data["error"]["type"].as_str() {
            _ if is_spent(data) => "billing_error".to_owned(),
            kind => identifier(kind.unwrap_or("unknown")),
        };
        let names_thinking = kind == "invalid_request_error" && names_thinking(&data.to_string());
        Self::Event {
            kind,
            names_thinking,
        }
    }

    /// True if the same request may succeed when it is sent again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Broken(_) | Self::Incomplete => true,
            Self::Status { retry, .. } => *retry,
            Self::Event { kind, .. } => !matches!(
                kind.as_str(),
                "invalid_request_error"
                    | "authentication_error"
                    | "billing_error"
                    | "permission_error"
                    | "not_found_error"
                    | "request_too_large"
            ),
            Self::Coded(_)
            | Self::NoEvents(_)
            | Self::Silent
            | Self::TooLarge
            | Self::TooLate { .. } => false,
        }
    }

    /// True if Claude has too much traffic rather than a fault.
    pub fn is_overload(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status.as_u16(), 429 | 503 | 529),
            Self::Event { kind, .. } => {
                matches!(kind.as_str(), "overloaded_error" | "rate_limit_error")
            }
            Self::TooLate { overloaded, .. } => *overloaded,
            _ => false,
        }
    }

    /// True if the request may be refused for its thinking blocks.
    pub fn names_thinking(&self) -> bool {
        matches!(
            self,
            Self::Status {
                names_thinking: true,
                ..
            } | Self::Event {
                names_thinking: true,
                ..
            }
        )
    }

    /// The delay the server asked for.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { after, .. } => *after,
            Self::TooLate { after, .. } => Some(*after),
            _ => None,
        }
    }

    /// The type of the error in spans.
    pub fn error_type(&self) -> String {
        match self {
            Self::Event { kind, .. } => kind.clone(),
            Self::Silent => names::TIMEOUT.to_owned(),
            error => error.reason(),
        }
    }

    /// The label in `claude_retries_total`.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Status { status, .. } => status.as_u16().to_string(),
            Self::Unreachable(_) => "unreachable".into(),
            Self::Event { .. } => "error_event".into(),
            _ => "broken".into(),
        }
    }
}

fn names_thinking(body: &str) -> bool {
    body.to_lowercase().contains("thinking")
}

/// True for an error that says that spending is stopped. Gateways move its code.
fn is_spent(body: &Value) -> bool {
    let places = [body, &body["error"]].map(|it| [&it["error_code"], &it["details"]["error_code"]]);
    let mut codes = places.into_iter().flatten().filter_map(Value::as_str);
    codes.any(|code| SPENDING_STOPPED.contains(&code))
}

/// An upstream's identifier, reduced to what is safe in a log line.
fn identifier(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(64)
        .collect()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110 section 10.2.3); only if above zero.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let positive = |text: &str| {
        text.parse()
            .ok()
            .filter(|n: &f64| n.is_finite() && *n > 0.0)
    };
    if let Some(ms) = text(headers, "retry-after-ms").and_then(positive) {
        return Duration::try_from_secs_f64(ms / 1000.0).ok();
    }
    let after = text(headers, "retry-after")?;
    if let Some(seconds) = positive(after) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(after).ok()?;
    date.duration_since(SystemTime::now()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_read_in_milliseconds_in_seconds_and_as_a_date() {
        assert_eq!(
            after(&[("retry-after-ms", "250"), ("retry-after", "9")]),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            after(&[("retry-after", "1.5")]),
            Some(Duration::from_millis(1500))
        );
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
        assert!(
            after(&[("retry-after", &date)])
                .is_some_and(|wait| (98..=100).contains(&wait.as_secs()))
        );
    }

    #[test]
    fn an_invalid_or_past_retry_after_is_ignored() {
        for value in [
            "0",
            "-5",
            "NaN",
            "inf",
            "soon",
            "",
            "Thu, 01 Jan 1970 00:00:00 GMT",
        ] {
            assert_eq!(after(&[("retry-after", value)]), None, "{value}");
        }
    }
}
