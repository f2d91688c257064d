//! Repairs a history: drops blank texts, tool calls without a result, and results without a call.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet, hash_map::Entry},
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
    // Before pairing: blank messages do not separate a call from its result, and some clients send each call and each
    // result in a message of its own.
    let mut messages = join(messages);
    // Nor do messages of thinking alone.
    drop_last_thinking(&mut messages);
    let mut messages = join(messages);
    pair(&mut messages);
    // Dropping a call can cause it again.
    drop_last_thinking(&mut messages);
    if messages.last().is_none_or(|it| it.content.is_empty()) {
        let why = "holds only results of tool calls that the message before does not make";
        return Err(Invalid::new(why).in_item(last));
    }
    let dropped = received - count_blocks(&messages);
    let mut messages = join(messages);
    if messages
        .first()
        .is_some_and(|it| it.role == Role::Assistant)
    {
        let (role, content) = (Role::User, vec![Block::own_text(CUT_OFF)]);
        messages.insert(0, Message { role, content });
    }
    Ok((messages, dropped))
}

/// "The final block in an assistant turn cannot be thinking".
fn drop_last_thinking(messages: &mut [Message<'_>]) {
    for message in messages.iter_mut().filter(|it| it.role == Role::Assistant) {
        while message.content.last().is_some_and(Block::is_thinking) {
            message.content.pop();
        }
    }
}

fn count_blocks(messages: &[Message<'_>]) -> usize {
    messages.iter().map(|message| message.content.len()).sum()
}

/// Keeps the calls that the next message answers, and one result of each. Results are moved to the front, in the
/// order of the calls, as Claude requires. No two neighbours have one role.
fn pair(messages: &mut [Message<'_>]) {
    if let Some(first) = messages.first_mut() {
        take_results(first);
    }
    let mut seen = HashSet::new();
    for at in 0..messages.len() {
        if messages[at].role == Role::User {
            continue;
        }
        let (before, after) = messages.split_at_mut(at + 1);
        let mut results = after.first_mut().map(take_results).unwrap_or_default();
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
        if let Some(next) = after.first_mut() {
            next.content.splice(0..0, paired);
        }
    }
}

/// Removes all results from a message, and returns one for each call: the first, or the first that does not wait for the user.
fn take_results<'a>(message: &mut Message<'a>) -> HashMap<Cow<'a, str>, Block<'a>> {
    let mut results = HashMap::new();
    let is_result = |block: &Block<'_>| matches!(block, Block::ToolResult { .. });
    if !message.content.iter().any(is_result) {
        return results;
    }
    for block in std::mem::take(&mut message.content) {
        match &block {
            Block::ToolResult { tool_use_id, .. } => match results.entry(tool_use_id.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(block);
                }
                Entry::Occupied(mut entry) if entry.get().is_waiting() => {
                    entry.insert(block);
                }
                Entry::Occupied(_) => {}
            },
            _ => message.content.push(block),
        }
    }
    results
}

/// Drops empty messages and joins adjacent ones of one role: Claude does so itself, compatible servers require it.
fn join(messages: Vec<Message<'_>>) -> Vec<Message<'_>> {
    let mut joined: Vec<Message<'_>> = Vec::with_capacity(messages.len() + 1);
    for message in messages.into_iter().filter(|it| !it.content.is_empty()) {
        match joined.last_mut() {
            Some(last) if last.role == message.role => last.content.extend(message.content),
            _ => joined.push(message),
        }
    }
    joined
}
