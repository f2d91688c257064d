//! The fallback model, and errors that say that spending is stopped.

use serde_json::{Value, json};

use super::{app_with, overloaded, quickly};
use crate::support::{fake_claude::Reply, test_app::TestApp};

const FALLBACK: [(&str, &str); 2] = [
    ("CLAUDE_FALLBACK_MODEL", "claude-haiku-4-5"),
    ("CLAUDE_MAX_RETRIES", "1"),
];

fn kinds(events: &[crate::support::sse::Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[tokio::test]
async fn an_overloaded_model_is_replaced_after_all_retries_with_the_same_request() {
    for status in [429, 503, 529] {
        let full = || quickly(Reply::status(status, "{}"));
        let app = app_with(&FALLBACK, [full(), full(), Reply::text("here")]).await;
        let events = app.ask_streaming("hi").await.rest().await;
        assert_eq!(
            kinds(&events),
            ["model_chosen", "model_chosen", "text_delta", "done"]
        );
        assert_eq!(events[0].data["model"], "claude-sonnet-4-6");
        assert_eq!(events[1].data["model"], "claude-haiku-4-5");
        assert_eq!(events[3].data["model"], "claude-haiku-4-5");
        let mut bodies = app.claude.bodies();
        let models = bodies.iter_mut().map(|body| body["model"].take());
        let models: Vec<Value> = models.collect();
        assert_eq!(
            models,
            ["claude-sonnet-4-6", "claude-sonnet-4-6", "claude-haiku-4-5"]
        );
        assert_eq!(bodies[0], bodies[2]);
        let metrics = app.get("/metrics").await.text;
        let fallbacks = "claude_fallbacks_total 1";
        assert!(metrics.lines().any(|line| line == fallbacks), "{metrics}");
    }
}

#[tokio::test]
async fn the_fallback_model_is_asked_at_once_when_the_wait_would_be_too_long() {
    let full = Reply::status(529, "{}").header("retry-after", "3600");
    let app = app_with(&FALLBACK, [full, Reply::text("here")]).await;
    assert_eq!(app.ask("hi").await.ok()["model"], "claude-haiku-4-5");
}

#[tokio::test]
async fn a_turn_stays_with_the_fallback_model_and_the_next_one_does_not() {
    let app = app_with(
        &FALLBACK,
        [
            overloaded(),
            overloaded(),
            Reply::tool("t1", "list_workouts", json!({})),
            Reply::text("one"),
            Reply::text("two"),
        ],
    )
    .await;
    app.ask("hi").await.ok();
    app.ask("hi").await.ok();
    let bodies = app.claude.bodies();
    let models: Vec<&str> = bodies
        .iter()
        .map(|body| body["model"].as_str().unwrap())
        .collect();
    let (first, second) = ("claude-sonnet-4-6", "claude-haiku-4-5");
    assert_eq!(models, [first, first, second, second, first]);
}

#[tokio::test]
async fn a_fallback_in_a_later_round_forgets_the_thinking_of_the_first_model() {
    let settings = [
        ("CLAUDE_MODEL", "claude-opus-5-5"),
        ("CLAUDE_FALLBACK_MODEL", "claude-sonnet-5-5"),
        ("CLAUDE_MAX_RETRIES", "0"),
    ];
    let call = Reply::empty()
        .thinking("I look.", "")
        .and_tool("t1", "list_workouts", json!({}));
    let app = app_with(&settings, [call, overloaded(), Reply::text("one")]).await;
    app.claude.allow_refusals();
    assert_eq!(app.ask("hi").await.ok()["content"][0]["text"], "one");
    assert_eq!(app.claude.refusals().len(), 1);
}

#[tokio::test]
async fn an_overloaded_fallback_model_is_retried_and_then_an_error() {
    let app = app_with(&FALLBACK, (0..4).map(|_| overloaded())).await;
    assert_eq!(app.ask("hi").await.error(), (503, "model_overloaded"));
    assert_eq!(app.claude.asked().len(), 4);
}

#[tokio::test]
async fn no_other_failure_is_one_for_the_fallback_model() {
    for status in [400, 401, 500] {
        let fails = || quickly(Reply::status(status, "{}"));
        let app = app_with(&FALLBACK, [fails(), fails()]).await;
        app.claude.allow_unplayed();
        assert_eq!(app.ask("hi").await.error(), (502, "model_error"));
        let bodies = app.claude.bodies();
        assert!(
            bodies
                .iter()
                .all(|body| body["model"] == "claude-sonnet-4-6")
        );
    }
}

#[tokio::test]
async fn the_fallback_model_is_not_asked_once_text_was_shown() {
    let breaks = Reply::texts(&["Let", " me"]).error_event_after(3, "overloaded_error");
    let app = app_with(&FALLBACK, [breaks]).await;
    let error = app.ask_streaming("hi").await.last("error").await;
    assert_eq!(error["code"], "model_overloaded");
    assert_eq!(app.claude.asked().len(), 1);
}

#[tokio::test]
async fn stopped_spending_is_not_retried_and_not_an_overload() {
    for status in [429, 402] {
        for code in [
            "enforced_spend_limit_reached",
            "contract_spend_limit_reached",
            "linked_organization_spend_limit_reached",
            "ramp_limit_exceeded",
            "organization_on_hold",
        ] {
            let error = json!({"type": "rate_limit_error", "message": "spend"});
            let mut bodies = [(); 4].map(|()| json!({"type": "error", "error": error}));
            bodies[0]["error"]["details"] = json!({"error_code": code});
            bodies[1]["error"]["error_code"] = code.into();
            bodies[2]["error_code"] = code.into();
            bodies[3]["details"] = json!({"error_code": code});
            for body in bodies.map(|body| body.to_string()) {
                let reply = quickly(Reply::status(status, body.clone()));
                let app = app_with(&FALLBACK, [reply]).await;
                assert_eq!(
                    app.ask("hi").await.error(),
                    (502, "model_error"),
                    "{status} {body}"
                );
                assert_eq!(app.claude.asked().len(), 1, "{status} {body}");
            }
        }
    }
}

#[tokio::test]
async fn a_reply_that_is_too_large_is_not_asked_for_again() {
    let line = format!(
        "data: {{\"type\":\"ping\",\"x\":\"{}\"}}\n\n",
        "x".repeat(1 << 20)
    );
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let large = Reply::raw(format!("{head}{}", line.repeat(65)));
    let app = TestApp::with([large]).await;
    assert_eq!(app.ask("hi").await.error(), (502, "model_error"));
    assert_eq!(app.claude.asked().len(), 1);
}

#[tokio::test]
async fn stopped_spending_in_the_middle_of_a_reply_is_not_retried_and_not_an_overload() {
    let error = json!({"type": "rate_limit_error", "message": "spend", "details": {"error_code": "organization_on_hold"}});
    let event = json!({"type": "error", "error": error});
    let body = format!("data: {event}\n\n");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let app = app_with(&FALLBACK, [Reply::raw(format!("{head}{body}"))]).await;
    assert_eq!(app.ask("hi").await.error(), (502, "model_error"));
    assert_eq!(app.claude.asked().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_refused_for_its_thinking_may_still_need_the_fallback_model() {
    let settings = [
        ("CLAUDE_MODEL", "claude-opus-5-5"),
        ("CLAUDE_FALLBACK_MODEL", "claude-sonnet-5-5"),
        ("CLAUDE_MAX_RETRIES", "0"),
    ];
    let app = app_with(&settings, [overloaded(), Reply::text("one")]).await;
    app.claude.allow_refusals();
    let thought = json!({"type": "thinking", "thinking": "x", "signature": "another"});
    let redacted = json!({"type": "redacted_thinking", "data": "another"});
    let text = json!({"type": "text", "text": "One."});
    let request = json!({"messages": [
        {"role": "user", "content": "how many?"},
        {"role": "assistant", "content": [redacted, thought, text]},
        {"role": "user", "content": "sure?"}]});
    let events = app.stream("sam", &request).await.rest().await;
    assert_eq!(
        kinds(&events),
        ["model_chosen", "model_chosen", "text_delta", "done"]
    );
    assert_eq!(app.claude.refusals().len(), 1);
    for body in app.claude.bodies() {
        assert_eq!(body["messages"][1]["content"], json!([text]));
    }
}
