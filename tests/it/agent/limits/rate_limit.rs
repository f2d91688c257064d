//! The rate limit of each user, and its headers.

use std::time::{Duration, Instant};

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
async fn a_request_beyond_the_rate_limit_gets_429_with_the_wait() {
    let app = rated("2", "60").await;
    app.claude
        .push_all([Reply::text("one"), Reply::text("two")]);
    app.ask("hello").await.ok();
    app.ask("hello").await.ok();
    let wait = rate_limited(&app.ask("hello").await);
    assert!((20..=30).contains(&wait), "{wait}");
}

#[tokio::test]
async fn requests_with_a_bad_body_count() {
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
async fn each_user_has_a_limit_of_their_own() {
    let app = rated("1", "60").await;
    malformed(&app, "sam").await;
    rate_limited(&malformed(&app, "sam").await);
    app.claude.push(Reply::text("hi"));
    app.chat("ann", &user("hello")).await.ok();
}

#[tokio::test]
async fn requests_without_a_valid_token_do_not_count() {
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
async fn a_request_after_retry_after_is_let_through() {
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
async fn by_default_a_user_has_sixty_requests_at_once_and_one_more_each_second() {
    let app = rated("", "").await;
    let (began, mut let_through) = (Instant::now(), 0);
    let refused = loop {
        let answer = malformed(&app, "sam").await;
        if answer.error() != (400, "invalid_json") {
            break answer;
        }
        let_through += 1;
    };
    assert_eq!(rate_limited(&refused), 1);
    let refilled = began.elapsed().as_secs();
    assert!(
        (60..=60 + refilled).contains(&let_through),
        "{let_through} in {refilled} s"
    );
}

fn rate_headers(answer: &Answer) -> (Option<&str>, Option<&str>) {
    (
        answer.header("ratelimit-policy"),
        answer.header("ratelimit"),
    )
}

#[tokio::test]
async fn responses_name_the_policy_and_the_remaining_requests() {
    let app = rated("2", "60").await;
    app.claude
        .push_all([Reply::text("one"), Reply::text("two")]);
    let policy = Some("\"chat\";q=2;w=60");
    let answer = app.ask("hello").await;
    assert_eq!(answer.status, 200);
    assert_eq!(rate_headers(&answer), (policy, Some("\"chat\";r=1;t=30")));
    let stream = app.stream("ann", &user("hello")).await;
    assert_eq!(stream.headers()["ratelimit"], "\"chat\";r=1;t=30");
    stream.last("done").await;
    let answer = malformed(&app, "sam").await;
    assert_eq!(answer.error(), (400, "invalid_json"));
    assert_eq!(rate_headers(&answer), (policy, Some("\"chat\";r=0;t=30")));
    let answer = malformed(&app, "sam").await;
    let wait = rate_limited(&answer);
    let left = format!("\"chat\";r=0;t={wait}");
    assert_eq!(rate_headers(&answer), (policy, Some(&*left)));
}

#[tokio::test]
async fn responses_without_a_limit_or_a_user_have_no_rate_limit_headers() {
    let app = rated("0", "60").await;
    let answer = malformed(&app, "sam").await;
    assert_eq!(answer.error(), (400, "invalid_json"));
    assert_eq!(rate_headers(&answer), (None, None));
    let app = rated("2", "60").await;
    let answer = Answer::of(app.request(Method::POST, "/chat")).await;
    assert_eq!(answer.error(), (401, "unauthorized"));
    assert_eq!(rate_headers(&answer), (None, None));
    assert_eq!(rate_headers(&app.get("/health").await), (None, None));
}
