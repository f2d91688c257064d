//! `GET /runs/{id}/events`.

use std::time::Duration;

use ::http::Method;
use serde_json::json;
use tokio::time::Instant;

use super::{RunsApp, on_both};
use crate::{
    runs::support::events::{Events, kinds},
    support::{answer::Answer, fake_claude::Reply, wait::pass},
};

async fn cancelled(app: &RunsApp) -> String {
    app.claude.on(|_| Reply::hang_before_headers());
    let id = app.begin("hello").await;
    app.act("sam", &format!("/runs/{id}/cancel")).await;
    app.run_is("sam", &id, "cancelled").await;
    id
}

on_both!(
    the_journal_of_an_ended_run_is_told_from_the_start_and_the_stream_ends,
    async |app: RunsApp| {
        let id = cancelled(&app).await;
        let run = app.get("sam", &format!("/runs/{id}?trace=1")).await.ok();
        let events = app.events(&id).await.rest().await;
        assert_eq!(kinds(&events)[0], "run");
        assert_eq!(events[0].id, None);
        let mut first = run.clone();
        first.as_object_mut().unwrap().shift_remove("trace");
        first["type"] = json!("run");
        assert_eq!(events[0].data, first);
        let told: Vec<_> = events[1..].iter().map(|event| event.data.clone()).collect();
        assert_eq!(json!(told), run["trace"]);
        let ids: Vec<_> = events[1..].iter().map(|event| event.id.unwrap()).collect();
        assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    }
);

on_both!(
    a_reader_goes_on_after_what_he_knows,
    async |app: RunsApp| {
        let id = cancelled(&app).await;
        let all = app.events(&id).await.rest().await;
        let last = all.last().unwrap().id.unwrap();
        let open = async |query: &str, header: Option<&str>| {
            let path = format!("/runs/{id}/events{query}");
            let request = app.by("sam", Method::GET, &path);
            let request = match header {
                Some(id) => request.header("Last-Event-ID", id),
                None => request,
            };
            Events::open(request).await.rest().await
        };
        let before = (last - 1).to_string();
        let expected = ["run", "cancelled"];
        assert_eq!(
            kinds(&open(&format!("?after={before}"), None).await),
            expected
        );
        assert_eq!(kinds(&open("", Some(&before)).await), expected);
        // The header wins.
        assert_eq!(kinds(&open("?after=0", Some(&before)).await), expected);
        // All is known.
        assert_eq!(kinds(&open("", Some(&last.to_string())).await), ["run"]);
        assert_eq!(kinds(&open("?after=1000", None).await), ["run"]);
        let request = app.by("sam", Method::GET, &format!("/runs/{id}/events"));
        let answer = Answer::of(request.header("Last-Event-ID", "x")).await;
        assert_eq!(answer.error(), (422, "invalid_request"));
    }
);

on_both!(a_live_reader_is_told_at_once, async |app: RunsApp| {
    app.claude.on(|_| Reply::hang_before_headers());
    let id = app.begin("hello").await;
    let mut events = app.events(&id).await;
    events.expect("run").await;
    let began = Instant::now();
    app.act("sam", &format!("/runs/{id}/cancel")).await;
    let rest = events.rest().await;
    assert_eq!(rest.last().unwrap().kind, "cancelled");
    assert!(began.elapsed().as_millis() < 900, "{:?}", began.elapsed());
});

on_both!(
    a_reader_of_another_process_is_told_within_a_second_or_two,
    async |app: RunsApp| {
        app.claude.on(|_| Reply::hang_before_headers());
        let replica = app.replica().await;
        let id = app.begin("hello").await;
        let path = format!("/runs/{id}/events");
        let mut events = Events::open(replica.by("sam", Method::GET, &path)).await;
        events.expect("run").await;
        let began = Instant::now();
        app.act("sam", &format!("/runs/{id}/cancel")).await;
        let rest = events.rest().await;
        assert_eq!(rest.last().unwrap().kind, "cancelled");
        assert!(began.elapsed().as_millis() < 3000, "{:?}", began.elapsed());
    }
);

#[tokio::test]
async fn a_reader_who_leaves_stops_nothing() {
    let app = RunsApp::start().await;
    app.claude.on(|_| Reply::hang_before_headers());
    let id = app.begin("hello").await;
    let mut events = app.events(&id).await;
    events.expect("run").await;
    drop(events);
    let mut again = app.events(&id).await;
    let run = again.expect("run").await;
    assert!(run.data["completedAt"].is_null());
}

#[tokio::test]
async fn a_comment_follows_15_seconds_of_silence() {
    let app = RunsApp::start().await;
    app.claude.on(|_| Reply::hang_before_headers());
    let id = app.begin("hello").await;
    app.claude.asked_times(1).await;
    let mut events = app.events(&id).await;
    for kind in ["run", "started"] {
        events.expect(kind).await;
    }
    pass(Duration::from_secs(16)).await;
    app.act("sam", &format!("/runs/{id}/cancel")).await;
    events.expect("cancelled").await;
    assert_eq!(events.comments, 1);
}
