//! The order in which a request is checked.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use super::{full, problem, too_large, with_limit};
use crate::support::{
    mcp_server::McpServer,
    test_app::{Answer, TestApp},
};

#[tokio::test]
async fn while_shutting_down_401_comes_before_503_and_503_before_429() {
    let builder = TestApp::builder().env("RATE_LIMIT_MAX", "1");
    let (mut app, running, gate) = full(builder).await;
    app.stop();
    app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    let anonymous = Answer::of(app.request(Method::POST, "/chat")).await;
    assert_eq!(anonymous.error(), (401, "unauthorized"));
    // Sam is at the limit, and there is no place either.
    let refused = app.ask("hello").await;
    let detail = "The service is shutting down; try again shortly.";
    problem(
        &refused,
        503,
        "Service Unavailable",
        "shutting_down",
        detail,
    );
    assert_eq!(refused.header("retry-after"), Some("5"));
    gate.open_for_good();
    running.last("done").await;
    app.stopped().await;
}

#[tokio::test]
async fn a_429_comes_before_busy_and_busy_before_a_415() {
    let builder = TestApp::builder().env("RATE_LIMIT_MAX", "1");
    let (app, running, gate) = full(builder).await;
    let wrong = |sub| {
        app.request(Method::POST, "/chat")
            .bearer_auth(app.token(sub))
            .header("content-type", "text/plain")
    };
    assert_eq!(
        Answer::of(wrong("sam")).await.error(),
        (429, "rate_limited")
    );
    assert_eq!(Answer::of(wrong("ann")).await.error(), (503, "busy"));
    gate.open_for_good();
    running.last("done").await;
    assert_eq!(
        Answer::of(wrong("bob")).await.error(),
        (415, "unsupported_media_type")
    );
}

#[tokio::test]
async fn a_415_comes_before_a_413_and_a_413_before_a_400() {
    let app = with_limit(100).await;
    let garbage = || "x".repeat(101);
    let compressed = app
        .post("sam")
        .header("content-encoding", "gzip")
        .body(garbage());
    assert_eq!(
        Answer::of(compressed).await.error(),
        (415, "unsupported_media_type")
    );
    too_large(&Answer::of(app.post("sam").body(garbage())).await, 100);
}

#[tokio::test]
async fn a_400_comes_before_a_422_and_both_before_tools_unavailable() {
    let mut mcp = McpServer::start().await;
    mcp.stop().await;
    let app = TestApp::builder().unready().start_with(mcp).await;
    let started = Instant::now();
    let both = app.post("sam").body(r#"{"messages": 5, "stream": oops}"#);
    assert_eq!(Answer::of(both).await.error(), (400, "invalid_json"));
    let invalid = app.chat("sam", &json!({"messages": 5})).await;
    assert_eq!(invalid.error(), (422, "invalid_request"));
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "neither waits for a session"
    );
    let answer = app.ask("hello").await;
    let detail = "The tools are unavailable; try again shortly.";
    problem(
        &answer,
        503,
        "Service Unavailable",
        "tools_unavailable",
        detail,
    );
    assert_eq!(answer.header("retry-after"), Some("5"));
}

#[tokio::test]
async fn a_401_comes_before_every_other_check() {
    let (app, running, gate) = full(TestApp::builder().env("AGENT_MAX_BODY_BYTES", "200")).await;
    let request = app
        .request(Method::POST, "/chat")
        .bearer_auth("bad")
        .header("content-type", "text/plain")
        .body("x".repeat(1000));
    assert_eq!(Answer::of(request).await.error(), (401, "unauthorized"));
    gate.open_for_good();
    running.last("done").await;
}
