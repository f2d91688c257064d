//! Malformed requests are answered or refused, never a panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ask, replied, request};

#[test]
fn malformed_conversations_are_answered() {
    for messages in [
        json!([{"role": "user", "content": " "}]),
        json!([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "nobody"}]}]),
        json!([{"role": "user", "content": [{"type": "surprise", "text": 7}, {}]}]),
        json!([{"role": "user", "content": "hi"}, {"role": "user", "content": [{"type": "text", "text": 5}]}]),
        json!([{"role": "user", "content": "show workouts"}, {"role": "assistant", "content": [{"type": "tool_use"}]},
               {"role": "user", "content": [{"type": "tool_result"}]}]),
        json!([{"role": "user", "content": "log bench ".repeat(100_000)}]),
        json!([{"role": "user", "content": "9".repeat(3000)}]),
        json!([{"role": "user", "content": format!("log bench {}x5 at 185 lb", "9".repeat(500))}]),
        json!([{"role": "user", "content": format!("log bench 3x5 at {} lb", "9".repeat(500))}]),
    ] {
        let mut request = request(&messages);
        request["system"] = json!({"odd": true});
        let reply = replied(&request);
        assert!(!reply.text.is_empty() || !reply.calls.is_empty());
    }
}

/// Words that the rules know, beside any others.
fn words() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "log",
        "bench",
        "3x5",
        "at",
        "185",
        "lb",
        "kg",
        ",",
        "and",
        "@",
        "yesterday",
        "on",
        "tuesday",
        "5",
        "x",
        "/",
        "rpe",
        "8",
        "create",
        "plan",
        "4-day",
        "upper/lower",
        "progress",
        "months",
        "chest",
        "volume",
        "é",
        "🏋",
        "-",
        ".",
        "12,5",
        "2026-13-77",
        "sets",
        "of",
        "for",
        "reps",
        "bodyweight",
        "pull-ups",
        "with",
        "in",
        "weeks",
        "99999999999999999999",
        "\n",
        "don't",
        "1,000",
    ]);
    let word = prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(word, 0..20).prop_map(|words| words.join(" "))
}

fn blocks() -> impl Strategy<Value = Value> {
    let block = (words(), 0..6, any::<bool>()).prop_map(|(text, kind, is_error)| match kind {
        0 => json!({"type": "text", "text": text}),
        1 => json!({"type": "tool_use", "id": "a", "name": "list_plans", "input": {"x": text}}),
        2 => json!({"type": "tool_result", "tool_use_id": "a", "content": text, "is_error": is_error}),
        3 => json!({"type": "image"}),
        4 => json!({"type": "tool_use", "id": "b", "name": text, "input": text}),
        _ => json!({"type": text}),
    });
    prop_oneof![
        prop::collection::vec(block, 1..5).prop_map(Value::from),
        words()
            .prop_filter("not empty", |text| !text.is_empty())
            .prop_map(Value::from)
    ]
}

proptest! {
    #[test]
    fn any_conversation_is_answered(contents in prop::collection::vec((blocks(), any::<bool>()), 1..6)) {
        let last = contents.len() - 1;
        let messages = contents.iter().enumerate().map(|(at, (content, user))| {
            json!({"role": if *user || at == last { "user" } else { "assistant" }, "content": content})
        });
        let reply = replied(&request(&messages.collect()));
        prop_assert!(!reply.text.is_empty() || !reply.calls.is_empty());
    }

    #[test]
    fn user_text_adds_no_figure_to_an_answer(text in words()) {
        let reply = replied(&ask(&text));
        prop_assert!(!reply.text.contains(|c: char| c.is_ascii_digit()), "{}", reply.text);
    }
}
