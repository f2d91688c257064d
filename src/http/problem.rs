//! Error responses: `application/problem+json` (RFC 9457), each with one of a closed set of codes.

mod code;

use std::{borrow::Cow, fmt, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{rate_limit::whole_seconds, request_id::RequestId};
use crate::process::memory::Exceeded;
pub use code::Code;

/// `Retry-After` when too many requests run, or hold too much memory.
const MEMORY_RETRY_AFTER: Duration = Duration::from_secs(2);

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
    /// The extension members about a run. Few problems have them.
    run: Option<Box<OfRun>>,
}

/// The extension members `executionId` and `cause`.
#[derive(Debug, Default)]
struct OfRun {
    execution_id: Option<String>,
    cause: Option<String>,
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
    /// The run that the request has begun.
    #[serde(rename = "executionId", skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    execution_id: Option<&'a str>,
    /// The code of the error with which the run has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    cause: Option<&'a str>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            retry_after: code.retry_after(),
            challenge: None,
            messages: None,
            run: None,
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

    /// Sets the extension member `executionId`.
    #[must_use]
    pub fn with_execution_id(mut self, id: impl Into<String>) -> Self {
        self.run.get_or_insert_default().execution_id = Some(id.into());
        self
    }

    /// Sets the extension member `cause`.
    #[must_use]
    pub fn with_cause(mut self, code: impl Into<String>) -> Self {
        self.run.get_or_insert_default().cause = Some(code.into());
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

    /// `wait`: until the next request is let through.
    pub fn rate_limited(wait: Duration) -> Self {
        let detail = "Too many requests of this user; wait as long as Retry-After says.";
        Self::new(Code::RateLimited, detail).with_retry_after(wait)
    }

    pub fn payload_too_large(max: usize) -> Self {
        let detail = format!("The body is larger than {max} bytes.");
        Self::new(Code::PayloadTooLarge, detail)
    }

    pub fn unsupported_media_type() -> Self {
        let detail = "The body must be JSON: Content-Type: application/json, not compressed.";
        Self::new(Code::UnsupportedMediaType, detail)
    }

    pub fn invalid_json(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidJson, why)
    }

    pub fn internal() -> Self {
        Self::new(Code::Internal, "Something went wrong on our side.")
    }

    /// The response. Its `request_id` is the id in the log.
    pub fn respond(&self, request_id: &RequestId) -> Response {
        let (status, run) = (self.code.status(), self.run.as_deref());
        let body = Body {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &self.detail,
            error: &self.detail,
            code: self.code.as_str(),
            request_id: request_id.as_str(),
            messages: self.messages.as_deref(),
            execution_id: run.and_then(|run| run.execution_id.as_deref()),
            cause: run.and_then(|run| run.cause.as_deref()),
        };
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        self.with_headers((status, content_type, Json(body)).into_response())
    }

    /// The response for clients that show the whole body of an error: its detail alone.
    pub fn respond_as_text(&self, _: &RequestId) -> Response {
        let detail = self.detail.clone().into_owned();
        self.with_headers((self.code.status(), detail).into_response())
    }

    fn with_headers(&self, mut response: Response) -> Response {
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
