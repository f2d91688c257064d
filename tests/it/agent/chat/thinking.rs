//! Thinking blocks of models that bind them to everything before them: a changed conversation is answered all the same.

use serde_json::{Value, json};

use super::continue_conversation;
use crate::support::{
    fake_claude::Reply,
    mcp_tools::catalogue,
    test_app::{TestApp, user},
};

const MODEL: &str = "claude-sonnet-5-5";
/// The local dates of these two zones are never the same.
const ZONES: [&str; 2] = ["Pacific/Kiritimati", "Etc/GMT+12"];

/// A service whose model binds its thinking.
async fn binding() -> TestApp {
    let app = TestApp::builder().env("CLAUDE_MODEL", MODEL).start().await;
    app.claude.allow_refusals();
    app
}

fn thoughtful(text: &str) -> Reply {
    Reply::empty().thinking("Let me see.", "").and_text(text)
}

fn question() -> Value {
    let mut request = user("how many?");
    request["client_timezone"] = ZONES[0].into();
    request["display_name"] = "Sam".into();
    request
}

/// A request that follows a turn with thinking.
async fn second_request(app: &TestApp) -> Value {
    app.claude.push(thoughtful("One."));
    let mut request = question();
    let answer = app.chat("sam", &request).await.ok();
    continue_conversation(&mut request, &answer, "sure?");
    request
}

fn thinking_blocks(body: &Value) -> usize {
    let messages = body["messages"].as_array().unwrap().iter();
    let blocks = messages.flat_map(|message| message["content"].as_array().unwrap());
    blocks
        .filter(|block| block["type"].as_str().unwrap().ends_with("thinking"))
        .count()
}

/// The request, whose thinking blocks are refused, is answered on the second attempt without them.
async fn is_answered_without_thinking(app: &TestApp, request: &Value) {
    app.claude.push(thoughtful("Yes."));
    let refused = app.claude.refusals().len();
    let answer = app.chat("sam", request).await.ok();
    assert_eq!(answer["content"][1]["text"], "Yes.");
    assert_eq!(app.claude.refusals().len(), refused + 1);
    let bodies = app.claude.bodies();
    assert_eq!(thinking_blocks(bodies.last().unwrap()), 0);
    let retries = format!(
        "claude_retries_total{{reason=\"thinking_unbound\"}} {}",
        refused + 1
    );
    let metrics = app.get("/metrics").await.text;
    assert!(metrics.lines().any(|line| line == retries), "{metrics}");
}

#[tokio::test]
async fn an_unchanged_conversation_keeps_its_thinking() {
    let app = binding().await;
    let request = second_request(&app).await;
    app.claude.push(thoughtful("Yes."));
    app.chat("sam", &request).await.ok();
    assert_eq!(app.claude.refusals(), [""; 0]);
    assert_eq!(thinking_blocks(&app.claude.bodies()[1]), 1);
}

#[tokio::test]
async fn a_conversation_that_crosses_midnight_is_answered() {
    let app = binding().await;
    let mut request = second_request(&app).await;
    request["client_timezone"] = ZONES[1].into();
    is_answered_without_thinking(&app, &request).await;
}

#[tokio::test]
async fn a_conversation_with_another_display_name_is_answered() {
    let app = binding().await;
    let mut request = second_request(&app).await;
    request["display_name"] = "Samuel".into();
    is_answered_without_thinking(&app, &request).await;
}

