//! Calls and results that clients split over several messages.

use serde_json::{Value, json};

use super::{forwarded, text};

fn call(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "x", "input": {}})
}

fn result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": text("done")})
}

fn message(role: &str, content: &[Value]) -> Value {
    json!({"role": role, "content": content})
}

fn words(words: &str) -> Value {
    text(words)[0].clone()
}

#[test]
fn results_of_parallel_calls_in_separate_messages_are_kept() {
    let messages = json!([
        message("user", &[words("log both")]),
        message("assistant", &[call("a"), call("b"), call("c")]),
        message("user", &[result("b")]),
        message("user", &[words(" ")]),
        message("assistant", &[]),
        message("user", &[result("a")]),
        message("user", &[words("and?"), result("c")]),
    ]);
    assert_eq!(
        forwarded(&messages),
        json!([
            message("user", &[words("log both")]),
            message("assistant", &[call("a"), call("b"), call("c")]),
            message(
                "user",
                &[result("a"), result("b"), result("c"), words("and?")]
            ),
        ])
    );
}

#[test]
fn calls_split_over_assistant_messages_are_kept() {
    let messages = json!([
        message("user", &[words("log both")]),
        message("assistant", &[words("First"), call("a")]),
        message("assistant", &[words("Second"), call("b")]),
        message("assistant", &[words("Now.")]),
        message("user", &[result("a")]),
        message("user", &[result("b")]),
    ]);
    let calls = [
        words("First"),
        call("a"),
        words("Second"),
        call("b"),
        words("Now."),
    ];
    assert_eq!(
        forwarded(&messages),
        json!([
            message("user", &[words("log both")]),
            message("assistant", &calls),
            message("user", &[result("a"), result("b")]),
        ])
    );
}

#[test]
fn a_result_after_the_next_reply_does_not_count() {
    let messages = json!([
        message("user", &[words("log it")]),
        message("assistant", &[call("a")]),
        message("user", &[words("hello?")]),
        message("assistant", &[words("Yes?")]),
        message("user", &[result("a"), words("done?")]),
    ]);
    assert_eq!(
        forwarded(&messages),
        json!([
            message("user", &[words("log it"), words("hello?")]),
            message("assistant", &[words("Yes?")]),
            message("user", &[words("done?")]),
        ])
    );
}

#[test]
fn thinking_alone_does_not_separate_results() {
    let thinking = || json!({"type": "thinking", "thinking": "", "signature": "c2ln"});
    let redacted = json!({"type": "redacted_thinking", "data": "x"});
    let messages = json!([
        message("user", &[words("log both")]),
        message("assistant", &[thinking(), call("a"), call("b")]),
        message("user", &[result("a")]),
        message("assistant", &[thinking(), redacted]),
        message("assistant", &[thinking()]),
        message("user", &[result("b")]),
        message("assistant", &[thinking()]),
        message("assistant", &[call("c")]),
        message("user", &[result("c")]),
    ]);
    assert_eq!(
        forwarded(&messages),
        json!([
            message("user", &[words("log both")]),
            message("assistant", &[thinking(), call("a"), call("b")]),
            message("user", &[result("a"), result("b")]),
            message("assistant", &[thinking(), call("c")]),
            message("user", &[result("c")]),
        ])
    );
}
