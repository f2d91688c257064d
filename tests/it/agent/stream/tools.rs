//! The events of a turn with tools.

use serde_json::{Value, json};

use super::kinds;
use crate::support::{
    fake_claude::Reply,
    sse::shown,
    test_app::{TestApp, user},
};

#[tokio::test]
async fn the_events_of_a_turn_with_tools() {
    let app = TestApp::with([
        Reply::texts(&["Let me ", "look."])
            .and_tool("t1", "list_exercises", json!({"muscle_group": "chest"}))
            .usage(10, 4, 0, 0),
        Reply::empty()
            .and_tool("t2", "fail", json!({}))
            .usage(20, 3, 0, 0),
        Reply::text("No luck.").usage(30, 2, 0, 0),
    ])
    .await;
    let events = app.ask_streaming("chest?").await.rest().await;
    let look = [
        json!({"type": "text", "text": "Let me look."}),
        json!({"type": "tool_use", "id": "t1", "name": "list_exercises", "input": {"muscle_group": "chest"}}),
    ];
    assert_eq!(
        shown(&events),
        json!([
            {"type": "model_chosen", "model": "claude-sonnet-4-6"},
            {"type": "text_delta", "text": "Let me "},
            {"type": "text_delta", "text": "look."},
            {"type": "tool_use_start", "id": "t1", "name": "list_exercises"},
            {"type": "tool_use", "id": "t1", "name": "list_exercises", "input": {"muscle_group": "chest"}},
            {"type": "tool_result", "id": "t1", "name": "list_exercises", "is_error": false, "duration_ms": "<duration_ms>"},
            {"type": "tool_use_start", "id": "t2", "name": "fail"},
            {"type": "tool_use", "id": "t2", "name": "fail", "input": {}},
            {"type": "tool_result", "id": "t2", "name": "fail", "is_error": true, "duration_ms": "<duration_ms>"},
            {"type": "text_delta", "text": "No luck."},
            {"type": "done", "stop_reason": "end_turn", "content": [{"type": "text", "text": "No luck."}], "model": "claude-sonnet-4-6",
                "messages": [
                    {"role": "assistant", "content": look},
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "[{\"id\":\"bench-press\",\"name\":\"Bench press\"}]"}]}]},
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "t2", "name": "fail", "input": {}}]},
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t2",
                        "content": [{"type": "text", "text": "no such workout"}], "is_error": true}]},
                    {"role": "assistant", "content": [{"type": "text", "text": "No luck."}]}],
                "usage": {"input_tokens": 60, "output_tokens": 9, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0},
                "request_id": "<request_id>"},
        ])
    );
}

#[tokio::test]
async fn structured_content_up_to_64_kib_is_in_the_event_and_not_sent_to_claude() {
    let app = TestApp::with([
        Reply::tool("t1", "drawn", json!({"bytes": 65_536}))
            .and_tool("t2", "drawn", json!({"bytes": 65_537}))
            .and_tool("t3", "drawn", json!({"bytes": 9, "fails": true}))
            .and_tool("t4", "structured", json!({}))
            .and_tool("t5", "empty", json!({})),
        Reply::text("There."),
    ])
    .await;
    let events = app.ask_streaming("draw").await.rest().await;
    let results = events.iter().filter(|event| event.kind == "tool_result");
    let mut structures: Vec<(String, Value)> = results
        .map(|event| {
            let data = event.data.as_object().unwrap();
            let structured = data.get("structured").map_or("none".into(), Value::clone);
            (data["id"].as_str().unwrap().to_owned(), structured)
        })
        .collect();
    structures.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("t1", json!({"x": "y".repeat(65_528)})),
        ("t2", json!("none")),
        ("t3", json!({"x": "y"})),
        ("t4", json!({"workouts": 3, "last": "w1"})),
        ("t5", json!("none")),
    ];
    assert_eq!(
        structures,
        expected.map(|(id, value)| (id.to_owned(), value))
    );
    let told = app.claude.bodies()[1]["messages"][2]["content"][0]["content"].clone();
    assert_eq!(told, json!([{"type": "text", "text": "see the picture"}]));
}

#[tokio::test]
async fn no_event_has_the_user_id() {
    let app = TestApp::with([
        Reply::tool(
            "t1",
            "whoami",
            json!({"user_id": "admin", "deep": [{"user_id": "admin", "x": 1}]}),
        ),
        Reply::text("ok"),
    ])
    .await;
    let events = app.stream("sam", &user("go")).await.rest().await;
    let call = events
        .iter()
        .find(|event| event.kind == "tool_use")
        .unwrap();
    assert_eq!(call.data["input"], json!({"deep": [{"x": 1}]}));
    let done = &events.last().unwrap().data;
    assert_eq!(
        done["messages"][0]["content"][0]["input"],
        json!({"deep": [{"x": 1}]})
    );
}

#[tokio::test]
async fn calls_that_may_not_be_made_are_not_shown() {
    let app = TestApp::builder()
        .env("AGENT_MAX_TOOL_ROUNDS", "1")
        .start()
        .await;
    app.claude.push_all([
        Reply::tool("t1", "list_workouts", json!({})),
        Reply::text("More:").and_tool("t2", "list_workouts", json!({})),
    ]);
    let events = app.ask_streaming("go").await.rest().await;
    assert_eq!(
        kinds(&events),
        [
            "model_chosen",
            "tool_use_start",
            "tool_use",
            "tool_result",
            "text_delta",
            "done"
        ]
    );
    assert_eq!(
        events.last().unwrap().data["stop_reason"],
        "max_tool_rounds"
    );
}
