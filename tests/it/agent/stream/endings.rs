//! Streams that do not begin, fail, or lose their client.

use serde_json::json;

use super::kinds;
use crate::support::{
    fake_claude::Reply,
    mcp_tools::bench_press,
    sse::stable,
    test_app::{Answer, TestApp, user},
};

#[tokio::test]
async fn a_failure_after_the_first_byte_is_one_last_error_event() {
    let app = TestApp::with([
        Reply::tool("t1", "create_workout", bench_press()).usage(5, 6, 0, 0),
        Reply::error(400, "invalid_request_error", "a secret of the upstream"),
    ])
    .await;
    let events = app.ask_streaming("log it").await.rest().await;
    assert_eq!(
        kinds(&events),
        [
            "model_chosen",
            "tool_use_start",
            "tool_use",
            "tool_result",
            "error"
        ]
    );
    let mut error = stable(events[4].data.clone());
    let message = error["message"].take();
    assert!(
        message
            .as_str()
            .is_some_and(|message| !message.is_empty() && !message.contains("secret")),
        "{message}"
    );
    assert_eq!(
        error,
        json!({"type": "error", "code": "model_error", "message": null, "retryable": false,
        "messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "create_workout", "input": bench_press()}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1",
                "content": [{"type": "text", "text": "{\"id\":\"w2\",\"created\":true}"}]}]}],
        "usage": {"input_tokens": 5, "output_tokens": 6, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0},
        "request_id": "<request_id>"})
    );
}

#[tokio::test]
async fn a_failure_before_the_first_byte_is_a_plain_http_error() {
    let app = TestApp::start().await;
    let body = json!({"messages": [], "stream": true}).to_string();
    let invalid = Answer::of(app.post("sam").body(body)).await;
    assert_eq!(invalid.error(), (422, "invalid_request"));
    let rejected = app
        .request(http::Method::POST, "/chat")
        .header("accept", "text/event-stream");
    let answer = Answer::of(rejected.body("{}")).await;
    assert_eq!(answer.error(), (401, "unauthorized"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
}

#[tokio::test]
async fn a_stream_without_an_mcp_session_is_a_503() {
    let mut app = TestApp::start().await;
    app.mcp.stop().await;
    app.mcp.remembers(|memory| assert_eq!(memory.sessions, 1));
    let away = TestApp::builder()
        .mcp_url(&app.mcp.url())
        .unready()
        .start()
        .await;
    let mut body = user("hi");
    body["stream"] = true.into();
    let answer = away.chat("sam", &body).await;
    assert_eq!(answer.error(), (503, "tools_unavailable"));
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn a_disconnect_closes_the_claude_response_and_starts_no_tool() {
    let reply = Reply::text("Let me").and_tool("t1", "create_workout", bench_press());
    let app = TestApp::with([reply.silence_after(9)]).await;
    let mut stream = app.ask_streaming("log it").await;
    for kind in ["model_chosen", "text_delta", "tool_use_start", "tool_use"] {
        stream.expect(kind).await;
    }
    drop(stream);
    app.claude.hung_up().await;
    app.claude.no_open_streams().await;
    assert_eq!(app.mcp.called(), [""; 0]);
}

#[tokio::test]
async fn a_disconnect_cancels_reads_and_lets_writes_finish() {
    let reply = Reply::tool("t1", "slow_write", json!({})).and_tool("t2", "slow_read", json!({}));
    let app = TestApp::with([reply]).await;
    let mut stream = app.ask_streaming("go").await;
    for kind in [
        "model_chosen",
        "tool_use_start",
        "tool_use",
        "tool_use_start",
        "tool_use",
    ] {
        stream.expect(kind).await;
    }
    app.mcp
        .until("both run", |memory| memory.calls.len() == 2)
        .await;
    drop(stream);
    app.mcp
        .until("the read is cancelled", |memory| {
            memory.cancelled == ["slow_read"]
        })
        .await;
    app.mcp.gate.open_for_good();
    app.mcp
        .until("the write is finished", |memory| {
            memory.finished == ["slow_write"]
        })
        .await;
    assert_eq!(app.mcp.remembers(|memory| memory.cancelled.len()), 1);
}
