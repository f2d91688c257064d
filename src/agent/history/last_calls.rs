//! The calls that the last message of a repaired history answers.

use std::collections::HashMap;

use super::{Block, Message};
use crate::agent::{
    approvals::{LastCalls, WaitingCall},
    claude::ContentBlock,
};

pub(super) fn of(messages: &[Message<'_>]) -> LastCalls {
    let mut calls = LastCalls::default();
    let [.., asking, answering] = messages else {
        return calls;
    };
    let results = answering.content.iter().filter_map(|block| match block {
        Block::ToolResult { tool_use_id, .. } => Some((&**tool_use_id, block.is_waiting())),
        _ => None,
    });
    let results: HashMap<&str, bool> = results.collect();
    for block in &asking.content {
        let Block::ToolUse {
            id,
            name,
            input,
            values,
        } = block
        else {
            continue;
        };
        match results.get(&**id) {
            Some(true) => calls.waiting.push(WaitingCall {
                id: id.clone().into_owned(),
                name: name.clone().into_owned(),
                input: input.get().to_owned(),
                values: *values,
            }),
            Some(false) => calls.answered.push(id.clone().into_owned()),
            None => {}
        }
    }
    calls
}
