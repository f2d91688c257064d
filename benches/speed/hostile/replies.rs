//! Replies of the fake Claude to hostile turns.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::replies::Reply;

/// Calls of one round, all of a read-only tool, so that they run concurrently.
const CALLS: usize = 16;
/// Keys of the one input, each with an object that a pattern of the tool's schema may match.
const KEYS: usize = 200;
const HUGE_BYTES: usize = 4 << 20;
const PIECE_BYTES: usize = 16 << 10;

pub fn sixteen_calls() -> Vec<u8> {
    let call = |reply: Reply, n: usize| {
        reply.call(
            &format!("toolu_########_{n}"),
            "list_workouts",
            &["{\"limit\": 5}"],
        )
    };
    (0..CALLS).fold(begin(), call).end("tool_use")
}

/// One call whose input has many objects.
pub fn many_keys() -> Vec<u8> {
    let mut input = String::from("{\"limit\": 5");
    for key in 0..KEYS {
        let _ = write!(input, ",\"{}{key}\":{{\"a\":1}}", "ab".repeat(20));
    }
    input.push('}');
    begin()
        .call("toolu_########_0", "list_workouts", &[&input])
        .end("tool_use")
}

/// A reply of 4 MB.
pub fn huge() -> Vec<u8> {
    let piece = "long ".repeat(PIECE_BYTES / 5);
    let pieces = std::iter::repeat_n(piece.as_str(), HUGE_BYTES / PIECE_BYTES);
    begin().text(pieces).end("end_turn")
}

fn begin() -> Reply {
    Reply::begin(&usage())
}

fn usage() -> Value {
    json!({"input_tokens": 25, "output_tokens": 1})
}
