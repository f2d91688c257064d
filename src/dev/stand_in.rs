//! The offline stand-in for Claude: answers the Messages API by keywords, with streaming and tool calls, so that the rest
//! of the service can be tried without a key.
//!
//! A reply is a pure function of the request: `request` parses the turn, `rules` choose its tool calls (`log`, `plan` and
//! `delete` those that write, `review` those of a run that writes files), `answer` writes the text, with `results` in it.
//! Every figure comes from a tool. Only the `dev` command uses it.

mod answer;
mod delete;
mod log;
mod plan;
mod request;
mod results;
mod review;
mod rules;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use super::claude_events::{Block, Message, frame};
use crate::agent::title::TASK;
use answer::{Reply, reply};
use request::Turn;

/// The model name in its replies, for any requested model.
pub const MODEL: &str = "offline-stand-in";

/// The API's own limit.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// The state of the server.
struct StandIn {
    key: SecretString,
    word_delay: Duration,
}

/// Serves the API to clients with this key; `word_delay` is the pause after each word of a streamed text.
pub fn router(key: SecretString, word_delay: Duration) -> Router {
    tracing::info!("offline stand-in: rules, not Claude");
    Router::new()
        .route("/v1/messages", post(messages))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(StandIn { key, word_delay }))
}

async fn messages(
    State(stand_in): State<Arc<StandIn>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let key = headers.get("x-api-key").map(http::HeaderValue::as_bytes);
    if key != Some(stand_in.key.expose_secret().as_bytes()) {
        return error(401, "authentication_error", "invalid x-api-key");
    }
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    if request["messages"].as_array().is_none_or(Vec::is_empty) {
        return error(400, "invalid_request_error", "messages: Field required");
    }
    if request["system"][1]["text"] == TASK {
        // The agent then takes the user's words.
        return error(400, "invalid_request_error", "no rule makes titles");
    }
    let turn = Turn::from_request(&request);
    let message = message(&turn, &reply(&turn));
    let id = [("request-id", id("req"))];
    if request["stream"] != true {
        return (id, Json(message.to_json())).into_response();
    }
    let delay = stand_in.word_delay;
    let events = stream::iter(message.events()).then(move |event| async move {
        if event["delta"]["type"] == "text_delta" {
            tokio::time::sleep(delay).await;
        }
        Ok::<_, Infallible>(frame(&event))
    });
    let kind = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (id, kind, Body::from_stream(events)).into_response()
}

/// The reply as a message with ids of its own. Tokens are not counted: all usage is zero.
fn message(turn: &Turn, reply: &Reply) -> Message {
    let words: Vec<&str> = reply.text.split_inclusive(' ').collect();
    let text = (!words.is_empty()).then(|| Block::text(&words));
    let calls = reply.calls.iter().map(|call| {
        let parts = ["", &call.input.to_string()];
        let name = turn.tool(call.tool).unwrap_or(call.tool);
        Block::tool_use(&id("toolu"), name, &parts, call.input.clone())
    });
    let no_calls = reply.calls.is_empty();
    Message {
        id: id("msg"),
        model: MODEL.to_owned(),
        content: text.into_iter().chain(calls).collect(),
        stop_reason: if no_calls { "end_turn" } else { "tool_use" }.to_owned(),
        stop_sequence: Value::Null,
        start_usage: json!({"input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": 0}),
        end_usage: json!({"output_tokens": 0}),
    }
}

/// An error as the API writes it.
fn error(status: u16, kind: &str, text: &str) -> Response {
    let id = id("req");
    let body = json!({"type": "error", "error": {"type": kind, "message": text}, "request_id": id});
    let status = StatusCode::from_u16(status).unwrap_or_default();
    (status, [("request-id", id)], Json(body)).into_response()
}

fn id(kind: &str) -> String {
    format!("{kind}_{}", Uuid::now_v7().simple())
}

#[cfg(test)]
mod tests;
