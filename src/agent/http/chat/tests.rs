use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::Request;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::{agent::http::router::router, auth, config::Config};

/// Without an MCP server.
fn app() -> (Arc<App>, String) {
    let env = [
        ("ANTHROPIC_API_KEY", "sk-test"),
        ("JWT_SIGNING_KEY", "a signing key of thirty-two bytes"),
        ("PROG_STRENGTH_MCP_URL", "http://127.0.0.1:9/mcp"),
        ("AGENT_TURN_TIMEOUT_SECS", "1"),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::from_iter(env).unwrap();
    let token = auth::mint(
        &config.jwt,
        &crate::auth::Subject::parse("sam").unwrap(),
        Duration::from_secs(60),
    )
    .unwrap();
    (App::new(config).unwrap(), token)
}

async fn ask(app: &Arc<App>, token: &str, body: &'static str) -> (u16, Value) {
    let request = Request::post("/chat")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    let response = router(app.clone()).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_chat_that_is_not_admitted_in_its_time_gets_504_and_leaves_the_queue() {
    let (app, token) = app();
    let held = app.limits.hold_admission().await;
    let (status, problem) = ask(&app, &token, "{").await;
    assert_eq!((status, problem["code"].as_str()), (504, Some("timeout")));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("begin"), "{detail}");
    assert!(app.lifecycle.begun_if_idle().is_some());
    drop(held);
    assert_eq!(ask(&app, &token, "{").await.0, 400);
}

#[tokio::test]
async fn a_queued_chat_is_admitted_when_load_drops() {
    let (app, token) = app();
    let held = app.limits.hold_admission().await;
    let asked = tokio::spawn({
        let app = app.clone();
        async move { ask(&app, &token, "{").await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!asked.is_finished());
    drop(held);
    assert_eq!(asked.await.unwrap().0, 400);
}

#[tokio::test]
async fn a_queued_chat_gets_503_when_the_service_stops() {
    let (app, token) = app();
    let _held = app.limits.hold_admission().await;
    let asked = tokio::spawn({
        let app = app.clone();
        async move { ask(&app, &token, "{").await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    app.lifecycle.drain(Duration::ZERO).await;
    let (status, problem) = asked.await.unwrap();
    assert_eq!(
        (status, problem["code"].as_str()),
        (503, Some("shutting_down"))
    );
}
