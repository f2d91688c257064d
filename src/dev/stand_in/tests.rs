//! The stand-in: recognized requests and their replies.

mod answers;
mod conversation;
mod deletions;
mod figures;
mod logging;
mod malformed;
mod near_misses;
mod phrasings;
mod plans;
mod reviews;
mod turns;

use serde_json::{Value, json};

use super::{
    answer::{Reply, reply},
    request::Turn,
};

const ALL_TOOLS: [&str; 10] = [
    "analyze_progress",
    "suggest_next_weight",
    "get_exercise_history",
    "list_workouts",
    "create_workout",
    "delete_workout",
    "list_plans",
    "create_workout_plan",
    "check_volume_landmarks",
    "list_exercises",
];

fn tools(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| json!({"name": name, "input_schema": {"type": "object"}}))
        .collect()
}

/// A request with these messages on Saturday, 2026-11-21.
fn request(messages: &Value) -> Value {
    json!({"model": "claude", "max_tokens": 100, "stream": true, "messages": messages, "tools": tools(&ALL_TOOLS),
        "system": [{"type": "text", "text": "You are a coach. Today is Friday, 1999-01-01."},
            {"type": "text", "text": "Today is Saturday, 2026-11-21 (UTC)."}]})
}

/// A request with one message.
fn ask(text: &str) -> Value {
    request(&json!([{"role": "user", "content": text}]))
}

fn replied(request: &Value) -> Reply {
    reply(&Turn::from_request(request))
}

/// The calls that a first message leads to.
fn calls(text: &str) -> Vec<(String, Value)> {
    shown(replied(&ask(text)))
}

fn shown(reply: Reply) -> Vec<(String, Value)> {
    let calls = reply.calls.into_iter();
    calls
        .map(|call| (call.tool.to_owned(), call.input))
        .collect()
}

/// The request again, with the calls of the reply and these results.
fn with_results(mut request: Value, reply: &Reply, results: &[(&str, bool)]) -> Value {
    let n = request["messages"].as_array().expect("messages").len();
    let (mut asked, mut answered) = (vec![], vec![]);
    for (at, (call, (text, is_error))) in reply.calls.iter().zip(results).enumerate() {
        let id = format!("toolu_{n}_{at}");
        asked.push(json!({"type": "tool_use", "id": id, "name": call.tool, "input": call.input}));
        answered.push(
            json!({"type": "tool_result", "tool_use_id": id, "is_error": is_error,
            "content": [{"type": "text", "text": text}]}),
        );
    }
    let messages = request["messages"].as_array_mut().expect("messages");
    messages.push(json!({"role": "assistant", "content": asked}));
    messages.push(json!({"role": "user", "content": answered}));
    request
}
