//! Whatever was cut from a conversation, Claude accepts what is left.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    claude::{Block, Message, Role},
    history::parse,
};

/// What Claude refuses about the shape of a conversation.
fn claude_accepts(messages: &[Message]) -> Result<(), String> {
    let ids = |message: &Message| -> Vec<String> {
        message
            .content
            .iter()
            .filter_map(|b| {
                if let Block::ToolUse { id, .. } = b {
                    Some(id.clone())
                } else {
                    None
                }
            })
            .collect()
    };
    let results = |message: &Message| -> Vec<String> {
        message
            .content
            .iter()
            .take_while(|b| matches!(b, Block::ToolResult { .. }))
            .filter_map(|b| {
                if let Block::ToolResult { tool_use_id, .. } = b {
                    Some(tool_use_id.clone())
                } else {
                    None
                }
            })
            .collect()
    };
    let mut seen = std::collections::HashSet::new();
    for (at, message) in messages.iter().enumerate() {
        let expected = if at % 2 == 0 {
            Role::User
        } else {
            Role::Assistant
        };
        if message.role != expected {
            return Err(format!("message {at}: roles do not alternate"));
        }
        if message.content.is_empty() || message.content.iter().any(Block::is_blank_text) {
            return Err(format!("message {at}: blank"));
        }
        if message.role == Role::Assistant && message.content.last().is_some_and(Block::is_thinking)
        {
            return Err(format!("message {at}: ends in thinking"));
        }
        let all = message
            .content
            .iter()
            .filter(|b| matches!(b, Block::ToolResult { .. }))
            .count();
        let asked = if at == 0 {
            vec![]
        } else {
            ids(&messages[at - 1])
        };
        if results(message) != asked || all != asked.len() {
            return Err(format!("message {at}: results do not answer {asked:?}"));
        }
        if !ids(message).into_iter().all(|id| seen.insert(id)) {
            return Err(format!("message {at}: an id is used twice"));
        }
    }
    match messages.last() {
        Some(last) if last.role == Role::User => Ok(()),
        _ => Err("does not end with the user".into()),
    }
}

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
    fn whatever_was_cut_claude_accepts_what_is_left(mut messages in prop::collection::vec(any_message(), 0..8)) {
        messages.push(json!({"role": "user", "content": "and now?"}));
        let history = parse(Value::Array(messages)).unwrap();
        prop_assert_eq!(claude_accepts(&history.messages), Ok(()));
        let text = serde_json::to_string(&history.messages).unwrap();
        prop_assert!(!text.contains("user_id"));
    }

    #[test]
    fn any_json_is_either_accepted_or_refused_with_a_place(messages in prop::collection::vec(any_message(), 1..6)) {
        if let Ok(history) = parse(Value::Array(messages)) {
            prop_assert_eq!(claude_accepts(&history.messages), Ok(()));
        }
    }
}
