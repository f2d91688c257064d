//! Requests to Claude: credentials, system blocks, and the repaired history.

use serde_json::{Value, json};

use super::without_breakpoints;
use crate::support::{
    fake_claude::Reply,
    mcp_tools::{PIXEL, bench_press},
    test_app::{TestApp, user},
};

#[tokio::test]
async fn a_request_to_claude_carries_key_model_and_limit_and_streams() {
    let app = TestApp::with([Reply::text("hi")]).await;
    app.ask("hi").await.ok();
    let asked = &app.claude.asked()[0];
    assert_eq!(asked.headers["x-api-key"], "sk-test");
    let fields = ["model", "max_tokens", "stream"].map(|field| asked.body[field].clone());
    assert_eq!(
        fields,
        [json!("claude-sonnet-4-6"), json!(2048), json!(true)]
    );
}

#[tokio::test]
async fn an_auth_token_is_sent_as_bearer_without_an_api_key() {
    let settings = [
        ("ANTHROPIC_API_KEY", ""),
        ("ANTHROPIC_AUTH_TOKEN", "tok"),
        ("CLAUDE_MODEL", "m-1"),
        ("CLAUDE_MAX_TOKENS", "77"),
    ];
    let builder = settings
        .iter()
        .fold(TestApp::builder(), |builder, (name, value)| {
            builder.env(name, value)
        });
    let app = builder.start().await;
    app.claude.push(Reply::text("hi"));
    app.ask("hi").await.ok();
    let asked = &app.claude.asked()[0];
    assert_eq!(asked.headers["authorization"], "Bearer tok");
    assert_eq!(
        [&asked.body["model"], &asked.body["max_tokens"]],
        [&json!("m-1"), &json!(77)]
    );
}

#[tokio::test]
async fn with_key_and_token_only_the_key_is_sent() {
    let app = TestApp::builder()
        .env("ANTHROPIC_AUTH_TOKEN", "tok")
        .start()
        .await;
    app.claude.push(Reply::text("hi"));
    app.ask("hi").await.ok();
    let headers = &app.claude.asked()[0].headers;
    assert_eq!(headers["x-api-key"], "sk-test");
    assert_eq!(headers.get("authorization"), None);
}

#[tokio::test]
async fn date_and_name_are_in_a_second_system_block_after_the_cached_one() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let name = format!("Sam\u{7}\nthe {}", "x".repeat(200));
    let mut request = user("hi");
    request["client_timezone"] = "Pacific/Kiritimati".into();
    request["display_name"] = name.as_str().into();
    app.chat("sam", &request).await.ok();
    let system = app.claude.body()["system"].clone();
    assert_eq!(system[0]["cache_control"], json!({"type": "ephemeral"}));
    assert_eq!(
        system[1].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["type", "text"]
    );
    let text = system[1]["text"].as_str().unwrap();
    let today = jiff::Timestamp::now().in_tz("Pacific/Kiritimati").unwrap();
    assert!(
        text.contains(&today.strftime("%Y-%m-%d").to_string()),
        "{text}"
    );
    assert!(text.contains(&today.strftime("%A").to_string()), "{text}");
    let cut = name
        .chars()
        .filter(|c| !c.is_control())
        .take(100)
        .collect::<String>();
    assert!(
        text.contains(&cut) && !text.contains(&format!("{cut}x")) && !text.contains('\u{7}'),
        "{text}"
    );
}

#[tokio::test]
async fn an_unknown_or_missing_time_zone_defaults_to_utc() {
    for zone in [json!("Mars/Olympus"), json!(null)] {
        let app = TestApp::with([Reply::text("hi")]).await;
        let mut request = user("hi");
        request["client_timezone"] = zone;
        app.chat("sam", &request).await.ok();
        let text = app.claude.body()["system"][1]["text"].to_string();
        let today = jiff::Timestamp::now()
            .in_tz("UTC")
            .unwrap()
            .strftime("%Y-%m-%d")
            .to_string();
        assert!(text.contains(&today), "{text}");
    }
}

#[tokio::test]
async fn the_system_prompt_is_read_from_a_file() {
    let path = std::env::temp_dir().join(format!("prompt-{}.md", uuid::Uuid::now_v7()));
    std::fs::write(&path, "You are a coach for tests.").unwrap();
    let app = TestApp::builder()
        .env("SYSTEM_PROMPT_FILE", path.to_str().unwrap())
        .start()
        .await;
    std::fs::remove_file(&path).unwrap();
    app.claude.push(Reply::text("hi"));
    app.ask("hi").await.ok();
    assert_eq!(
        app.claude.body()["system"][0]["text"],
        "You are a coach for tests."
    );
}

