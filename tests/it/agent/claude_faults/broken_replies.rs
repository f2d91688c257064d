//! Replies that break off: retried until something of them was shown or a tool has run.

use futures_util::future::join_all;
use serde_json::json;

use super::{app_with, overloaded};
use crate::support::{
    fake_claude::Reply, mcp_tools::bench_press, sse::Event, test_app::TestApp, wait::Gate,
};

#[tokio::test]
async fn a_connection_that_breaks_before_the_response_is_retried() {
    let cases = ["", "HTTP/1.1 200 O", "what?\r\n\r\n"].map(|broken| async move {
        let app = TestApp::with([Reply::raw(broken), Reply::text("second")]).await;
        assert_eq!(
            app.ask("hi").await.ok()["content"][0]["text"],
            "second",
            "{broken:?}"
        );
    });
    join_all(cases).await;
}

#[tokio::test]
async fn a_reply_that_breaks_before_anything_was_shown_is_retried_in_json_and_sse() {
    let reply = || Reply::text("hello");
    let broken = [
        reply().cut_after(0),
        reply().cut_after(2),
        reply().ends_after(0),
        reply().ends_after(2),
        reply().error_event_after(0, "overloaded_error"),
        reply().error_event_after(2, "api_error"),
        Reply::empty().thinking("", "c2ln").cut_after(4),
        Reply::empty().cut_after(1),
        Reply::empty().ends_after(2),
    ];
    let cases = broken.into_iter().enumerate().map(|(n, reply)| async move {
        let app = TestApp::with([
            reply.clone(),
            Reply::text("once"),
            reply,
            Reply::text("once"),
        ])
        .await;
        assert_eq!(
            app.ask("hi").await.ok()["content"][0]["text"],
            "once",
            "{n}"
        );
        let events = app.ask_streaming("hi").await.rest().await;
        assert_eq!(
            kinds(&events),
            ["model_chosen", "text_delta", "done"],
            "{n}"
        );
        assert_eq!(app.claude.asked().len(), 4);
    });
    join_all(cases).await;
}

/// A response with status 200.
fn ok(content_type: Option<&str>, body: &str) -> Reply {
    let content_type = content_type.map(|it| format!("content-type: {it}\r\n"));
    let (header, length) = (content_type.unwrap_or_default(), body.len());
    Reply::raw(format!(
        "HTTP/1.1 200 OK\r\n{header}content-length: {length}\r\n\r\n{body}"
    ))
}

