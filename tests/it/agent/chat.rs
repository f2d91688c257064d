//! Turns with a JSON answer.

mod caching;
mod ids;
mod midnight;
mod refusals;
mod requests;
mod returned_messages;
mod rounds;
mod stop_reasons;
mod thinking;

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    fake_claude::Reply,
    helpers::take_turn_id,
    mcp_tools::bench_press,
    sse::stable,
    test_app::{Answer, TestApp, user},
};

#[tokio::test]
async fn a_json_answer_holds_content_usage_and_request_id() {
    let app = TestApp::with([Reply::text("You have 12.").usage(100, 7, 20, 3)]).await;
    let answer = app.ask("how many chest exercises do I have?").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.header("x-request-id"),
        answer.body["request_id"].as_str()
    );
    assert_eq!(
        stable(answer.ok()),
        json!({
            "stop_reason": "end_turn",
            "content": [{"type": "text", "text": "You have 12."}],
            "model": "claude-sonnet-4-6",
            "messages": [{"role": "assistant", "content": [{"type": "text", "text": "You have 12."}]}],
            "usage": {"input_tokens": 100, "output_tokens": 7, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 3},
            "request_id": "<request_id>",
        })
    );
}

#[tokio::test]
async fn a_turn_with_tools_returns_the_messages_it_added_and_the_summed_usage() {
    let app = TestApp::with([
        Reply::text("Let me log it.")
            .and_tool("toolu_1", "create_workout", bench_press())
            .usage(100, 10, 50, 0),
        Reply::text("Logged.").usage(20, 5, 0, 150),
    ])
    .await;
    let answer = app.ask("log bench 1x5 at 185").await.ok();
    assert_eq!(
        stable(answer),
        json!({
            "stop_reason": "end_turn",
            "content": [{"type": "text", "text": "Logged."}],
            "model": "claude-sonnet-4-6",
            "messages": [
                {"role": "assistant", "content": [
                    {"type": "text", "text": "Let me log it."},
                    {"type": "tool_use", "id": "toolu_1", "name": "create_workout", "input": bench_press()}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "{\"id\":\"w2\",\"created\":true}"}]}]},
                {"role": "assistant", "content": [{"type": "text", "text": "Logged."}]}],
            "usage": {"input_tokens": 120, "output_tokens": 15, "cache_creation_input_tokens": 50, "cache_read_input_tokens": 150},
            "request_id": "<request_id>",
        })
    );
}

#[tokio::test]
async fn an_empty_reply_has_empty_content_and_adds_no_message() {
    let app = TestApp::with([Reply::empty()]).await;
    let answer = app.ask("hi").await.ok();
    assert_eq!(
        [&answer["content"], &answer["messages"]],
        [&json!([]), &json!([])]
    );
    assert_eq!(answer["stop_reason"], "end_turn");
}

#[tokio::test]
async fn the_stream_field_overrides_the_accept_header() {
    let app = TestApp::with([Reply::text("hi"), Reply::text("hi"), Reply::text("hi")]).await;
    let kind = async |stream: Value, accept: &str| {
        let mut body = user("hi");
        body["stream"] = stream;
        let answer = Answer::of(
            app.post("sam")
                .header("accept", accept)
                .body(body.to_string()),
        )
        .await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.header("content-type").unwrap().to_owned()
    };
    assert_eq!(
        kind(json!(false), "text/event-stream").await,
        "application/json"
    );
    assert_eq!(
        kind(json!(null), "application/json, text/event-stream").await,
        "text/event-stream"
    );
    assert_eq!(
        kind(json!(true), "application/json").await,
        "text/event-stream"
    );
}

#[tokio::test]
async fn a_user_id_in_claudes_input_does_not_change_the_acting_user() {
    let app = TestApp::with([
        Reply::tool(
            "t1",
            "whoami",
            json!({"user_id": "admin", "note": "n", "deep": {"user_id": "admin"}}),
        ),
        Reply::text("done"),
    ])
    .await;
    let answer = app.chat("sam", &user("go")).await.ok();
    let call = &mut app.mcp.calls()[0];
    take_turn_id(&mut call.meta);
    assert_eq!(
        call.arguments,
        json!({"note": "n", "deep": {}, "user_id": "sam"})
    );
    assert_eq!(
        call.meta,
        json!({"fitness.progstrength/user_id": "sam", "fitness.progstrength/tool_use_id": "t1",
        "fitness.progstrength/request_id": answer["request_id"]})
    );
    assert_eq!(
        answer["messages"][0]["content"][0]["input"],
        json!({"note": "n", "deep": {}})
    );
}

/// Appends the messages of an answer and the next question, as clients do.
fn continue_conversation(request: &mut Value, answer: &Value, words: &str) {
    let messages = request["messages"].as_array_mut().unwrap();
    messages.extend(answer["messages"].as_array().unwrap().iter().cloned());
    messages.push(json!({"role": "user", "content": words}));
}

pub(super) fn without_breakpoints(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| *key != "cache_control");
            Value::Object(
                kept.map(|(key, value)| (key.clone(), without_breakpoints(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(without_breakpoints).collect(),
        other => other.clone(),
    }
}
