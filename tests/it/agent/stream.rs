//! A turn as a stream of events.

mod decoding;
mod endings;
mod timing;
mod tools;

use http::StatusCode;
use serde_json::json;

use crate::support::{
    fake_claude::Reply,
    sse::{Event, Sse, stable},
    test_app::{TestApp, user},
};

#[tokio::test]
async fn a_stream_has_the_documented_bytes() {
    let app = TestApp::with([Reply::texts(&["Hi, ", "Sam ☀\n"]).usage(3, 2, 0, 1)]).await;
    let mut stream = app.ask_streaming("hi").await;
    while stream.next_event().await.is_some() {}
    let id = stream.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    insta::assert_snapshot!(stream.raw.replace(&id, "<request_id>"), @r#"
    event: model_chosen
    data: {"type":"model_chosen","model":"claude-sonnet-4-6"}

    event: text_delta
    data: {"type":"text_delta","text":"Hi, "}

    event: text_delta
    data: {"type":"text_delta","text":"Sam ☀\n"}

    event: done
    data: {"type":"done","stop_reason":"end_turn","content":[{"type":"text","text":"Hi, Sam ☀\n"}],"model":"claude-sonnet-4-6","messages":[{"role":"assistant","content":[{"type":"text","text":"Hi, Sam ☀\n"}]}],"usage":{"input_tokens":3,"output_tokens":2,"cache_creation_input_tokens":0,"cache_read_input_tokens":1},"request_id":"<request_id>"}
    "#);
}

#[tokio::test]
async fn a_stream_is_neither_cached_nor_buffered() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let stream = app.ask_streaming("hi").await;
    let header = |name: &str| stream.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        [header("cache-control"), header("x-accel-buffering")],
        ["no-cache", "no"]
    );
    stream.last("done").await;
}

#[tokio::test]
async fn done_equals_the_json_answer() {
    let replies = || {
        [
            Reply::text("Look:")
                .and_tool("t1", "list_workouts", json!({}))
                .usage(1, 2, 3, 4),
            Reply::texts(&["One", "."]).usage(5, 6, 7, 8),
        ]
    };
    let app = TestApp::with(replies().into_iter().chain(replies())).await;
    let answer = stable(app.ask("go").await.ok());
    let mut done = stable(app.ask_streaming("go").await.last("done").await);
    done.as_object_mut().unwrap().shift_remove("type");
    assert_eq!(done, answer);
}

#[tokio::test]
async fn the_callers_request_id_is_in_the_header_the_events_and_the_tool_calls() {
    let app = TestApp::with([Reply::tool("t1", "whoami", json!({})), Reply::text("ok")]).await;
    let mut body = user("go");
    body["stream"] = true.into();
    let response = app
        .post("sam")
        .header("x-request-id", "mine-1.a_B")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status(), &response.headers()["x-request-id"]),
        (StatusCode::OK, &"mine-1.a_B".parse().unwrap())
    );
    assert_eq!(
        Sse::new(response).last("done").await["request_id"],
        "mine-1.a_B"
    );
    assert_eq!(
        app.mcp.calls()[0].meta["fitness.progstrength/request_id"],
        "mine-1.a_B"
    );
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}
