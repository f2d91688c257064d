//! The limit on chats that run at the same time.

use std::time::Duration;

use tokio::time::Instant;

use super::{full, malformed, problem};
use crate::support::{
    fake_claude::Reply,
    test_app::{TestApp, user},
};

#[tokio::test]
async fn a_chat_beyond_the_limit_gets_503_until_a_slot_is_free() {
    let (app, running, gate) = full(TestApp::builder()).await;
    let answer = app.chat("ann", &user("hello")).await;
    let detail = "Too many requests are running; try again shortly.";
    problem(&answer, 503, "Service Unavailable", "busy", detail);
    assert_eq!(answer.header("retry-after"), Some("2"));
    gate.open_for_good();
    running.last("done").await;
    app.claude.push(Reply::text("welcome"));
    app.chat("ann", &user("hello")).await.ok();
}

#[tokio::test]
async fn a_rejected_request_frees_its_slot() {
    let app = TestApp::builder()
        .env("AGENT_MAX_CONCURRENT_CHATS", "1")
        .start()
        .await;
    for _ in 0..3 {
        assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
    }
    app.claude.push(Reply::text("hi"));
    app.ask("hello").await.ok();
}

#[tokio::test]
async fn a_client_that_leaves_frees_its_slot() {
    let (app, running, _gate) = full(TestApp::builder()).await;
    drop(running);
    app.claude.hung_up().await;
    let started = Instant::now();
    // Nothing is asked of Claude by these.
    while malformed(&app, "sam").await.error() != (400, "invalid_json") {
        assert!(started.elapsed() < crate::support::wait::DEADLINE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
