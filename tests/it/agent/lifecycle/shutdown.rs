//! Graceful shutdown, with and without running turns.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tokio::time::timeout;

use super::{AT_ONCE, metric_becomes, turn, two_writes, two_writes_interrupted, under_way};
use crate::support::{
    fake_claude::Reply,
    test_app::{TestApp, user},
    wait::{Gate, within},
};

#[tokio::test]
async fn shutdown_rejects_new_chats_and_lets_running_ones_finish() {
    let gate = Gate::new();
    let mut app = TestApp::with([
        Reply::tool("toolu_1", "whoami", json!({})).gate_at(6, &gate),
        Reply::texts(&["Good", "bye"]).gate_at(3, &gate),
    ])
    .await;
    let mut stream = app.ask_streaming("hi").await;
    stream.expect("model_chosen").await;
    app.stop();
    let ready = app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(ready.body["status"], "unavailable");
    for streamed in [true, false] {
        let mut body = user("me too");
        body["stream"] = streamed.into();
        let refused = app.chat("ann", &body).await;
        assert_eq!(refused.error(), (503, "shutting_down"));
        let wait: u64 = refused
            .header("retry-after")
            .expect("Retry-After")
            .parse()
            .expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert_eq!(app.get("/health").await.status, 200);
    gate.open_for_good();
    let done = stream.last("done").await;
    assert_eq!(
        done["content"],
        json!([{"type": "text", "text": "Goodbye"}])
    );
    app.stopped().await;
    assert_eq!(app.mcp.called(), ["whoami"]);
    assert_eq!(app.mcp.remembers(|memory| memory.sessions_closed), 1);
}

#[tokio::test]
async fn shutdown_of_an_idle_service_ends_at_once_and_closes_the_session() {
    let mut app = TestApp::start().await;
    app.stop();
    timeout(AT_ONCE, app.stopped())
        .await
        .expect("the service ends at once");
    assert_eq!(app.mcp.remembers(|memory| memory.sessions_closed), 1);
}

#[tokio::test]
async fn shutdown_without_a_session_ends_at_once() {
    let mut mcp = crate::support::mcp_server::McpServer::start().await;
    mcp.stop().await;
    let mut app = TestApp::builder().unready().start_with(mcp).await;
    app.stop();
    timeout(AT_ONCE, app.stopped())
        .await
        .expect("the service ends at once");
}

/// A service with a short grace period.
async fn impatient() -> TestApp {
    let app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "1")
        .start()
        .await;
    app.claude.push(two_writes());
    app
}

#[tokio::test]
async fn after_the_grace_period_a_stream_ends_with_an_error_with_messages_and_the_write_finishes() {
    let mut app = impatient().await;
    let stream = app.ask_streaming("go").await;
    under_way(&app).await;
    app.stop();
    let error = stream.last("error").await;
    let told = (&error["code"], &error["retryable"], &error["messages"]);
    assert_eq!(
        told,
        (
            &json!("shutting_down"),
            &json!(true),
            &two_writes_interrupted()
        )
    );
    assert_eq!(
        error["usage"],
        json!({"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0})
    );
    assert_eq!(app.mcp.remembers(|memory| memory.sessions_closed), 0);
    app.mcp.gate.open(1);
    app.stopped().await;
    let (finished, cancelled, closed) = app.mcp.remembers(|memory| {
        (
            memory.finished.clone(),
            memory.cancelled.clone(),
            memory.sessions_closed,
        )
    });
    assert_eq!((finished, closed), (vec!["slow_write".to_owned()], 1));
    assert_eq!(cancelled, Vec::<String>::new());
}

#[tokio::test]
async fn after_the_grace_period_a_json_answer_has_the_same_messages() {
    let mut app = impatient().await;
    let turn = turn(&app, "go", false);
    under_way(&app).await;
    app.stop();
    let answer = within("the answer", turn).await.expect("no panic");
    assert_eq!(answer.error(), (503, "shutting_down"));
    assert_eq!(answer.body["messages"], two_writes_interrupted());
    app.mcp.gate.open(1);
    app.stopped().await;
    assert_eq!(
        app.mcp.remembers(|memory| memory.finished.clone()),
        ["slow_write"]
    );
}

#[tokio::test]
async fn after_the_grace_period_reads_in_flight_are_not_awaited() {
    let mut app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "1")
        .start()
        .await;
    app.claude
        .push(Reply::tool("toolu_1", "slow_read", json!({})));
    let stream = app.ask_streaming("read").await;
    app.mcp.called_tool("slow_read").await;
    app.stop();
    let error = stream.last("error").await;
    assert_eq!(error["code"], "shutting_down");
    timeout(AT_ONCE, app.stopped())
        .await
        .expect("the service ends at once");
}

#[tokio::test]
async fn after_the_grace_period_a_turn_without_tools_ends_without_messages() {
    let mut app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "1")
        .start()
        .await;
    app.claude.push(Reply::text("Hello").silence_after(3));
    let stream = app.ask_streaming("hi").await;
    app.claude.asked_times(1).await;
    app.stop();
    let error = stream.last("error").await;
    assert_eq!(
        (&error["code"], &error["retryable"], &error["messages"]),
        (&json!("shutting_down"), &json!(true), &json!([]))
    );
    app.stopped().await;
    app.claude.hung_up().await;
}

#[tokio::test]
async fn a_reply_about_to_be_retried_at_shutdown_leaves_no_messages() {
    let mut app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "0")
        .start()
        .await;
    app.claude
        .push(Reply::tool("toolu_1", "slow_write", json!({})).cut_after(6));
    // On a slow machine it has been asked again by the time of the end.
    app.claude.on(|_| Reply::hang_before_headers());
    let turn = turn(&app, "go", false);
    metric_becomes(&app, r#"claude_retries_total{reason="broken"}"#, 1).await;
    app.stop();
    let answer = within("the answer", turn).await.expect("no panic");
    assert_eq!(answer.error(), (503, "shutting_down"));
    assert_eq!(answer.body["messages"], json!(null));
    app.stopped().await;
}

#[tokio::test]
async fn a_write_without_end_delays_shutdown_by_the_call_timeout_at_most() {
    let mut app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "1")
        .env("MCP_CALL_TIMEOUT_SECS", "3")
        .start()
        .await;
    app.claude.push(two_writes());
    let stream = app.ask_streaming("go").await;
    under_way(&app).await;
    app.stop();
    assert_eq!(stream.last("error").await["code"], "shutting_down");
    timeout(Duration::from_secs(10), app.stopped())
        .await
        .expect("the service ends");
    assert_eq!(app.mcp.remembers(|memory| memory.sessions_closed), 1);
}
