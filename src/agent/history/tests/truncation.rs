//! Property tests: Claude accepts every truncated conversation after repair.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::parse;
use crate::agent::history::fuzz::accepted;

fn any_block(role: &'static str) -> impl Strategy<Value = Value> {
    let id = prop::sample::select(vec!["t1", "t2", "t3"]);
    (0..5u8, id, prop::sample::select(vec!["", " ", "words"])).prop_map(move |(kind, id, text)| match (kind, role) {
        (0, "assistant") => json!({"type": "tool_use", "id": id, "name": "x", "input": {"user_id": "eve"}}),
        (0, _) => json!({"type": "tool_result", "tool_use_id": id, "content": text, "is_error": text.is_empty()}),
        (1, "assistant") => json!({"type": "tool_use", "id": id, "name": "x", "input": {}}),
        (1, _) => json!({"type": "tool_result", "tool_use_id": id}),
        (2, "assistant") => json!({"type": "thinking", "thinking": text, "signature": "s"}),
        _ => json!({"type": "text", "text": text}),
    })
}

fn any_message() -> impl Strategy<Value = Value> {
    prop::sample::select(vec!["user", "assistant"]).prop_flat_map(|role| {
        prop::collection::vec(any_block(role), 0..4)
            .prop_map(move |content| json!({"role": role, "content": content}))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_truncated_history_is_repaired_to_one_that_claude_accepts(mut messages in prop::collection::vec(any_message(), 0..8)) {
        messages.push(json!({"role": "user", "content": "and now?"}));
        let left = parse(&messages.into()).unwrap().conversation.messages();
        prop_assert_eq!(accepted(&left), Ok(()));
        prop_assert!(!left.to_string().contains("user_id"));
    }

    #[test]
    fn accepted_histories_follow_claudes_rules(messages in prop::collection::vec(any_message(), 1..6)) {
        if let Ok(history) = parse(&messages.into()) {
            prop_assert_eq!(accepted(&history.conversation.messages()), Ok(()));
        }
    }
}
