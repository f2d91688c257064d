//! Clients that disconnect.

use http::StatusCode;
use serde_json::json;
use tokio::time::timeout;

use super::{AT_ONCE, over_and_counted, turn};
use crate::{
    support::helpers::{metric, metric_becomes, obey},
    support::{fake_claude::Reply, test_app::TestApp, wait::Gate},
};

#[tokio::test]
async fn a_disconnect_during_text_closes_the_claude_response_at_once() {
    for streamed in [true, false] {
        let gate = Gate::new();
        let app = TestApp::with([Reply::texts(&["Hel", "lo"]).gate_at(3, &gate)]).await;
        let turn = turn(&app, "hi", streamed);
        app.claude.asked_times(1).await;
        assert_eq!(app.claude.hang_ups(), 0);
        turn.abort();
        timeout(AT_ONCE, app.claude.hung_up())
            .await
            .expect("Claude's reply is closed at once");
        over_and_counted(&app).await;
        assert_eq!(app.claude.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_disconnect_after_text_closes_the_claude_response_at_once() {
    let gate = Gate::new();
    let app = TestApp::with([Reply::texts(&["Hel", "lo"]).gate_at(3, &gate)]).await;
    let mut stream = app.ask_streaming("hi").await;
    stream.expect("model_chosen").await;
    assert_eq!(stream.expect("text_delta").await["text"], "Hel");
    assert_eq!(metric(&app, "chat_in_flight").await, 1);
    drop(stream);
    timeout(AT_ONCE, app.claude.hung_up())
        .await
        .expect("Claude's reply is closed at once");
    over_and_counted(&app).await;
}

#[tokio::test]
async fn a_disconnect_before_claude_answers_closes_the_request_at_once() {
    for streamed in [true, false] {
        let app = TestApp::with([Reply::hang_before_headers()]).await;
        let turn = turn(&app, "hi", streamed);
        app.claude.asked_times(1).await;
        turn.abort();
        timeout(AT_ONCE, app.claude.hung_up())
            .await
            .expect("Claude's reply is closed at once");
        over_and_counted(&app).await;
    }
}

#[tokio::test]
async fn a_disconnect_cancels_reads() {
    for streamed in [true, false] {
        let app = TestApp::with([Reply::tool("toolu_1", "slow_read", json!({}))]).await;
        let turn = turn(&app, "read", streamed);
        app.mcp.called_tool("slow_read").await;
        turn.abort();
        app.mcp
            .until("the read is cancelled", |memory| {
                memory.cancelled == ["slow_read"]
            })
            .await;
        over_and_counted(&app).await;
        assert_eq!(app.claude.asked().len(), 1);
        assert_eq!(app.mcp.called(), ["slow_read"]);
    }
}

#[tokio::test]
async fn a_disconnect_lets_writes_finish() {
    for streamed in [true, false] {
        for tool in ["slow_write", "slow_idempotent"] {
            let app = TestApp::with([Reply::tool("toolu_1", tool, json!({}))]).await;
            let turn = turn(&app, "write", streamed);
            app.mcp.called_tool(tool).await;
            turn.abort();
            over_and_counted(&app).await;
            app.mcp.gate.open(1);
            app.mcp
                .until("the write ends", |memory| memory.finished == [tool])
                .await;
            let ok = format!(r#"mcp_tool_calls_total{{tool="{tool}",outcome="ok"}}"#);
            metric_becomes(&app, &ok, 1).await;
            assert!(app.mcp.remembers(|memory| memory.cancelled.is_empty()));
            assert_eq!(app.claude.asked().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_write_after_a_disconnect_has_only_its_own_time() {
    let app = TestApp::builder()
        .env("MCP_CALL_TIMEOUT_SECS", "1")
        .start()
        .await;
    app.claude
        .push(Reply::tool("toolu_1", "slow_write", json!({})));
    let turn = turn(&app, "write", true);
    app.mcp.called_tool("slow_write").await;
    turn.abort();
    let given_up = r#"mcp_tool_calls_total{tool="slow_write",outcome="unknown"}"#;
    metric_becomes(&app, given_up, 1).await;
}

#[tokio::test]
async fn no_tool_starts_after_a_disconnect() {
    for streamed in [true, false] {
        let gate = Gate::new();
        let app = TestApp::with([
            // Complete but for the message's end, for which the writes wait.
            Reply::tool("toolu_1", "whoami", json!({}))
                .and_tool("toolu_2", "slow_read", json!({}))
                .gate_at(11, &gate),
            Reply::tool("toolu_3", "list_exercises", json!({})),
            Reply::text("done"),
        ])
        .await;
        let turn = turn(&app, "go", streamed);
        app.mcp.called_tool("slow_read").await;
        turn.abort();
        app.claude.hung_up().await;
        over_and_counted(&app).await;
        gate.open_for_good();
        app.ask("is anything left over?").await.ok();
        assert_eq!(app.mcp.called(), ["slow_read", "list_exercises"]);
    }
}

#[tokio::test]
async fn a_write_that_waits_for_a_session_does_not_start_after_a_disconnect() {
    let gate = Gate::new();
    let mut app = TestApp::with([
        Reply::tool("toolu_1", "whoami", json!({})).gate_at(6, &gate),
        Reply::tool("toolu_2", "list_exercises", json!({})),
        Reply::text("done"),
    ])
    .await;
    let mut stream = app.ask_streaming("go").await;
    for kind in ["model_chosen", "tool_use_start", "tool_use"] {
        stream.expect(kind).await;
    }
    app.mcp.stop().await;
    app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    gate.open(1);
    app.claude.no_open_streams().await;
    drop(stream);
    over_and_counted(&app).await;
    app.mcp.restart().await;
    app.ready().await;
    app.ask("is anything left over?").await.ok();
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}

#[tokio::test]
async fn a_disconnect_frees_the_slot() {
    let app = TestApp::builder()
        .env("AGENT_MAX_CONCURRENT_CHATS", "1")
        .start()
        .await;
    app.claude.push(Reply::hang_before_headers());
    let turn = turn(&app, "hi", false);
    app.claude.asked_times(1).await;
    assert_eq!(app.ask("me too").await.error(), (503, "busy"));
    turn.abort();
    metric_becomes(&app, "chat_in_flight", 0).await;
    obey(&app);
    app.ask("list_exercises").await.ok();
}
