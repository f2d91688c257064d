//! The one type that becomes an error response: `application/problem+json` (RFC 9457).

use std::{borrow::Cow, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    agent::Failed, agent::claude::Message, agent::history::Invalid, http::request_id::RequestId,
};

/// What a refused or failed request is told. `detail` is for the frontend's developer.
#[derive(Debug)]
pub struct ApiError {
    pub status: StatusCode,
    pub code: &'static str,
    detail: Cow<'static, str>,
    retry_after: Option<Duration>,
    /// The value of `WWW-Authenticate`.
    challenge: Option<Cow<'static, str>>,
    messages: Vec<Message>,
}

/// The body of every error.
#[derive(Serialize, ToSchema)]
pub struct Problem<'a> {
    #[schema(example = "about:blank")]
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    /// The same as `detail`: where the mobile client looks.
    error: &'a str,
    code: &'a str,
    request_id: &'a str,
    /// The rounds of the turn whose tools have run: append them to the history before asking again.
    #[serde(skip_serializing_if = "<[Message]>::is_empty")]
    messages: &'a [Message],
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after: None,
            challenge: None,
            messages: vec![],
        }
    }

    pub(crate) fn after(self, secs: u64) -> Self {
        Self {
            retry_after: Some(Duration::from_secs(secs)),
            ..self
        }
    }

    /// `presented`: there was a token, and it is not good.
    pub fn unauthorized(presented: bool) -> Self {
        let challenge = if presented {
            "Bearer error=\"invalid_token\""
        } else {
            "Bearer"
        };
        let detail = "A valid bearer token is needed: Authorization: Bearer <JWT>.";
        Self {
            challenge: Some(challenge.into()),
            ..Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
        }
    }

    /// The same refusal with another value of `WWW-Authenticate`.
    pub(crate) fn challenging(self, challenge: String) -> Self {
        Self {
            challenge: Some(challenge.into()),
            ..self
        }
    }

    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing at this path.",
        )
    }

    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This path does not take this method.",
        )
    }

    pub fn rate_limited(wait: Duration) -> Self {
        let detail = "Too many requests of this user; wait as long as Retry-After says.";
        Self {
            retry_after: Some(wait),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
        }
    }

    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Too many chats are running; try again shortly.",
        )
        .after(2)
    }

    pub fn shutting_down() -> Self {
        let detail = "The service is shutting down; try again shortly.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", detail).after(5)
    }

    pub fn unsupported_media_type() -> Self {
        let detail = "The body must be JSON: Content-Type: application/json, not compressed.";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        )
    }

    pub fn payload_too_large(max: usize) -> Self {
        let detail = format!("The body is larger than {max} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
    }

    pub fn invalid_json(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_json", why)
    }

    pub fn too_slow() -> Self {
        Self::timeout("The body did not arrive in time.")
    }

    pub fn not_begun() -> Self {
        Self::timeout("There was too much to do for this chat to begin in time; try again shortly.")
    }

    fn timeout(detail: &'static str) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", detail).after(1)
    }

    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side.",
        )
    }

    /// The response, with the id under which the log knows the request.
    pub fn respond(&self, request_id: &RequestId) -> Response {
        let problem = Problem {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            error: &self.detail,
            code: self.code,
            request_id: request_id.as_str(),
            messages: &self.messages,
        };
        let mut response = (self.status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        let challenge = self.challenge.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(challenge)) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(wait) = self.retry_after {
            let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, secs.max(1).into());
        }
        response
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_request",
            invalid.to_string(),
        )
    }
}

impl From<Failed> for ApiError {
    fn from(failed: Failed) -> Self {
        let (status, wait) = match failed.code {
            "model_error" => (StatusCode::BAD_GATEWAY, None),
            "model_overloaded" | "tools_unavailable" | "shutting_down" => (
                StatusCode::SERVICE_UNAVAILABLE,
                Some(Duration::from_secs(5)),
            ),
            "timeout" => (StatusCode::GATEWAY_TIMEOUT, None),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        Self {
            retry_after: failed.retry_after.or(wait),
            messages: failed.messages,
            ..Self::new(status, failed.code, failed.message)
        }
    }
}
