//! How long it waits before Claude is asked again, and that this never goes past the turn's time.

use std::time::{Duration, Instant};

use serde_json::json;

use super::app_with;
use crate::support::{fake_claude::Reply, test_app::TestApp};

#[tokio::test]
async fn retry_after_is_obeyed() {
    let app = TestApp::with([
        Reply::status(529, "{}").header("retry-after", "1"),
        Reply::text("hi"),
    ])
    .await;
    app.ask("hi").await.ok();
    let gap = gaps(&app)[0];
    assert!((1.0..4.0).contains(&gap), "{gap}");
}

#[tokio::test]
async fn retry_after_ms_is_obeyed_before_retry_after() {
    let busy = Reply::status(429, "{}")
        .header("retry-after", "15")
        .header("retry-after-ms", "700");
    let app = TestApp::with([busy, Reply::text("hi")]).await;
    app.ask("hi").await.ok();
    let gap = gaps(&app)[0];
    assert!((0.7..5.0).contains(&gap), "{gap}");
}

#[tokio::test]
async fn without_a_word_from_claude_the_waits_are_half_a_second_doubling_with_jitter() {
    let fails = || Reply::status(500, "{}");
    let app = TestApp::with([fails(), fails(), fails(), Reply::text("hi")]).await;
    app.ask("hi").await.ok();
    for (gap, nominal) in gaps(&app).into_iter().zip([0.5, 1.0, 2.0]) {
        assert!(
            (nominal * 0.5..nominal + 1.0).contains(&gap),
            "{gap} for {nominal}"
        );
    }
}

#[tokio::test]
async fn a_wait_beyond_the_turns_time_fails_at_once_with_that_retry_after() {
    let app = app_with(
        &[("AGENT_TURN_TIMEOUT_SECS", "10")],
        [Reply::status(529, "{}").header("retry-after", "60")],
    )
    .await;
    let started = Instant::now();
    let answer = app.ask("hi").await;
    assert_eq!(answer.error(), (503, "model_overloaded"));
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_wait_that_is_no_overloads_fails_at_once_too_with_that_retry_after() {
    let fails = || Reply::status(500, "{}").header("retry-after", "60");
    let app = app_with(&[("AGENT_TURN_TIMEOUT_SECS", "10")], [fails(), fails()]).await;
    let started = Instant::now();
    let answer = app.ask("hi").await;
    assert_eq!(answer.error(), (502, "model_error"));
    assert_eq!(answer.header("retry-after"), Some("60"));
    let error = app.ask_streaming("hi").await.last("error").await;
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("model_error"), &json!(true))
    );
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn failures_without_end_are_answered_by_the_end_of_the_turns_time() {
    let app = app_with(&[("AGENT_TURN_TIMEOUT_SECS", "1")], []).await;
    app.claude.on(|_| Reply::status(500, "{}"));
    for streamed in [false, true] {
        let started = Instant::now();
        let code = if streamed {
            app.ask_streaming("hi").await.last("error").await["code"].clone()
        } else {
            app.ask("hi").await.body["code"].clone()
        };
        // The latter on a machine so slow that the first wait takes all the time.
        assert!(
            ["model_error", "timeout"]
                .iter()
                .any(|known| code == *known),
            "{code}"
        );
        // Less than three waits take.
        assert!(
            started.elapsed() < Duration::from_millis(2500),
            "{:?}",
            started.elapsed()
        );
    }
}

#[tokio::test]
async fn retry_after_of_an_overload_is_passed_on() {
    let busy = || Reply::status(429, "{}").header("retry-after", "1");
    let app = app_with(&[("CLAUDE_MAX_RETRIES", "0")], [busy(), busy()]).await;
    let answer = app.ask("hi").await;
    assert_eq!(answer.error(), (503, "model_overloaded"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    let error = app.ask_streaming("hi").await.last("error").await;
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("model_overloaded"), &json!(true))
    );
}

/// Seconds between the requests to Claude.
fn gaps(app: &TestApp) -> Vec<f64> {
    let asked = app.claude.asked();
    asked
        .windows(2)
        .map(|pair| (pair[1].at - pair[0].at).as_secs_f64())
        .collect()
}
