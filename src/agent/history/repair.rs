//! Repairs a history: drops blank texts, tool calls without a result, and results without a call.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::{Block, Invalid, Message};
use crate::agent::claude::{ContentBlock, Role};

/// Claude accepts a conversation that begins with the assistant; compatible servers do not.
const CUT_OFF: &str = "[The beginning of this conversation is not shown.]";

/// The repaired messages and the number of blocks dropped.
///
/// # Errors
/// Nothing is left of the last message.
pub(super) fn repair(mut messages: Vec<Message<'_>>) -> Result<(Vec<Message<'_>>, usize), Invalid> {
    let last = messages.len() - 1;
    let empty = messages.iter().filter(|it| it.content.is_empty()).count();
    let received = count_blocks(&messages) + empty;
    for message in &mut messages {
        message.content.retain(|block| !block.is_blank_text());
    }
    // Blank messages are dropped before pairing, so that none separates a call from its result. The last message stays:
    // pairing may empty it, which is an error.
    let mut at = 0;
    messages.retain(|message| {
        at += 1;
        !message.content.is_empty() || at - 1 == last
    });
    pair(&mut messages);
    for message in messages.iter_mut().filter(|it| it.role == Role::Assistant) {
        // "The final block in an assistant turn cannot be thinking", which dropping a call can cause.
        while message.content.last().is_some_and(Block::is_thinking) {
            message.content.pop();
        }
    }
    if messages.last().is_none_or(|it| it.content.is_empty()) {
        let why = "holds only results of tool calls that the message before does not make";
        return Err(Invalid::new(why).in_item(last));
    }
    let dropped = received - count_blocks(&messages);
    Ok((merge(messages), dropped))
}

fn count_blocks(messages: &[Message<'_>]) -> usize {
    messages.iter().map(|message| message.content.len()).sum()
}

/// Keeps the calls that the next message answers, and the first result of each. Results are moved to the front, in the
/// order of the calls, as Claude requires.
fn pair(messages: &mut [Message<'_>]) {
    let mut seen = HashSet::new();
    for at in 0..messages.len() {
        if messages[at].role == Role::User {
            // After an assistant message, the results have been paired with its calls.
            if at == 0 || messages[at - 1].role == Role::User {
                take_results(&mut messages[at]);
            }
            continue;
        }
        let (before, after) = messages.split_at_mut(at + 1);
        let mut next = after.first_mut().filter(|next| next.role == Role::User);
        let mut results = next.as_deref_mut().map(take_results).unwrap_or_default();
        let mut paired = Vec::new();
        before[at].content.retain(|block| {
            let Block::ToolUse { id, .. } = block else {
                return true;
            };
            if seen.contains(id) {
                return false;
            }
            let Some(result) = results.remove(id) else {
                return false;
            };
            seen.insert(id.clone());
            paired.push(result);
            true
        });
        if let Some(next) = next {
            next.content.splice(0..0, paired);
        }
    }
}

/// Removes all results from a message, and returns the first one for each call.
fn take_results<'a>(message: &mut Message<'a>) -> HashMap<Cow<'a, str>, Block<'a>> {
    let mut results = HashMap::new();
    let is_result = |block: &Block<'_>| matches!(block, Block::ToolResult { .. });
    if !message.content.iter().any(is_result) {
        return results;
    }
    for block in std::mem::take(&mut message.content) {
        match &block {
            Block::ToolResult { tool_use_id, .. } => {
                results.entry(tool_use_id.clone()).or_insert(block);
            }
            _ => message.content.push(block),
        }
    }
    results
}

/// Joins adjacent messages of one role: Claude does so itself, compatible servers require it.
fn merge(messages: Vec<Message<'_>>) -> Vec<Message<'_>> {
    let mut merged: Vec<Message<'_>> = Vec::with_capacity(messages.len() + 1);
    for message in messages.into_iter().filter(|it| !it.content.is_empty()) {
        match merged.last_mut() {
            Some(last) if last.role == message.role => last.content.extend(message.content),
            None if message.role == Role::Assistant => {
                merged.push(Message {
                    role: Role::User,
                    content: vec![Block::own_text(CUT_OFF)],
                });
                merged.push(message);
            }
            _ => merged.push(message),
        }
    }
    merged
}
