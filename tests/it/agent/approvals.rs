//! Approvals: calls that wait for the user's confirmation, and the turns that go on after it.

mod asking;
mod cut_off;
mod going_on;
mod policies;
mod tokens;

use serde_json::{Value, json};

use crate::support::{
    mcp_tools::{self, tool},
    test_app::{TestApp, user},
};

const WAITING: &str = "not run: waits for the user's confirmation";
const UNCONFIRMED: &str = "not run: needs the user's confirmation, which this app cannot ask for. Nothing was changed by this call.";

/// A service with this policy.
async fn with_policy(policy: &str) -> TestApp {
    TestApp::builder()
        .env("AGENT_APPROVALS", policy)
        .start()
        .await
}

/// A request of a client that can ask the user.
fn asking(words: &str) -> Value {
    let mut request = user(words);
    request["approvals"] = json!([]);
    request
}

/// The request after this answer, with the user's answers to what it asks.
fn going_on(request: &Value, answer: &Value, answers: &[Value]) -> Value {
    let mut request = request.clone();
    append(&mut request, answer);
    request["approvals"] = answers.into();
    request
}

/// Appends the messages of a turn to the history.
fn append(request: &mut Value, answer: &Value) {
    let messages = request["messages"].as_array_mut().expect("messages");
    messages.extend(answer["messages"].as_array().expect("messages").clone());
}

/// The user's answer to the n-th request.
fn answer(answer: &Value, n: usize, approved: bool) -> Value {
    json!({"token": answer["approvals"][n]["token"], "approved": approved})
}

fn yes(asked: &Value) -> Value {
    answer(asked, 0, true)
}

fn waiting(id: &str) -> Value {
    result(id, WAITING)
}

fn result(id: &str, text: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": [{"type": "text", "text": text}]})
}

fn error(id: &str, text: &str) -> Value {
    let mut result = result(id, text);
    result["is_error"] = true.into();
    result
}

/// The tools of the test server, and one of each kind.
fn kinds() -> Vec<Value> {
    let note = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    let mut tools = mcp_tools::catalogue();
    tools.extend([
        tool(
            "whoami_add",
            &note,
            &json!({"readOnlyHint": false, "destructiveHint": false}),
        ),
        tool(
            "whoami_put",
            &note,
            &json!({"destructiveHint": true, "title": "Replace a note"}),
        ),
    ]);
    tools
}
