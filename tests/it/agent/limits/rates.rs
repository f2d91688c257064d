//! How many requests a user has in a window of time.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::{malformed, problem};
use crate::support::{
    fake_claude::Reply,
    test_app::{Answer, JWT_KEY, TestApp, now, token, user},
};

async fn rated(max: &str, window: &str) -> TestApp {
    TestApp::builder()
        .env("RATE_LIMIT_MAX", max)
        .env("RATE_LIMIT_WINDOW_SECS", window)
        .start()
        .await
}

fn rate_limited(answer: &Answer) -> u64 {
    let detail = "Too many requests of this user; wait as long as Retry-After says.";
    problem(answer, 429, "Too Many Requests", "rate_limited", detail);
    let wait = answer.header("retry-after").expect("a Retry-After");
    wait.parse().expect("whole seconds")
}

#[tokio::test]
async fn a_user_beyond_the_rate_limit_is_told_how_long_to_wait() {
    let app = rated("2", "60").await;
    app.claude
        .push_all([Reply::text("one"), Reply::text("two")]);
    app.ask("hello").await.ok();
    app.ask("hello").await.ok();
    let wait = rate_limited(&app.ask("hello").await);
    assert!((30..=60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn requests_that_are_refused_for_their_body_count_too() {
    let app = rated("3", "60").await;
    assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
    let gzip = app.post("sam").header("content-encoding", "gzip");
    assert_eq!(
        Answer::of(gzip).await.error(),
        (415, "unsupported_media_type")
    );
    let empty = app.chat("sam", &json!({})).await;
    assert_eq!(empty.error(), (422, "invalid_request"));
    rate_limited(&app.ask("hello").await);
}

#[tokio::test]
async fn other_users_are_not_affected_by_ones_rate() {
    let app = rated("1", "60").await;
    malformed(&app, "sam").await;
    rate_limited(&malformed(&app, "sam").await);
    app.claude.push(Reply::text("hi"));
    app.chat("ann", &user("hello")).await.ok();
}

#[tokio::test]
async fn requests_without_a_good_token_count_for_nobody() {
    let app = rated("1", "60").await;
    for _ in 0..3 {
        let expired = json!({"sub": "sam", "exp": now() - 3600});
        let request = app
            .request(Method::POST, "/chat")
            .bearer_auth(token(JWT_KEY, &expired));
        assert_eq!(Answer::of(request).await.error(), (401, "unauthorized"));
    }
    app.claude.push(Reply::text("hi"));
    app.ask("hello").await.ok();
}

#[tokio::test]
async fn after_the_time_that_retry_after_names_the_user_is_let_through() {
    let app = rated("1", "1").await;
    malformed(&app, "sam").await;
    let wait = rate_limited(&malformed(&app, "sam").await);
    assert_eq!(wait, 1);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
}

#[tokio::test]
async fn zero_switches_the_rate_limit_off() {
    let app = rated("0", "60").await;
    for _ in 0..100 {
        assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
    }
}

#[tokio::test]
async fn by_default_a_user_has_sixty_requests_a_minute() {
    let app = rated("", "").await;
    for _ in 0..60 {
        assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
    }
    rate_limited(&malformed(&app, "sam").await);
}
