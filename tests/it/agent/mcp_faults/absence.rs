//! Chats and `/ready` without an MCP server, and while it restarts.

use std::time::Instant;

use http::StatusCode;
use serde_json::{Value, json};

use super::{answered, obedient, spawned, times};
use crate::{
    support::helpers::{metric, metric_becomes, obey, result_of, said},
    support::{
        fake_claude::Reply,
        mcp_server::McpServer,
        test_app::{Answer, TestApp, user},
        wait::Gate,
    },
};

#[tokio::test]
async fn without_a_server_chats_are_refused_until_it_starts() {
    let mut mcp = McpServer::start().await;
    mcp.stop().await;
    let mut app = TestApp::builder().unready().start_with(mcp).await;
    let mut streaming = user("list_exercises");
    streaming["stream"] = true.into();
    let question = user("list_exercises");
    let timed = async |question| {
        let began = Instant::now();
        (app.chat("sam", question).await, began.elapsed())
    };
    let (json, sse, ready) = tokio::join!(timed(&question), timed(&streaming), app.get("/ready"));
    for (refused, waited) in [json, sse] {
        assert_eq!(refused.error(), (503, "tools_unavailable"));
        assert!((2500..6000).contains(&waited.as_millis()), "{waited:?}");
        let wait: u64 = refused
            .header("retry-after")
            .expect("Retry-After")
            .parse()
            .expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert_eq!(ready.status, 503);
    assert_eq!(
        ready.body,
        json!({"status": "unavailable", "mcp": {"state": "connecting"}})
    );
    assert_eq!(app.get("/health").await.status, 200);
    assert_eq!(metric(&app, "mcp_session_up").await, 0);
    app.mcp.restart().await;
    app.ready().await;
    obey(&app);
    app.ask("list_exercises").await.ok();
    assert_eq!(app.mcp.called(), ["list_exercises"]);
    assert_eq!(metric(&app, "mcp_session_up").await, 1);
    assert_eq!(metric(&app, "mcp_reconnects_total").await, 0);
}

#[tokio::test]
async fn a_chat_waits_briefly_for_a_server_that_restarts() {
    let mut mcp = McpServer::start().await;
    mcp.stop().await;
    let mut app = TestApp::builder()
        .unready()
        .env("AGENT_MAX_CONCURRENT_CHATS", "1")
        .start_with(mcp)
        .await;
    obey(&app);
    let chat = spawned(&app, "list_exercises");
    // The chat has arrived once it occupies the only place.
    loop {
        let probe = app.post("ann").header("content-encoding", "gzip").body("x");
        let refused = Answer::of(probe).await;
        match refused.error() {
            (503, "busy") => break,
            other => assert_eq!(other, (415, "unsupported_media_type")),
        }
    }
    app.mcp.restart().await;
    answered(chat).await;
}

#[tokio::test]
async fn ready_reports_a_dead_server_and_a_restarted_one() {
    let mut app = obedient().await;
    app.mcp.stop().await;
    assert_eq!(
        app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await.body,
        json!({"status": "unavailable", "mcp": {"state": "connecting"}})
    );
    metric_becomes(&app, "mcp_session_up", 0).await;
    app.mcp.restart().await;
    app.ready().await;
    app.ask("list_exercises").await.ok();
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}

#[tokio::test]
async fn a_restart_between_two_chats_affects_neither() {
    let mut app = obedient().await;
    app.ask("whoami").await.ok();
    app.mcp.restart().await;
    let result = result_of(&app, "whoami").await;
    assert_eq!(result["is_error"], Value::Null, "{result}");
    assert_eq!(app.mcp.called(), ["whoami", "whoami"]);
}

#[tokio::test]
async fn a_lost_session_is_replaced_once_however_many_requests_notice() {
    let service = TestApp::builder().env("AGENT_MAX_CHATS_PER_USER", "20");
    let mut app = service.start().await;
    let gate = Gate::new();
    let message_complete = gate.clone();
    app.claude.on(move |body| match said(body) {
        None => Reply::text("done"),
        Some(id) => Reply::tool(&id, "whoami", json!({})).gate_at(6, &message_complete),
    });
    let chats: Vec<_> = (0..20)
        .map(|n| spawned(&app, &format!("toolu_{n}")))
        .collect();
    app.claude.asked_times(20).await;
    app.mcp.restart().await;
    gate.open_for_good();
    for chat in chats {
        let answer = answered(chat).await;
        assert_eq!(
            answer["messages"][1]["content"][0]["is_error"],
            Value::Null,
            "{answer}"
        );
    }
    assert_eq!(times(&app.mcp, "whoami"), 20);
    assert_eq!(metric(&app, "mcp_reconnects_total").await, 1);
    assert_eq!(app.mcp.remembers(|memory| memory.sessions), 2);
}
