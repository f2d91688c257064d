//! Limits: requests of a user, the queue, and the shutdown.

use ::http::Method;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use prog_strength_agent::runs::store::Store;
use serde_json::json;
use sqlx::Executor;
use tokio::time::Instant;

use super::{RunsApp, busy, later, waiting};
use crate::{
    runs::stores::queued,
    support::{answer::Answer, fake_claude::Reply},
};

#[tokio::test]
async fn the_rate_limit_counts_what_changes_something_replays_included() {
    let app = RunsApp::builder().env("RATE_LIMIT_MAX", "3").start().await;
    app.claude.on(|_| Reply::hang_before_headers());
    let mut body = later("hello");
    body["requestId"] = json!("one");
    for left in [2, 1] {
        let answer = app.prompt("sam", &body).await;
        assert_eq!(answer.status, 202);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"runs\";q=3;w=60"));
        let rate = answer.header("ratelimit").unwrap();
        assert!(rate.starts_with(&format!("\"runs\";r={left};t=")), "{rate}");
    }
    assert_eq!(
        app.act("sam", "/runs/by-request/two/cancel").await.status,
        202
    );
    let answer = app.prompt("sam", &body).await;
    assert_eq!(answer.error(), (429, "rate_limited"));
    assert!(answer.header("retry-after").is_some());
    assert!(answer.header("ratelimit").is_some());
    // Reading is free, and other users are not concerned.
    assert_eq!(app.get("sam", "/runs").await.status, 200);
    assert_eq!(app.prompt("eve", &body).await.status, 202);
}

#[tokio::test]
async fn a_full_queue_refuses_and_reserves_no_id() {
    let app = busy(RunsApp::builder().env("RUNS_MAX_QUEUED", "1")).await;
    let second = app.begin("waits").await;
    let mut body = later("too many");
    body["requestId"] = json!("one");
    let answer = app.prompt("sam", &body).await;
    assert_eq!(answer.error(), (503, "busy"));
    assert!(answer.header("retry-after").is_some());
    app.act("sam", &format!("/runs/{second}/cancel")).await;
    let answer = app.prompt("sam", &body).await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.header("idempotency-replayed")
        ),
        (202, None)
    );
}

#[tokio::test]
async fn one_user_has_a_bounded_number_of_waiting_callers() {
    let app = RunsApp::builder()
        .env("AGENT_MAX_CHATS_PER_USER", "1")
        .start()
        .await;
    app.claude.on(|_| Reply::hang_before_headers());
    let waiting = tokio::spawn(waiting(&app).send());
    let started = tokio::time::Instant::now();
    while app.get("sam", "/runs/by-request/one").await.status != 200 {
        assert!(started.elapsed() < crate::support::wait::DEADLINE);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let answer = app
        .prompt("sam", &json!({"prompt": "waits too", "requestId": "two"}))
        .await;
    assert_eq!(answer.error(), (429, "rate_limited"));
    assert_eq!(app.get("sam", "/runs/by-request/two").await.status, 404);
    assert_eq!(app.prompt("sam", &later("does not wait")).await.status, 202);
    app.act("sam", "/runs/by-request/one/cancel").await;
    let response = crate::support::wait::within("the caller", waiting)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(response.status(), 409);
}

#[tokio::test]
async fn at_shutdown_posts_are_refused_and_streams_end_without_a_final_event() {
    let mut app = RunsApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "3")
        .start()
        .await;
    app.claude.on(|_| Reply::hang_before_headers());
    let waiting = tokio::spawn(Answer::of(waiting(&app)));
    app.claude.asked_times(1).await;
    let run = app.get("sam", "/runs/by-request/one").await.ok();
    let id = run["executionId"].as_str().unwrap();
    let mut events = app.events(id).await;
    events.expect("run").await;
    let reader = app.by("sam", Method::GET, &format!("/runs/{id}?wait=60"));
    let reader = tokio::spawn(Answer::of(reader));
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    app.stop();
    let started = tokio::time::Instant::now();
    loop {
        let answer = app.prompt("sam", &later("too late")).await;
        if answer.error() == (503, "shutting_down") {
            assert!(answer.header("retry-after").is_some());
            break;
        }
        assert_eq!(answer.status, 202);
        assert!(started.elapsed() < crate::support::wait::DEADLINE);
    }
    assert_eq!(
        Answer::of(app.request(Method::GET, "/ready")).await.status,
        503
    );
    let answer = crate::support::wait::within("the caller", waiting)
        .await
        .unwrap();
    assert_eq!(answer.error(), (503, "shutting_down"));
    assert_eq!(answer.body["executionId"], id);
    let answer = crate::support::wait::within("the reader", reader)
        .await
        .unwrap();
    assert_eq!(answer.error(), (503, "shutting_down"));
    assert_eq!(answer.body["executionId"], id);
    let rest = events.rest().await;
    let finals = ["completed", "failed", "cancelled", "expired"];
    assert!(
        rest.iter()
            .all(|event| !finals.contains(&event.kind.as_str())),
        "{rest:?}"
    );
    app.stopped().await;
    // The same request joins the run afterwards.
    app.claude.on(|_| Reply::text("done"));
    let replica = app.replica().await;
    let again = replica.by("sam", Method::POST, "/webhook");
    let body = json!({"prompt": "waits", "requestId": "one"});
    let again = Answer::of(crate::runs::support::with_json(again, &body))
        .await
        .ok();
    assert_eq!(
        (&again["executionId"], &again["response"]),
        (&json!(id), &json!("done"))
    );
}