#[tokio::test]
async fn a_conversation_with_a_changed_catalogue_is_answered() {
    let app = binding().await;
    let request = second_request(&app).await;
    let mut fewer = catalogue();
    fewer.pop();
    let count = fewer.len();
    app.mcp.set_tools(fewer);
    app.mcp.announce().await;
    while app.ready().await.body["mcp"]["tools"] != count {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    is_answered_without_thinking(&app, &request).await;
}

#[tokio::test]
async fn a_conversation_that_is_cut_at_the_front_is_answered() {
    let app = binding().await;
    let mut request = second_request(&app).await;
    app.claude.push(thoughtful("Yes."));
    let answer = app.chat("sam", &request).await.ok();
    continue_conversation(&mut request, &answer, "and now?");
    request["messages"].as_array_mut().unwrap().drain(..2);
    is_answered_without_thinking(&app, &request).await;
}

#[tokio::test]
async fn a_blank_message_that_is_dropped_unbinds_nothing() {
    let app = binding().await;
    let mut request = second_request(&app).await;
    let messages = request["messages"].as_array_mut().unwrap();
    messages.insert(1, json!({"role": "user", "content": " \n"}));
    messages.insert(0, json!({"role": "assistant", "content": ""}));
    app.claude.push(thoughtful("Yes."));
    app.chat("sam", &request).await.ok();
    assert_eq!(app.claude.refusals(), [""; 0]);
    assert_eq!(thinking_blocks(&app.claude.bodies()[1]), 1);
}

#[tokio::test]
async fn a_history_with_the_thinking_of_two_models_is_answered() {
    let other = TestApp::builder()
        .env("CLAUDE_MODEL", "claude-opus-5-5")
        .start()
        .await;
    let request = second_request(&other).await;
    let app = binding().await;
    is_answered_without_thinking(&app, &request).await;
}

#[tokio::test]
async fn the_thinking_of_the_current_turn_is_kept_after_that_of_earlier_turns_was_removed() {
    let app = binding().await;
    let mut request = second_request(&app).await;
    request["display_name"] = "Samuel".into();
    app.claude.push_all([
        Reply::empty()
            .thinking("I look.", "")
            .and_tool("t1", "list_workouts", json!({})),
        Reply::empty()
            .thinking("Again.", "")
            .and_text("Again.")
            .and_tool("t2", "list_workouts", json!({})),
        thoughtful("Two."),
    ]);
    let answer = app.chat("sam", &request).await.ok();
    assert_eq!(answer["content"][1]["text"], "Two.");
    assert_eq!(app.claude.refusals().len(), 1);
    let counts: Vec<usize> = app.claude.bodies().iter().map(thinking_blocks).collect();
    assert_eq!(counts, [0, 0, 1, 2]);
}

#[tokio::test]
async fn a_stream_shows_nothing_of_the_refused_request() {
    let app = binding().await;
    let mut request = second_request(&app).await;
    request["display_name"] = "Samuel".into();
    app.claude.push(Reply::text("Yes."));
    let events = app.stream("sam", &request).await.rest().await;
    let names: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(names, ["model_chosen", "text_delta", "done"]);
}

#[tokio::test]
async fn a_refusal_that_names_thinking_is_not_retried_without_thinking_in_the_history() {
    let app = TestApp::start().await;
    let message = "thinking.type: Input should be 'adaptive'";
    app.claude
        .push(Reply::error(400, "invalid_request_error", message));
    assert_eq!(app.ask("hi").await.error(), (502, "model_error"));
    assert_eq!(app.claude.asked().len(), 1);
}

#[tokio::test]
async fn a_second_refusal_that_names_thinking_is_an_error() {
    let app = binding().await;
    let request = second_request(&app).await;
    let refusal = || {
        Reply::error(
            400,
            "invalid_request_error",
            "Invalid `signature` in `thinking` block.",
        )
    };
    app.claude.push_all([refusal(), refusal()]);
    assert_eq!(
        app.chat("sam", &request).await.error(),
        (502, "model_error")
    );
    assert_eq!(app.claude.asked().len(), 3);
}

#[tokio::test]
async fn thinking_that_is_shown_is_streamed_and_never_empty() {
    let note = json!({"type": "thinking", "thinking": "Looking.", "signature": "c2ln"});
    let app = TestApp::with([
        Reply::empty()
            .thinking("Let me see.", "c2ln")
            .and_tool("t1", "list_workouts", json!({})),
        Reply::empty()
            .thinking("", "c2ln")
            .and_block(note.clone())
            .and_text("One."),
    ])
    .await;
    let events = app.ask_streaming("how many?").await.rest().await;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "model_chosen",
            "thinking_delta",
            "tool_use_start",
            "tool_use",
            "tool_result",
            "thinking_delta",
            "text_delta",
            "done"
        ]
    );
    assert_eq!(
        events[1].data,
        json!({"type": "thinking_delta", "text": "Let me see."})
    );
    assert_eq!(events[5].data["text"], "Looking.");
    let empty = json!({"type": "thinking", "thinking": "", "signature": "c2ln"});
    let text = json!({"type": "text", "text": "One."});
    assert_eq!(events[7].data["content"], json!([empty, note, text]));
}

#[tokio::test]
async fn a_reply_that_breaks_after_thinking_was_shown_is_not_asked_for_again() {
    let app = TestApp::with([thoughtful("One.").cut_after(3), Reply::text("Two.")]).await;
    app.claude.allow_unplayed();
    let error = app.ask_streaming("hi").await.last("error").await;
    assert_eq!(error["code"], "model_error");
    assert_eq!(app.claude.asked().len(), 1);
}
