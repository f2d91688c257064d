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

fn waiting(id: &str) -> Value {
    let content = text("not run: waits for the user's confirmation");
    json!({"type": "tool_result", "tool_use_id": id, "content": content})
}

#[test]
fn of_two_results_the_first_counts_unless_it_waits() {
    let mut second = result("a");
    second["content"] = text("done again");
    let mut failed = waiting("b");
    failed["is_error"] = true.into();
    let messages = json!([
        message("user", &[words("log it")]),
        message("assistant", &[call("a"), call("b"), call("c"), call("d")]),
        message(
            "user",
            &[waiting("a"), failed.clone(), waiting("c"), waiting("d")]
        ),
        message(
            "user",
            &[waiting("d"), result("a"), second, result("b"), words("go")]
        ),
    ]);
    assert_eq!(
        forwarded(&messages)[2],
        message(
            "user",
            &[result("a"), failed, waiting("c"), waiting("d"), words("go")]
        )
    );
}

#[test]
fn the_calls_of_the_last_message_wait_or_are_answered() {
    let with_user = json!({"type": "tool_use", "id": "b", "name": "y", "input": {"z": 60.0, "user_id": "eve", "a": [1]}});
    let as_text = json!({"type": "tool_result", "tool_use_id": "b", "content": "not run: waits for the user\u{27}s confirmation"});
    let earlier = [
        message("user", &[words("log it")]),
        message("assistant", &[call("z")]),
        message("user", &[waiting("z"), words("not now")]),
        message(
            "assistant",
            &[words("Well?"), call("a"), with_user, call("c")],
        ),
    ];
    let last_calls = |last: &[Value]| {
        let messages = json!([&earlier[..], last].concat()).to_string();
        let raw = serde_json::value::RawValue::from_string(messages).unwrap();
        let parsed = crate::agent::history::parse_with_last_calls(&raw, &bytes::Bytes::new());
        parsed.unwrap().last_calls
    };
    let calls = last_calls(&[
        message("user", &[result("c"), as_text]),
        message("user", &[waiting("a"), words("so?")]),
    ]);
    let waiting_calls = calls.waiting.iter();
    let shown = waiting_calls.map(|it| (&*it.id, &*it.name, &*it.input, it.values));
    let expected = [("a", "x", "{}", 1), ("b", "y", r#"{"z":60.0,"a":[1]}"#, 4)];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    assert_eq!(calls.answered, ["c"]);
    let calls = last_calls(&[message("user", &[words("never mind")])]);
    assert_eq!(calls, crate::agent::approvals::LastCalls::default());
}
