//! Shared test helpers: a scripted Claude that calls a named tool, expected tool results, and samples of `/metrics`.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{fake_claude::Reply, test_app::TestApp, wait::DEADLINE};

/// The text of the last user message, or `None` when the last message holds tool results.
pub(crate) fn said(body: &Value) -> Option<String> {
    let last = body["messages"].as_array()?.last()?;
    let block = last["content"].as_array()?.last()?;
    block["text"].as_str().map(str::to_owned)
}

/// Claude calls the tool that the user's message names, as `toolu_1` with the JSON after the name, and accepts any result.
pub(crate) fn obey(app: &TestApp) {
    app.claude.on(|body| match said(body) {
        None => Reply::text("done"),
        Some(words) => {
            let (name, input) = words.split_once(' ').unwrap_or((&words, "{}"));
            Reply::tool(
                "toolu_1",
                name,
                serde_json::from_str(input).expect("the tool's input"),
            )
        }
    });
}

/// Makes such a Claude call the tool; returns the result in the turn's messages.
pub(crate) async fn result_of(app: &TestApp, words: &str) -> Value {
    app.ask(words).await.ok()["messages"][1]["content"][0].take()
}

/// A result of `toolu_1` with this text.
pub(crate) fn good(text: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": text}]})
}

/// The same as an error.
pub(crate) fn bad(text: &str) -> Value {
    let mut result = good(text);
    result["is_error"] = true.into();
    result
}

/// The result that Claude gets when it is unknown whether a call has taken effect.
pub(crate) fn unknown(why: &str) -> String {
    format!(
        "outcome unknown, check first: {why}. The call may or may not have taken effect; look whether it has before calling again."
    )
}

/// Takes the turn id out of the `_meta` of a call: a `UUIDv7` that the service has made.
pub(crate) fn take_turn_id(meta: &mut Value) -> String {
    let id = meta
        .as_object_mut()
        .and_then(|meta| meta.shift_remove("fitness.progstrength/turn_id"));
    let id = id.as_ref().and_then(Value::as_str).expect("a turn id");
    let parsed = uuid::Uuid::parse_str(id).expect("a UUID");
    assert_eq!(parsed.get_version_num(), 7, "{id}");
    id.to_owned()
}

/// The last message of a request to Claude, without cache breakpoints.
pub(crate) fn last_content(body: &Value) -> Vec<Value> {
    let last = body["messages"].as_array().and_then(|all| all.last());
    let mut blocks = last
        .and_then(|message| message["content"].as_array())
        .cloned()
        .unwrap_or_default();
    for block in blocks.iter_mut().filter_map(Value::as_object_mut) {
        block.remove("cache_control");
    }
    blocks
}

/// The sum of all samples whose line begins with this prefix: one series, or all series of a metric.
pub(crate) async fn metric(app: &TestApp, beginning: &str) -> u64 {
    let text = app.get("/metrics").await.text;
    let of_it = text.lines().filter(|line| line.starts_with(beginning));
    of_it
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}

/// Waits until the sum has this value.
pub(crate) async fn metric_becomes(app: &TestApp, beginning: &str, value: u64) {
    let started = Instant::now();
    loop {
        let now = metric(app, beginning).await;
        if now == value {
            return;
        }
        assert!(
            started.elapsed() < DEADLINE,
            "{beginning} is {now}, never {value}"
        );
        sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until `/ready` counts that many tools.
pub(crate) async fn ready_with_tools(app: &TestApp, tools: usize) {
    let started = Instant::now();
    loop {
        let now = app.get("/ready").await;
        if now.body["mcp"]["tools"] == tools {
            return;
        }
        assert!(
            started.elapsed() < DEADLINE,
            "never {tools} tools: {}",
            now.text
        );
        sleep(Duration::from_millis(10)).await;
    }
}
