//! Disconnects, timeouts and shutdown: what ends at once, what finishes, and what the client receives.

mod disconnects;
mod shutdown;
mod timeouts;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    support::helpers::{bad, metric, metric_becomes, unknown},
    support::{
        fake_claude::Reply,
        test_app::{Answer, TestApp, user},
    },
};

const CUT: &str = "the turn was cut off before the tool answered";

/// Far below every other limit.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A turn in a task of its own, read to its end. Aborting it disconnects.
fn turn(app: &TestApp, words: &str, streamed: bool) -> JoinHandle<Answer> {
    let mut body = user(words);
    body["stream"] = streamed.into();
    tokio::spawn(Answer::of(app.post("sam").body(body.to_string())))
}

/// The turn is over, and was counted once.
async fn over_and_counted(app: &TestApp) {
    metric_becomes(app, "chat_in_flight", 0).await;
    metric_becomes(app, "chat_requests_total", 1).await;
    assert_eq!(metric(app, "chat_duration_seconds_count").await, 1);
}

/// A message of two writes: `fail`, which is answered, and `slow_write`, which is not.
fn two_writes() -> Reply {
    Reply::text("One moment.")
        .and_tool("toolu_1", "fail", json!({}))
        .and_tool("toolu_2", "slow_write", json!({"key": "k"}))
}

/// The `messages` for [`two_writes`] when the turn is cut off.
fn two_writes_interrupted() -> Value {
    let mut pending = bad(&unknown(CUT));
    pending["tool_use_id"] = "toolu_2".into();
    json!([
        {"role": "assistant", "content": [
            {"type": "text", "text": "One moment."},
            {"type": "tool_use", "id": "toolu_1", "name": "fail", "input": {}},
            {"type": "tool_use", "id": "toolu_2", "name": "slow_write", "input": {"key": "k"}}]},
        {"role": "user", "content": [bad("no such workout"), pending]},
    ])
}

/// The first of the two has been answered, the second has begun.
async fn under_way(app: &TestApp) {
    app.mcp.called_tool("slow_write").await;
    metric_becomes(
        app,
        r#"mcp_tool_calls_total{tool="fail",outcome="error"}"#,
        1,
    )
    .await;
}
