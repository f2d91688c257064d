//! Validates that every `tool_use` has its `tool_result` at the start of the next user turn, and that there are no others.

use std::collections::HashSet;

use serde_json::Value;

use super::checks::{Check, ensure};

/// A turn: consecutive messages of one role, which the API reads as one.
struct Turn<'a> {
    user: bool,
    blocks: Vec<&'a Value>,
}

pub(super) fn check(messages: &[Value]) -> Check {
    let turns = turns(messages);
    let mut known = HashSet::new();
    let mut open: Vec<&str> = Vec::new();
    for turn in &turns {
        if turn.user {
            answered(&turn.blocks, &std::mem::take(&mut open))?;
        } else {
            open = ids(&turn.blocks, "tool_use", "id");
            for id in &open {
                ensure(known.insert(*id), || {
                    format!("messages: `tool_use` ids must be unique: {id}")
                })?;
            }
        }
    }
    unanswered(&open)
}

fn turns(messages: &[Value]) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for message in messages {
        let user = message["role"] == "user";
        let blocks = match &message["content"] {
            Value::Array(blocks) => blocks.iter().collect(),
            text => vec![text],
        };
        match turns.last_mut().filter(|turn| turn.user == user) {
            Some(turn) => turn.blocks.extend(blocks),
            None => turns.push(Turn { user, blocks }),
        }
    }
    turns
}

fn answered(blocks: &[&Value], open: &[&str]) -> Check {
    let results = ids(blocks, "tool_result", "tool_use_id");
    for id in &results {
        ensure(open.contains(id), || {
            format!("unexpected `tool_use_id` found in `tool_result` blocks: {id}")
        })?;
    }
    let once: HashSet<_> = results.iter().collect();
    ensure(once.len() == results.len(), || {
        "each tool_use must have a single result".into()
    })?;
    let first = ids(&blocks[..results.len()], "tool_result", "tool_use_id");
    ensure(first.len() == results.len(), || {
        "`tool_result` blocks must come first in their message".into()
    })?;
    let left: Vec<&str> = open
        .iter()
        .copied()
        .filter(|id| !results.contains(id))
        .collect();
    unanswered(&left)
}

fn unanswered(left: &[&str]) -> Check {
    let left = left.join(", ");
    ensure(left.is_empty(), || {
        format!("`tool_use` ids were found without `tool_result` blocks immediately after: {left}")
    })
}

fn ids<'a>(blocks: &[&'a Value], kind: &str, key: &str) -> Vec<&'a str> {
    blocks
        .iter()
        .filter(|block| block["type"] == kind)
        .filter_map(|block| block[key].as_str())
        .collect()
}