#[tokio::test]
async fn an_answer_that_is_no_event_stream_is_not_retried() {
    let message = r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn"}"#;
    for (content_type, body) in [
        ("text/html; charset=utf-8", "<html>\n\nSign in\n\n</html>"),
        ("application/json", message),
        ("application/json", ""),
        ("APPLICATION/JSON", r#"{"error":"no such model"}"#),
    ] {
        let app = TestApp::with([ok(Some(content_type), body)]).await;
        assert_eq!(app.ask("hi").await.error(), (502, "model_error"), "{body}");
        assert_eq!(app.claude.asked().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn an_error_object_in_an_answer_with_status_200_is_that_error() {
    let error = |kind: &str, message: &str| {
        let error = json!({"type": "error", "error": {"type": kind, "message": message}});
        ok(Some("application/json"), &format!("{error:#}"))
    };
    let app = TestApp::with([error("invalid_request_error", "\u{fffd}")]).await;
    assert_eq!(app.ask("hi").await.error(), (502, "model_error"));
    assert_eq!(app.claude.asked().len(), 1);
    let app = TestApp::with([error("overloaded_error", "x"), Reply::text("second")]).await;
    assert_eq!(app.ask("hi").await.ok()["content"][0]["text"], "second");
    let settings = [("CLAUDE_MAX_RETRIES", "0")];
    let app = app_with(&settings, [error("rate_limit_error", "x")]).await;
    assert_eq!(app.ask("hi").await.error(), (503, "model_overloaded"));
}

#[tokio::test]
async fn events_count_whatever_their_content_type() {
    let stream = concat!(
        r#"data: {"type":"message_start","message":{"model":"claude","usage":{"input_tokens":1,"output_tokens":1}}}"#,
        "\n\n",
        r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"hi"}}"#,
        "\n\n",
        r#"data: {"type":"message_stop"}"#,
        "\n\n"
    );
    for content_type in [
        None,
        Some("text/plain"),
        Some("Text/Event-Stream;charset=utf-8"),
    ] {
        let app = TestApp::with([ok(content_type, stream)]).await;
        assert_eq!(app.ask("hi").await.ok()["content"][0]["text"], "hi");
        // Without an event it may be a broken stream.
        if content_type != Some("text/plain") {
            app.claude
                .push_all([ok(content_type, ": hello\n\n"), Reply::text("second")]);
            assert_eq!(app.ask("hi").await.ok()["content"][0]["text"], "second");
        }
    }
}

#[tokio::test]
async fn a_reply_that_breaks_after_text_is_retried_in_json_only() {
    for fault in 0..3 {
        let broken = || {
            let reply = Reply::texts(&["par", "tial"]);
            [
                reply.clone().cut_after(3),
                reply.clone().ends_after(4),
                reply.error_event_after(4, "overloaded_error"),
            ][fault]
                .clone()
        };
        let app = TestApp::with([broken(), Reply::text("whole"), broken()]).await;
        let answer = app.ask("hi").await.ok();
        assert_eq!(
            answer["content"],
            json!([{"type": "text", "text": "whole"}])
        );
        let events = app.ask_streaming("hi").await.rest().await;
        let last = &events.last().unwrap().data;
        assert_eq!(
            (last["type"].as_str(), last["retryable"].as_bool()),
            (Some("error"), Some(true)),
            "{last}"
        );
        assert_eq!(last["messages"], json!([]));
        assert_eq!(events[1].data["text"], "par");
        assert_eq!(app.claude.asked().len(), 3);
    }
}

#[tokio::test]
async fn an_overload_in_the_middle_of_a_stream_is_reported_as_one() {
    let app = TestApp::with([Reply::text("par").error_event_after(3, "overloaded_error")]).await;
    let error = app.ask_streaming("hi").await.last("error").await;
    assert_eq!(error["code"], "model_overloaded");
    let app = TestApp::with([Reply::text("par").error_event_after(3, "api_error")]).await;
    let error = app.ask_streaming("hi").await.last("error").await;
    assert_eq!(error["code"], "model_error");
}

#[tokio::test]
async fn an_overload_in_every_reply_is_a_503_with_retry_after() {
    for events in [0, 2] {
        let busy = || Reply::text("hi").error_event_after(events, "overloaded_error");
        let app = app_with(&[("CLAUDE_MAX_RETRIES", "1")], [busy(), busy()]).await;
        let answer = app.ask("hi").await;
        assert_eq!(answer.error(), (503, "model_overloaded"), "{events}");
        let wait = answer.header("retry-after").expect("Retry-After");
        assert!((1..=60).contains(&wait.parse().unwrap()), "{wait}");
        assert_eq!(app.claude.asked().len(), 2, "{events}");
    }
}

#[tokio::test]
async fn a_reply_that_breaks_after_a_tool_call_was_shown_is_retried_in_json_only() {
    let broken = || Reply::tool("t1", "create_workout", bench_press()).cut_after(2);
    let app = TestApp::with([broken(), Reply::text("whole"), broken()]).await;
    assert_eq!(app.ask("hi").await.ok()["content"][0]["text"], "whole");
    let events = app.ask_streaming("hi").await.rest().await;
    assert_eq!(kinds(&events), ["model_chosen", "tool_use_start", "error"]);
    assert_eq!(app.mcp.called(), [""; 0]);
}

#[tokio::test]
async fn a_reply_without_message_stop_is_a_failure_and_its_writes_are_not_run() {
    let call = Reply::tool("t1", "create_workout", bench_press());
    // The call is complete (6 events), even the stop reason has been said (7).
    for (n, reply) in [
        (6, call.clone().cut_after(6)),
        (7, call.clone().cut_after(7)),
        (7, call.clone().ends_after(7)),
    ] {
        let app = app_with(&[("CLAUDE_MAX_RETRIES", "0")], [reply.clone(), reply]).await;
        assert_eq!(app.ask("log it").await.error(), (502, "model_error"), "{n}");
        let error = app.ask_streaming("log it").await.last("error").await;
        assert_eq!(
            (&error["code"], &error["messages"]),
            (&json!("model_error"), &json!([])),
            "{n}"
        );
        assert_eq!(app.mcp.called(), [""; 0], "{n}");
    }
}

#[tokio::test]
async fn a_write_is_run_once_however_often_claude_is_retried() {
    let call = || Reply::tool("t1", "create_workout", bench_press());
    let app = TestApp::with([
        call().cut_after(7),
        overloaded(),
        call(),
        overloaded(),
        Reply::text("log").cut_after(3),
        Reply::text("logged"),
    ])
    .await;
    let answer = app.ask("log it").await.ok();
    assert_eq!(answer["content"][0]["text"], "logged");
    assert_eq!(app.mcp.called(), ["create_workout"]);
}

#[tokio::test]
async fn a_reply_whose_read_was_started_early_is_not_retried() {
    let gate = Gate::new();
    let reply = Reply::tool("t1", "list_workouts", json!({}))
        .gate_at(6, &gate)
        .cut_after(6);
    let app = TestApp::with([reply]).await;
    let asking = app.ask("hi");
    let cutting = async {
        app.mcp.called_tool("list_workouts").await;
        gate.open_for_good();
    };
    let (answer, ()) = tokio::join!(asking, cutting);
    assert_eq!(answer.error(), (502, "model_error"));
    assert_eq!((app.claude.asked().len(), app.mcp.called().len()), (1, 1));
}

#[tokio::test]
async fn usage_includes_attempts_that_broke_off() {
    let app = TestApp::with([
        Reply::text("par").usage(10, 1, 0, 0).cut_after(3),
        Reply::text("whole").usage(10, 4, 0, 0),
    ])
    .await;
    assert_eq!(app.ask("hi").await.ok()["usage"]["input_tokens"], 20);
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}
