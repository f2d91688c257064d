//! The codes of error responses.

use std::time::Duration;

use http::StatusCode;

/// Why a request failed. Decides the status, the `code` in the body and the default `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    InvalidJson,
    Unauthorized,
    HostNotAllowed,
    OriginNotAllowed,
    /// The signature of a URL is not valid, or has expired.
    InvalidLink,
    NotFound,
    SessionNotFound,
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    InvalidRequest,
    /// The request id names a request with another body.
    RequestIdReused,
    /// There is one of this name.
    AlreadyExists,
    /// Others change the same.
    Conflict,
    Cancelled,
    UnknownConnection,
    RateLimited,
    UserSessionLimit,
    SessionLimit,
    Internal,
    ModelError,
    RunFailed,
    ModelOverloaded,
    ToolsUnavailable,
    Busy,
    ShuttingDown,
    Expired,
    EncryptionNotConfigured,
    Timeout,
    /// A server does not know the URL at which clients reach it.
    NoPublicUrl,
    /// The OAuth issuer gives no usable answer.
    IssuerError,
}

impl Code {
    const fn row(self) -> (u16, &'static str, Option<u64>) {
        match self {
            Self::InvalidJson => (400, "invalid_json", None),
            Self::Unauthorized => (401, "unauthorized", None),
            Self::HostNotAllowed => (403, "host_not_allowed", None),
            Self::OriginNotAllowed => (403, "origin_not_allowed", None),
            Self::InvalidLink => (403, "invalid_link", None),
            Self::NotFound => (404, "not_found", None),
            Self::SessionNotFound => (404, "session_not_found", None),
            Self::MethodNotAllowed => (405, "method_not_allowed", None),
            Self::PayloadTooLarge => (413, "payload_too_large", None),
            Self::UnsupportedMediaType => (415, "unsupported_media_type", None),
            Self::InvalidRequest => (422, "invalid_request", None),
            Self::RequestIdReused => (409, "request_id_reused", None),
            Self::AlreadyExists => (409, "already_exists", None),
            Self::Conflict => (409, "conflict", None),
            Self::Cancelled => (409, "cancelled", None),
            Self::UnknownConnection => (422, "unknown_connection", None),
            Self::RateLimited => (429, "rate_limited", Some(1)),
            Self::UserSessionLimit => (429, "too_many_sessions", Some(30)),
            Self::SessionLimit => (503, "too_many_sessions", Some(30)),
            Self::Internal => (500, "internal", None),
            Self::ModelError => (502, "model_error", None),
            Self::RunFailed => (502, "run_failed", None),
            Self::ModelOverloaded => (503, "model_overloaded", Some(5)),
            Self::ToolsUnavailable => (503, "tools_unavailable", Some(5)),
            Self::Busy => (503, "busy", Some(2)),
            Self::ShuttingDown => (503, "shutting_down", Some(5)),
            Self::Expired => (503, "expired", None),
            Self::EncryptionNotConfigured => (503, "encryption_not_configured", None),
            Self::NoPublicUrl => (503, "no_public_url", None),
            Self::IssuerError => (502, "issuer_error", None),
            Self::Timeout => (504, "timeout", None),
        }
    }

    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    pub(super) fn retry_after(self) -> Option<Duration> {
        self.row().2.map(Duration::from_secs)
    }
}
