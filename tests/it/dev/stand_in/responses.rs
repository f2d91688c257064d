//! HTTP responses of the stand-in, and its errors.

use std::time::Duration;

use http::{Method, StatusCode};
use prog_strength_agent::dev::stand_in;
use serde_json::{Value, json};

use super::service::{KEY, start_stand_in};
use crate::support::{answer::Answer, test_app::TestApp};

fn request(words: &str) -> Value {
    json!({"model": "claude-sonnet-4-6", "max_tokens": 1024, "messages": [{"role": "user", "content": words}],
        "tools": [{"name": "list_workouts", "input_schema": {"type": "object"}}]})
}

fn post(url: &str, key: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let post = http.request(Method::POST, url).header("x-api-key", key);
    post.header("content-type", "application/json").body(body)
}

/// Replaces values that differ from run to run.
fn redacted(text: &str) -> String {
    let ids = regex_lite::Regex::new("(msg|toolu|req)_[0-9a-f]{32}").expect("a pattern");
    ids.replace_all(text, "<$1>").into_owned()
}

#[tokio::test]
async fn reply_is_streamed_with_the_events_of_the_api() {
    let (url, _guard) = start_stand_in(Duration::ZERO).await;
    let mut body = request("show my last workouts");
    body["stream"] = true.into();
    let url = format!("{url}/v1/messages");
    let answer = Answer::of(post(&url, KEY, body.to_string())).await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert!(
        answer
            .header("request-id")
            .is_some_and(|id| id.starts_with("req_"))
    );
    insta::assert_snapshot!(redacted(&answer.text), @r#"
    event: message_start
    data: {"type":"message_start","message":{"id":"<msg>","type":"message","role":"assistant","model":"offline-stand-in","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}

    event: content_block_start
    data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"<toolu>","name":"list_workouts","input":{}}}

    event: content_block_delta
    data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}

    event: content_block_delta
    data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"limit\":5}"}}

    event: content_block_stop
    data: {"type":"content_block_stop","index":0}

    event: message_delta
    data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":0}}

    event: message_stop
    data: {"type":"message_stop"}
    "#);
    let again = Answer::of(post(&url, KEY, body.to_string())).await;
    assert_ne!(answer.text, again.text, "ids are used once");
    body["stream"] = false.into();
    let whole = Answer::of(post(&url, KEY, body.to_string())).await.ok();
    assert_eq!(
        json!([
            whole["stop_reason"],
            whole["content"][0]["name"],
            whole["content"][0]["input"],
            whole["model"]
        ]),
        json!(["tool_use", "list_workouts", {"limit": 5}, stand_in::MODEL])
    );
}

#[tokio::test]
async fn text_is_streamed_word_by_word_with_the_delay() {
    let (url, _guard) = start_stand_in(Duration::from_millis(20)).await;
    let mut body = request("help");
    body["stream"] = true.into();
    let started = std::time::Instant::now();
    let response = post(&format!("{url}/v1/messages"), KEY, body.to_string())
        .send()
        .await;
    let mut response = response.expect("an answer");
    let (mut chunks, mut pieces) = (0, String::new());
    while let Some(chunk) = response.chunk().await.expect("the stream ends properly") {
        chunks += 1;
        pieces.push_str(&String::from_utf8_lossy(&chunk));
    }
    let deltas = pieces.matches("text_delta").count();
    assert!(
        deltas > 10 && chunks > 5,
        "{deltas} pieces in {chunks} chunks"
    );
    assert!(started.elapsed() >= Duration::from_millis(20) * u32::try_from(deltas).expect("few"));
}

#[tokio::test]
async fn invalid_requests_get_the_errors_of_the_api() {
    let (base, _guard) = start_stand_in(Duration::ZERO).await;
    let url = format!("{base}/v1/messages");
    let sound = request("hello").to_string();
    let large = format!("{{\"model\": \"{}\"}}", "x".repeat(33 * 1024 * 1024));
    let near = request(&"x".repeat(3 * 1024 * 1024)).to_string();
    assert_eq!(
        Answer::of(post(&url, KEY, near)).await.status,
        StatusCode::OK
    );
    let large = Answer::of(post(&url, KEY, large)).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let elsewhere = post(&format!("{base}/v1/models"), KEY, sound.clone());
    assert_eq!(Answer::of(elsewhere).await.status, StatusCode::NOT_FOUND);
    for (request, status, kind) in [
        (
            post(&url, "another-key", sound.clone()),
            401,
            "authentication_error",
        ),
        (post(&url, "", sound.clone()), 401, "authentication_error"),
        (post(&url, KEY, "{"), 400, "invalid_request_error"),
        (post(&url, KEY, "{}"), 400, "invalid_request_error"),
    ] {
        let answer = Answer::of(request).await;
        let error = (
            answer.status.as_u16(),
            answer.body["type"].clone(),
            answer.body["error"]["type"].clone(),
        );
        assert_eq!(
            error,
            (status, json!("error"), json!(kind)),
            "{}",
            answer.text
        );
    }
    let text = Answer::of(post(&url, "another-key", "{}")).await.text;
    insta::assert_snapshot!(redacted(&text), @r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"<req>"}"#);
}

#[tokio::test]
async fn wrong_key_is_an_upstream_error() {
    let (claude_url, _guard) = start_stand_in(Duration::ZERO).await;
    let app = TestApp::builder()
        .env("ANTHROPIC_BASE_URL", &claude_url)
        .env("ANTHROPIC_API_KEY", "another-key")
        .start()
        .await;
    let answer = app.ask("hello").await;
    assert_eq!(answer.status.as_u16() / 100, 5, "{}", answer.text);
}
