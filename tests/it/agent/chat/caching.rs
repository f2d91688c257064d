//! What Claude has read before it reads from its cache: breakpoints, and requests that begin as earlier ones did.

use serde_json::{Value, json};

use super::{go_on, without_breakpoints};
use crate::support::{
    fake_claude::Reply,
    test_app::{TestApp, user},
};

#[tokio::test]
async fn cache_breakpoints_stand_on_the_last_tool_the_stable_system_block_and_the_moving_end_of_the_history()
 {
    let app = TestApp::with([
        Reply::tool("t1", "list_workouts", json!({})),
        Reply::tool("t2", "list_exercises", json!({})),
        Reply::text("done"),
    ])
    .await;
    let history = json!({"messages": [
        {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
        {"role": "user", "content": [{"type": "text", "text": "c", "cache_control": {"type": "ephemeral"}}]},
        {"role": "assistant", "content": "d"}, {"role": "user", "content": "e"}]});
    app.chat("sam", &history).await.ok();
    for (round, body) in app.claude.bodies().iter().enumerate() {
        let tools = body["tools"].as_array().unwrap().len();
        let messages = body["messages"].as_array().unwrap();
        let last = messages.len() - 1;
        let blocks = messages[last]["content"].as_array().unwrap().len();
        let found = breakpoints(body);
        for needed in [
            format!("/tools/{}", tools - 1),
            "/system/0".into(),
            format!("/messages/{last}/content/{}", blocks - 1),
        ] {
            assert!(
                found.contains(&needed),
                "round {round}: {needed} not in {found:?}"
            );
        }
        assert!(found.len() <= 4, "round {round}: {found:?}");
        assert_eq!(messages.len(), 5 + 2 * round);
    }
}

#[tokio::test]
async fn a_rounds_request_begins_with_the_one_before_byte_for_byte() {
    let app = TestApp::with([
        Reply::tool(
            "t1",
            "whoami",
            json!({"z": 1, "a": {"y": [1, 2], "b": 1.50}}),
        ),
        Reply::tool("t2", "list_exercises", json!({})),
        Reply::text("done"),
    ])
    .await;
    app.ask("go").await.ok();
    let bodies: Vec<Value> = app
        .claude
        .bodies()
        .iter()
        .map(without_breakpoints)
        .collect();
    for pair in bodies.windows(2) {
        for part in ["model", "max_tokens", "system", "tools", "tool_choice"] {
            assert_eq!(
                pair[0][part].to_string(),
                pair[1][part].to_string(),
                "{part}"
            );
        }
        let before = pair[0]["messages"].to_string();
        let after = pair[1]["messages"].to_string();
        assert!(
            after.starts_with(before.trim_end_matches(']')),
            "{before}\n{after}"
        );
    }
}

#[tokio::test]
async fn the_next_turn_begins_with_the_last_request_of_this_one_byte_for_byte() {
    let input =
        r#"{"z": 1, "a": {"y": [1, 2], "b": 1.50}, "n": 12345678901234567890123, "user_id": "x"}"#;
    let app = TestApp::with([
        Reply::empty()
            .thinking("hm", "c2ln")
            .and_text(" Let me look. ")
            .and_tool_pieces("t1", "whoami", &[input])
            .and_tool("t2", "fail", json!({}))
            .and_tool("t3", "picture", json!({})),
        Reply::text("\n\n").and_text("That is you."),
        Reply::text("Yes."),
    ])
    .await;
    let mut request = user("who am I?");
    let answer = app.chat("sam", &request).await.ok();
    go_on(&mut request, &answer, "sure?");
    app.chat("sam", &request).await.ok();
    let [_, before, after] = &app.claude.bodies()[..] else {
        panic!("three requests")
    };
    assert_eq!(before["tools"].to_string(), after["tools"].to_string());
    assert_eq!(
        before["system"][0].to_string(),
        after["system"][0].to_string()
    );
    let messages = |body: &Value| without_breakpoints(&body["messages"]).to_string();
    let read = messages(before);
    let (read, now) = (read.trim_end_matches(']'), messages(after));
    assert!(now.starts_with(&format!("{read},")), "{read}\n{now}");
    let (written, found) = (breakpoints(before), breakpoints(after));
    let end = "/messages/2/content/2".to_owned();
    assert!(written.contains(&end), "{written:?}");
    assert!(found.contains(&end) && found.len() <= 4, "{found:?}");
}

/// Where `cache_control` stands, as JSON pointers.
fn breakpoints(body: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                if fields.contains_key("cache_control") {
                    found.push(at.to_owned());
                }
                fields
                    .iter()
                    .for_each(|(key, value)| walk(value, &format!("{at}/{key}"), found));
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(n, value)| walk(value, &format!("{at}/{n}"), found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(body, "", &mut found);
    found
}
