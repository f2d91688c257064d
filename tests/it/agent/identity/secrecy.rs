//! Neither Claude nor the client sees the user's id.

use serde_json::{Value, json};

use crate::{
    support::helpers::{good, last_content, take_turn_id},
    support::{
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::{bench_press, owned, tool},
        test_app::{Answer, TestApp, user},
    },
};

#[tokio::test]
async fn schemas_for_claude_lack_user_id_and_are_otherwise_unchanged() {
    let mcp = McpServer::start().await;
    let item = json!({"type": "object", "properties": {"user_id": {"type": "string"}, "a": {"type": "integer"}},
        "required": ["a", "user_id"], "dependentRequired": {"a": ["user_id"], "user_id": ["a"]}});
    let schema = json!({"type": "object", "$defs": {"Item": item},
        "properties": {"list": {"type": "array", "items": item, "description": "the user_id is found by itself"},
            "either": {"anyOf": [item, {"type": "null"}], "default": {"user_id": "u1", "a": 1}},
            "rest": {"type": "object", "additionalProperties": item, "patternProperties": {"^x": item}},
            "ref": {"$ref": "#/$defs/Item"}},
        "required": ["list"]});
    mcp.set_tools(vec![
        tool("nested", &schema, &json!({})),
        tool("whoami", &owned(), &json!({})),
    ]);
    let app = TestApp::builder().start_with(mcp).await;
    app.claude.push(Reply::text("hello"));
    app.ask("hi").await.ok();
    let item = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"],
        "dependentRequired": {"a": []}});
    let schema = json!({"type": "object", "$defs": {"Item": item},
        "properties": {"list": {"type": "array", "items": item, "description": "the user_id is found by itself"},
            "either": {"anyOf": [item, {"type": "null"}], "default": {"a": 1}},
            "rest": {"type": "object", "additionalProperties": item, "patternProperties": {"^x": item}},
            "ref": {"$ref": "#/$defs/Item"}},
        "required": ["list"]});
    assert_eq!(
        app.claude.body()["tools"],
        json!([
            {"name": "nested", "description": "The test tool nested.", "input_schema": schema},
            {"name": "whoami", "description": "The test tool whoami.", "cache_control": {"type": "ephemeral"},
                "input_schema": {"type": "object", "properties": {"note": {"type": "string"}}, "required": []}},
        ])
    );
}

#[tokio::test]
async fn neither_signing_key_nor_user_is_sent_to_claude() {
    let app = TestApp::start().await;
    let mut workout = bench_press();
    workout["user_id"] = "mallory-3c1".into();
    app.claude.push_all([
        Reply::tool("toolu_2", "create_workout", workout).and_tool(
            "toolu_3",
            "list_workouts",
            json!({"user_id": "mallory-3c1"}),
        ),
        Reply::text("done"),
    ]);
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "create_workout",
        "input": {"user_id": "mallory-3c1", "exercises": [{"user_id": "mallory-3c1", "exercise_id": "squat", "sets": []}]}});
    let history = json!({"messages": [
        {"role": "user", "content": "log squats"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "created"}]},
        {"role": "assistant", "content": "Logged."},
        {"role": "user", "content": "now bench presses"}]});
    app.chat("sub-of-sam-7f3a", &history).await.ok();
    let bodies = app.claude.bodies();
    assert_eq!(bodies.len(), 2);
    for body in bodies {
        let text = body.to_string();
        for word in ["user_id", "mallory-3c1", "sub-of-sam-7f3a"] {
            assert!(!text.contains(word), "{word} was sent to Claude: {text}");
        }
        assert_eq!(
            body["messages"][1]["content"][0],
            json!({"type": "tool_use", "id": "toolu_1", "name": "create_workout",
                "input": {"exercises": [{"exercise_id": "squat", "sets": []}]}})
        );
    }
}

#[tokio::test]
async fn events_and_messages_show_stripped_inputs() {
    let app = TestApp::with([
        Reply::tool(
            "toolu_1",
            "whoami",
            json!({"user_id": "mallory", "note": "hi"}),
        ),
        Reply::text("done"),
    ])
    .await;
    let events = app.ask_streaming("who am I?").await.rest().await;
    let shown = events.iter().find(|event| event.kind == "tool_use");
    assert_eq!(
        shown.expect("a tool_use event").data,
        json!({"type": "tool_use", "id": "toolu_1", "name": "whoami", "input": {"note": "hi"}})
    );
    let done = &events.last().expect("a last event").data;
    assert_eq!(
        done["messages"][0]["content"],
        json!([{"type": "tool_use", "id": "toolu_1", "name": "whoami", "input": {"note": "hi"}}])
    );
}

#[tokio::test]
async fn a_result_that_names_the_user_is_passed_on_unchanged() {
    let app = TestApp::with([
        Reply::tool("toolu_1", "whoami", json!({})),
        Reply::text("done"),
    ])
    .await;
    let request = app.post("sam").header("x-request-id", "r1");
    Answer::of(request.body(user("who am I?").to_string()))
        .await
        .ok();
    let results = last_content(&app.claude.bodies()[1]);
    let text = results[0]["content"][0]["text"].as_str().expect("a text");
    assert_eq!(results, [good(text)]);
    let mut passed_on: Value = serde_json::from_str(text).expect("the server's JSON");
    take_turn_id(&mut passed_on["_meta"]);
    assert_eq!(
        passed_on,
        json!({"arguments": {"user_id": "sam"}, "_meta": {"fitness.progstrength/user_id": "sam",
            "fitness.progstrength/tool_use_id": "toolu_1", "fitness.progstrength/request_id": "r1"}})
    );
}