#[tokio::test]
async fn runs_that_have_waited_too_long_expire_at_the_start_and_are_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("old.db").display());
    let store = Store::open(&url.as_str().into()).await.unwrap();
    let old = Timestamp::now() - SignedDuration::from_hours(48);
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(queued(&store, "sam", None, old).await.id.to_string());
    }
    let app = RunsApp::builder().env("DATABASE_URL", &url).start().await;
    for id in &waiting {
        app.run_is("sam", id, "expired").await;
    }
    assert_eq!(app.claude.asked().len(), 0);
    let metrics = Answer::of(app.request(Method::GET, "/metrics")).await.text;
    let line = "runs_total{trigger=\"api\",status=\"expired\"} 3";
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test]
async fn five_statements_at_once_have_15_seconds_and_a_sixth_waits_for_5() {
    let app = RunsApp::postgres().await;
    let mut raw = app.database().await;
    let lock = "BEGIN; LOCK TABLE prog_strength_runs.connection IN ACCESS EXCLUSIVE MODE";
    raw.execute(lock).await.unwrap();
    let began = Instant::now();
    let users = ["a", "b", "c", "d", "e", "f"];
    let refused = join_all(users.map(|user| async {
        let answer = app.get(user, "/connections").await;
        assert_eq!(answer.error(), (503, "busy"));
        began.elapsed().as_secs()
    }));
    let mut waited = refused.await;
    waited.sort_unstable();
    // The engine may have had a connection too.
    assert!(
        (5..7).contains(&waited[0]) && (15..17).contains(&waited[5]),
        "{waited:?}"
    );
    assert!(
        waited.iter().filter(|secs| **secs >= 15).count() <= 5,
        "{waited:?}"
    );
    raw.execute("ROLLBACK").await.unwrap();
    assert_eq!(app.get("a", "/connections").await.status, 200);
}

#[tokio::test]
async fn a_user_has_at_most_100_skills() {
    let app = RunsApp::start().await;
    let skill = json!({"name": "one", "description": "", "steps": [{"prompt": "look"}], "trigger": {"type": "manual"}});
    for _ in 0..100 {
        assert_eq!(app.post("sam", "/skills", &skill).await.status, 201);
    }
    let answer = app.post("sam", "/skills", &skill).await;
    assert_eq!(answer.error(), (422, "invalid_request"));
    assert!(
        answer.text.contains("there are 100 skills already"),
        "{}",
        answer.text
    );
    assert_eq!(app.post("eve", "/skills", &skill).await.status, 201);
}
