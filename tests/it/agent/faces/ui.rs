//! `POST /chat/ui`: the UI message stream of the Vercel AI SDK.

mod endings;
mod requests;

use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    faces::{UiChat, data, post, stable},
    fake_claude::Reply,
    test_app::TestApp,
    wait::within,
};

fn kinds(chunks: &[Value]) -> Vec<&str> {
    let kinds = chunks.iter().map(|chunk| chunk["type"].as_str());
    kinds.map(|kind| kind.expect("a type")).collect()
}

/// The chunks with the ids of requests replaced.
fn shown(chunks: &[Value]) -> Value {
    stable(chunks.to_vec().into(), &["request_id"])
}

fn usage(input: u64, output: u64) -> Value {
    json!({"input_tokens": input, "output_tokens": output, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0})
}

#[tokio::test]
async fn a_stream_has_the_documented_headers_and_bytes() {
    let app = TestApp::with([Reply::texts(&["Hi, ", "Sam ☀\n"]).usage(3, 2, 0, 1)]).await;
    let mut chat = UiChat::default();
    chat.messages
        .push(json!({"id": "u1", "role": "user", "parts": [{"type": "text", "text": "hi"}]}));
    let request = post(&app, "/chat/ui", "sam").header("x-request-id", "mine");
    let response = request
        .body(chat.request().to_string())
        .send()
        .await
        .unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-vercel-ai-ui-message-stream"), "v1");
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-cache");
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(header("x-request-id"), "mine");
    let text = within("the stream", response.text()).await.unwrap();
    insta::assert_snapshot!(text, @r#"
    data: {"type":"start","messageMetadata":{"model":"claude-sonnet-4-6"}}

    data: {"type":"start-step"}

    data: {"type":"text-start","id":"1"}

    data: {"type":"text-delta","id":"1","delta":"Hi, "}

    data: {"type":"text-delta","id":"1","delta":"Sam ☀\n"}

    data: {"type":"text-end","id":"1"}

    data: {"type":"finish-step"}

    data: {"type":"finish","finishReason":"stop","messageMetadata":{"model":"claude-sonnet-4-6","stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2,"cache_creation_input_tokens":0,"cache_read_input_tokens":1},"request_id":"mine"}}

    data: [DONE]
    "#);
}

#[tokio::test]
async fn each_round_is_a_step_with_its_dynamic_tools() {
    let app = TestApp::with([
        Reply::text("Let me look.")
            .and_tool("t1", "list_exercises", json!({"muscle_group": "chest"}))
            .and_tool("t2", "fail", json!({}))
            .usage(10, 4, 0, 0),
        Reply::tool("t3", "drawn", json!({"bytes": 9})).usage(20, 3, 0, 0),
        Reply::text("There.").usage(30, 2, 0, 0),
    ])
    .await;
    let chunks = UiChat::default().send(&app, "chest?").await;
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let output = |id: &str, output: Value| json!({"type": "tool-output-available", "toolCallId": id, "output": output, "dynamic": true});
    let start = |id: &str, name: &str| json!({"type": "tool-input-start", "toolCallId": id, "toolName": name, "dynamic": true});
    let input = |id: &str, name: &str, input: Value| json!({"type": "tool-input-available", "toolCallId": id, "toolName": name, "input": input, "dynamic": true});
    let chunks = shown(&chunks);
    // The read of the first round may end before its reply does.
    let mut first = chunks.as_array().unwrap()[..12].to_vec();
    first.sort_by_key(|chunk| chunk["type"].as_str().unwrap().starts_with("tool-output"));
    first[10..].sort_by_key(|chunk| chunk["toolCallId"].as_str().unwrap().to_owned());
    assert_eq!(
        first,
        [
            json!({"type": "start", "messageMetadata": {"model": "claude-sonnet-4-6"}}),
            json!({"type": "start-step"}),
            json!({"type": "text-start", "id": "1"}),
            json!({"type": "text-delta", "id": "1", "delta": "Let me look."}),
            json!({"type": "text-end", "id": "1"}),
            start("t1", "list_exercises"),
            input("t1", "list_exercises", json!({"muscle_group": "chest"})),
            start("t2", "fail"),
            input("t2", "fail", json!({})),
            json!({"type": "finish-step"}),
            output(
                "t1",
                json!({"content": text(r#"[{"id":"bench-press","name":"Bench press"}]"#)})
            ),
            json!({"type": "tool-output-error", "toolCallId": "t2", "errorText": "no such workout", "dynamic": true}),
        ]
    );
    let drawn = json!({"content": text("see the picture"), "structuredContent": {"x": "y"}});
    assert_eq!(
        chunks.as_array().unwrap()[12..],
        [
            json!({"type": "start-step"}),
            start("t3", "drawn"),
            input("t3", "drawn", json!({"bytes": 9})),
            output("t3", drawn),
            json!({"type": "finish-step"}),
            json!({"type": "start-step"}),
            json!({"type": "text-start", "id": "2"}),
            json!({"type": "text-delta", "id": "2", "delta": "There."}),
            json!({"type": "text-end", "id": "2"}),
            json!({"type": "finish-step"}),
            json!({"type": "finish", "finishReason": "stop", "messageMetadata": {"model": "claude-sonnet-4-6",
                "stop_reason": "end_turn", "usage": usage(60, 9), "request_id": "<request_id>"}}),
        ]
    );
}

#[tokio::test]
async fn thinking_goes_out_with_its_signature_and_hidden_blocks_in_their_place() {
    let fallback = json!({"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}});
    let app = TestApp::with([Reply::empty()
        .thinking("Let me see.", "c2ln")
        .thinking("", "bm9uZQ")
        .and_block(json!({"type": "redacted_thinking", "data": "ZGF0YQ"}))
        .and_text("One.")
        .and_block(fallback.clone())
        .and_text("Two.")])
    .await;
    let chunks = UiChat::default().send(&app, "how many?").await;
    let signed = |signature: &str| json!({"anthropic": {"signature": signature}});
    assert_eq!(
        chunks[2..chunks.len() - 2],
        [
            json!({"type": "reasoning-start", "id": "1"}),
            json!({"type": "reasoning-delta", "id": "1", "delta": "Let me see."}),
            json!({"type": "reasoning-end", "id": "1", "providerMetadata": signed("c2ln")}),
            json!({"type": "reasoning-start", "id": "2"}),
            json!({"type": "reasoning-end", "id": "2", "providerMetadata": signed("bm9uZQ")}),
            json!({"type": "reasoning-start", "id": "3", "providerMetadata": {"anthropic": {"redactedData": "ZGF0YQ"}}}),
            json!({"type": "reasoning-end", "id": "3"}),
            json!({"type": "text-start", "id": "4"}),
            json!({"type": "text-delta", "id": "4", "delta": "One."}),
            json!({"type": "text-end", "id": "4"}),
            json!({"type": "data-anthropic-block", "data": fallback}),
            json!({"type": "text-start", "id": "5"}),
            json!({"type": "text-delta", "id": "5", "delta": "Two."}),
            json!({"type": "text-end", "id": "5"}),
        ]
    );
}

#[tokio::test]
async fn a_reply_that_breaks_after_hidden_thinking_is_asked_for_again() {
    let app = TestApp::with([
        Reply::empty()
            .thinking("", "c2ln")
            .and_text("One.")
            .cut_after(5),
        Reply::empty().thinking("", "c2ln").and_text("Two."),
    ])
    .await;
    let chunks = UiChat::default().send(&app, "how many?").await;
    assert_eq!(
        kinds(&chunks),
        [
            "start",
            "start-step",
            "reasoning-start",
            "reasoning-end",
            "text-start",
            "text-delta",
            "text-end",
            "finish-step",
            "finish"
        ]
    );
    assert_eq!(app.claude.asked().len(), 2);
}

#[tokio::test]
async fn there_is_no_stream_to_reconnect_to() {
    let app = TestApp::start().await;
    let get = || app.request(http::Method::GET, "/chat/ui/c1/stream");
    let none = Answer::of(get().bearer_auth(app.token("sam"))).await;
    assert_eq!((none.status.as_u16(), &*none.text), (204, ""));
    let anonymous = Answer::of(get()).await;
    assert_eq!(anonymous.status.as_u16(), 401);
    assert!(
        anonymous.text.starts_with("A valid bearer token"),
        "{}",
        anonymous.text
    );
}

#[tokio::test]
async fn a_stream_of_another_origin_may_be_read_as_that_of_chat() {
    let app = TestApp::builder()
        .env("CORS_ALLOWED_ORIGINS", "https://app.example.com")
        .start()
        .await;
    app.claude.push(Reply::text("hi"));
    let mut chat = UiChat::default();
    chat.messages
        .push(json!({"id": "u1", "role": "user", "parts": [{"type": "text", "text": "hi"}]}));
    let request = post(&app, "/chat/ui", "sam").header("origin", "https://app.example.com");
    let response = request
        .body(chat.request().to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.headers()["access-control-allow-origin"],
        "https://app.example.com"
    );
    let preflight = app
        .request(http::Method::OPTIONS, "/chat/ui")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    assert_eq!(Answer::of(preflight).await.status.as_u16(), 200);
}
