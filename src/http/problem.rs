//! Error responses: `application/problem+json` (RFC 9457), each with one of a closed set of codes.

use std::{borrow::Cow, fmt, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{rate_limit::whole_seconds, request_id::RequestId};
use crate::process::memory::Exceeded;

/// `Retry-After` when too many requests run, or hold too much memory.
const MEMORY_RETRY_AFTER: Duration = Duration::from_secs(2);

/// Why a request failed. Decides the status, the `code` in the body and the default `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    InvalidJson,
    Unauthorized,
    HostNotAllowed,
    OriginNotAllowed,
    NotFound,
    SessionNotFound,
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    InvalidRequest,
    RateLimited,
    UserSessionLimit,
    SessionLimit,
    Internal,
    ModelError,
    ModelOverloaded,
    ToolsUnavailable,
    Busy,
    ShuttingDown,
    Timeout,
}

impl Code {
    const fn row(self) -> (u16, &'static str, Option<u64>) {
        match self {
            Self::InvalidJson => (400, "invalid_json", None),
            Self::Unauthorized => (401, "unauthorized", None),
            Self::HostNotAllowed => (403, "host_not_allowed", None),
            Self::OriginNotAllowed => (403, "origin_not_allowed", None),
            Self::NotFound => (404, "not_found", None),
            Self::SessionNotFound => (404, "session_not_found", None),
            Self::MethodNotAllowed => (405, "method_not_allowed", None),
            Self::PayloadTooLarge => (413, "payload_too_large", None),
            Self::UnsupportedMediaType => (415, "unsupported_media_type", None),
            Self::InvalidRequest => (422, "invalid_request", None),
            Self::RateLimited => (429, "rate_limited", Some(1)),
            Self::UserSessionLimit => (429, "too_many_sessions", Some(30)),
            Self::SessionLimit => (503, "too_many_sessions", Some(30)),
            Self::Internal => (500, "internal", None),
            Self::ModelError => (502, "model_error", None),
            Self::ModelOverloaded => (503, "model_overloaded", Some(5)),
            Self::ToolsUnavailable => (503, "tools_unavailable", Some(5)),
            Self::Busy => (503, "busy", Some(2)),
            Self::ShuttingDown => (503, "shutting_down", Some(5)),
            Self::Timeout => (504, "timeout", None),
        }
    }

    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    fn retry_after(self) -> Option<Duration> {
        self.row().2.map(Duration::from_secs)
    }
}

/// An error response. `detail` is for the developer of the client.
#[derive(Debug)]
pub struct Problem {
    pub code: Code,
    detail: Cow<'static, str>,
    retry_after: Option<Duration>,
    /// The value of `WWW-Authenticate`.
    challenge: Option<Cow<'static, str>>,
    /// The extension member `messages`.
    messages: Option<Box<RawValue>>,
}

impl From<Exceeded> for Problem {
    fn from(exceeded: Exceeded) -> Self {
        let (code, detail) = match exceeded {
            Exceeded::Requests => (
                Code::Busy,
                "Too many requests are running; try again shortly.",
            ),
            Exceeded::RequestsOfUser => (
                Code::RateLimited,
                "Too many requests of this user are running; wait for one to end.",
            ),
            Exceeded::Bytes => (
                Code::Busy,
                "Requests of other users hold all memory; try again shortly.",
            ),
            Exceeded::BytesOfUser => (
                Code::RateLimited,
                "The requests of this user hold too much memory; wait for one to end, or send less.",
            ),
        };
        Self::new(code, detail).with_retry_after(MEMORY_RETRY_AFTER)
    }
}

/// The body of every error.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Body<'a> {
    #[schema(example = "about:blank")]
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    /// The same as `detail`, for the mobile client.
    error: &'a str,
    code: &'a str,
    request_id: &'a str,
    /// The rounds of the turn whose tools have run: append them to the history before asking again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Object>, required = false)]
    messages: Option<&'a RawValue>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            retry_after: code.retry_after(),
            challenge: None,
            messages: None,
        }
    }

    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Sets the value of `WWW-Authenticate`.
    #[must_use]
    pub fn with_challenge(mut self, challenge: impl Into<Cow<'static, str>>) -> Self {
        self.challenge = Some(challenge.into());
        self
    }

    /// Sets the extension member `messages`.
    #[must_use]
    pub fn with_messages(mut self, messages: Box<RawValue>) -> Self {
        self.messages = Some(messages);
        self
    }

    /// `token_given`: the request has a token, and it is not valid.
    pub fn unauthorized(token_given: bool) -> Self {
        let challenge = if token_given {
            "Bearer error=\"invalid_token\""
        } else {
            "Bearer"
        };
        let detail = "A valid bearer token is needed: Authorization: Bearer <JWT>.";
        Self::new(Code::Unauthorized, detail).with_challenge(challenge)
    }

    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing at this path.")
    }

    pub fn method_not_allowed() -> Self {
        let detail = "This path does not take this method.";
        Self::new(Code::MethodNotAllowed, detail)
    }

    pub fn shutting_down() -> Self {
        let detail = "The service is shutting down; try again shortly.";
        Self::new(Code::ShuttingDown, detail)
    }

    pub fn payload_too_large(max: usize) -> Self {
        let detail = format!("The body is larger than {max} bytes.");
        Self::new(Code::PayloadTooLarge, detail)
    }

    pub fn invalid_json(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidJson, why)
    }

    pub fn internal() -> Self {
        Self::new(Code::Internal, "Something went wrong on our side.")
    }

    /// The response. Its `request_id` is the id in the log.
    pub fn respond(&self, request_id: &RequestId) -> Response {
        let status = self.code.status();
        let body = Body {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &self.detail,
            error: &self.detail,
            code: self.code.as_str(),
            request_id: request_id.as_str(),
            messages: self.messages.as_deref(),
        };
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, content_type, Json(body)).into_response();
        let headers = response.headers_mut();
        let challenge = self.challenge.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(challenge)) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, whole_seconds(wait).into());
        }
        response
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}