#[tokio::test]
async fn thinking_blocks_are_sent_back_unchanged_within_the_turn() {
    let app = TestApp::with([
        Reply::empty()
            .thinking("let me see", "c2lnbmF0dXJl")
            .and_block(json!({"type": "redacted_thinking", "data": "b3BhcXVl"}))
            .and_tool("t1", "list_workouts", json!({})),
        Reply::text("done"),
    ])
    .await;
    app.ask("go").await.ok();
    assert_eq!(
        without_breakpoints(&app.claude.bodies()[1]["messages"][1]["content"]),
        json!([
            {"type": "thinking", "thinking": "let me see", "signature": "c2lnbmF0dXJl"},
            {"type": "redacted_thinking", "data": "b3BhcXVl"},
            {"type": "tool_use", "id": "t1", "name": "list_workouts", "input": {}},
        ])
    );
}

#[tokio::test]
async fn a_tool_call_in_the_history_is_not_run() {
    let app = TestApp::with([Reply::text("It is logged already.")]).await;
    let history = json!({"messages": [
        {"role": "user", "content": "log it"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "create_workout", "input": bench_press()}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "{}"}, {"type": "text", "text": "done?"}]}]});
    app.chat("sam", &history).await.ok();
    assert_eq!(app.mcp.called(), [""; 0]);
}

#[tokio::test]
async fn unpaired_tool_calls_and_results_are_not_forwarded() {
    let app = TestApp::with([Reply::text("ok")]).await;
    let history = json!({"messages": [
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "cut_off", "content": "x"}, {"type": "text", "text": "hello"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "I will"}, {"type": "tool_use", "id": "t1", "name": "create_workout", "input": {}}]},
        {"role": "user", "content": "never mind"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t2", "name": "list_workouts", "input": {}}]},
        {"role": "user", "content": "what now?"}]});
    app.chat("sam", &history).await.ok();
    let sent = app.claude.body()["messages"].to_string();
    assert!(
        !sent.contains("tool_use") && !sent.contains("tool_result"),
        "{sent}"
    );
    assert!(
        sent.contains("hello") && sent.contains("I will") && sent.contains("what now?"),
        "{sent}"
    );
}

#[tokio::test]
async fn split_results_and_a_flawed_photo_reach_claude_mended() {
    let app = TestApp::with([Reply::text("Both are logged.")]).await;
    let call =
        |id: &str| json!({"type": "tool_use", "id": id, "name": "create_workout", "input": {}});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": [{"type": "text", "text": "created"}]});
    let image = |media_type: &str, data: &str| json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}});
    let flawed = format!("data:image/jpeg;base64,{}\r\n", PIXEL.trim_end_matches('='));
    let said = |role: &str, blocks: &[Value]| json!({"role": role, "content": blocks});
    let history = json!({"messages": [
        said("user", &[image("IMAGE/jpg; q=1", &flawed)]),
        said("assistant", &[call("t1")]),
        said("assistant", &[call("t2")]),
        said("user", &[result("t2")]),
        said("user", &[result("t1")])]});
    app.chat("sam", &history).await.ok();
    assert_eq!(
        without_breakpoints(&app.claude.body()["messages"]),
        json!([
            said("user", &[image("image/png", PIXEL)]),
            said("assistant", &[call("t1"), call("t2")]),
            said("user", &[result("t1"), result("t2")]),
        ])
    );
}

#[tokio::test]
async fn a_web_client_request_is_accepted() {
    let app = TestApp::with([Reply::text("Logged.")]).await;
    let request = json!({
        "messages": [
            {"role": "user", "content": "what chest exercises do I have?"},
            {"role": "assistant", "content": "You have **12**.", "tools": [{"name": "list_exercises", "state": "ok"}], "model": "claude-sonnet-4-6"},
            {"role": "user", "content": "log bench 3x5 at 185"},
            {"role": "assistant", "content": "", "tools": []},
            {"role": "user", "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                {"type": "text", "text": " "}]},
            {"role": "assistant", "content": "Is this the session you mean?", "model": "claude-sonnet-4-6"},
            {"role": "user", "content": "yes, log it"}],
        "session_id": "0b0c2c0e-6a3e-4a52-9f3e-7d1a0f6f2c11", "client_timezone": "America/Denver", "display_name": "Sam",
        "height_cm": null, "voice_mode": false});
    app.chat("sam", &request).await.ok();
    let text = |text: &str| json!({"type": "text", "text": text});
    let messages = without_breakpoints(&app.claude.body()["messages"]);
    let said: Vec<Value> = messages
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|message| message["content"].as_array().unwrap().clone())
        .collect();
    assert_eq!(
        said,
        [
            text("what chest exercises do I have?"),
            text("You have **12**."),
            text("log bench 3x5 at 185"),
            json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}),
            text("Is this the session you mean?"),
            text("yes, log it"),
        ]
    );
}
