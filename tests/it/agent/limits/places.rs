//! How many chats run at the same time, and one that does not get to begin.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{full, malformed, problem};
use crate::support::{
    fake_claude::Reply,
    test_app::{TestApp, user},
};

#[tokio::test]
async fn a_chat_too_many_gets_503_until_a_place_is_free() {
    let (app, running, gate) = full(TestApp::builder()).await;
    let answer = app.chat("ann", &user("hello")).await;
    let detail = "Too many chats are running; try again shortly.";
    problem(&answer, 503, "Service Unavailable", "busy", detail);
    assert_eq!(answer.header("retry-after"), Some("2"));
    gate.open_for_good();
    running.last("done").await;
    app.claude.push(Reply::text("welcome"));
    app.chat("ann", &user("hello")).await.ok();
}

#[tokio::test]
async fn a_refused_request_gives_its_place_back() {
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
async fn a_client_that_goes_away_gives_its_place_back() {
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

/// So many tasks that always have something to do: more than the runtime's own queue of a thread takes.
fn saturated(over: &Arc<AtomicBool>) {
    for _ in 0..2000 {
        let over = over.clone();
        tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let began = std::time::Instant::now();
                while began.elapsed() < Duration::from_micros(20) {}
                tokio::task::yield_now().await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_chat_that_cannot_begin_in_its_time_gets_a_504_and_leaves_the_line() {
    let builder = TestApp::builder().env("AGENT_TURN_TIMEOUT_SECS", "1");
    let app = builder.start().await;
    app.claude.push(Reply::text("hi"));
    let over = Arc::new(AtomicBool::new(false));
    saturated(&over);
    let refused = app.ask("hello").await;
    assert_eq!(refused.error(), (504, "timeout"));
    assert!(refused.text.contains("begin"), "{}", refused.text);
    over.store(true, Ordering::Relaxed);
    app.ask("hello").await.ok();
}
