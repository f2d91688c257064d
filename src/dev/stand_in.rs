//! The offline stand-in for Claude: rules that answer the Messages API over HTTP, with streaming and tool use, so that
//! everything else of the service can be tried without a key.
//!
//! ```text
//! HTTP -> request (what of it counts) -> intent (what is asked) -> turn (calls, or an answer) -> stream -> HTTP
//!                                          \-> names, plain           \-> answer -> told
//! ```
//! It is a pure function of the request: which round it is in is read off the messages. It changes data on a clear order
//! alone, and no answer holds a figure that no tool gave (`told` sees to that). It is used only where `dev` was asked for.

mod answer;
mod intent;
mod names;
mod plain;
mod request;
mod stream;
mod told;
mod turn;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use names::Names;
use request::Asked;
use stream::Message;

/// The model it says it is, whatever model was asked for.
pub const MODEL: &str = "offline-stand-in";

/// As the API has it.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

struct StandIn {
    key: SecretString,
    pace: Duration,
    names: Names,
}

/// The API, for whoever sends this key; `pace` is the pause after each piece of streamed text.
pub fn router(key: SecretString, pace: Duration) -> Router {
    tracing::info!("offline stand-in: rules, not Claude");
    let stand_in = StandIn {
        key,
        pace,
        names: Names::shipped(),
    };
    Router::new()
        .route("/v1/messages", post(messages))
        .fallback(async || Refused::new(StatusCode::NOT_FOUND, "not_found_error", "Not found"))
        .method_not_allowed_fallback(async || {
            Refused::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request_error",
                "Method Not Allowed",
            )
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(stand_in))
}

async fn messages(
    State(stand_in): State<Arc<StandIn>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let key = headers.get("x-api-key").map(http::HeaderValue::as_bytes);
    if key != Some(stand_in.key.expose_secret().as_bytes()) {
        return Err(Refused::new(
            StatusCode::UNAUTHORIZED,
            "authentication_error",
            "invalid x-api-key",
        ));
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request_too_large",
            "Request exceeds the maximum size",
        ),
        _ => Refused::invalid("The body could not be read"),
    })?;
    let body: Value = serde_json::from_slice(&body)
        .map_err(|_| Refused::invalid("The request body is not valid JSON"))?;
    let asked = Asked::read(&body).map_err(Refused::invalid)?;
    let message = Message::from(turn::reply(&asked, &stand_in.names));
    let id = ("request-id", stream::id("req"));
    if body["stream"] != true {
        return Ok(([id], Json(message.whole())).into_response());
    }
    let events = Body::from_stream(message.stream(stand_in.pace));
    let kind = (header::CONTENT_TYPE, "text/event-stream; charset=utf-8");
    Ok(([id], [kind], events).into_response())
}

/// An error as the API writes it.
struct Refused {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Refused {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
        }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let id = stream::id("req");
        let error = json!({"type": self.kind, "message": self.message});
        let body = json!({"type": "error", "error": error, "request_id": id});
        (self.status, [("request-id", id)], Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests;
