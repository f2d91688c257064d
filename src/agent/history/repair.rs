//! Leaves out what Claude would refuse as left over: blank text, calls and results without their other half.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::{Block, Message};
use crate::{agent::claude::Role, agent::json::Text};

/// Claude accepts a conversation that begins with the assistant; compatible servers do not.
const CUT: &str = "[The beginning of this conversation is not shown.]";

/// What is left, and how much is not; `None` when nothing is left of the last message.
pub(super) fn repair(messages: Vec<Message<'_>>) -> Option<(Vec<Message<'_>>, usize)> {
    let blocks = |messages: &[Message<'_>]| {
        messages
            .iter()
            .map(|message| message.content.len())
            .sum::<usize>()
    };
    let empty = |message: &&Message<'_>| message.content.is_empty();
    let sent = blocks(&messages) + messages.iter().filter(empty).count();
    let mut kept: Vec<Message<'_>> = messages
        .into_iter()
        .map(|mut message| {
            message.content.retain(|block| !block.is_blank_text());
            message
        })
        .collect();
    let last = kept.len() - 1;
    // Blank messages go before pairing, so that one of them between a call and its result parts nobody; the last
    // message's place is remembered to see whether it survives.
    let mut at = 0;
    kept.retain(|message| {
        at += 1;
        !message.content.is_empty() || at - 1 == last
    });
    pair(&mut kept);
    for message in kept
        .iter_mut()
        .filter(|message| message.role == Role::Assistant)
    {
        // "The final block in an assistant turn cannot be thinking": left behind by a call that was dropped.
        while message.content.last().is_some_and(Block::is_thinking) {
            message.content.pop();
        }
    }
    if kept.last()?.content.is_empty() {
        return None;
    }
    let dropped = sent - blocks(&kept);
    Some((merged(kept), dropped))
}

/// Keeps exactly the calls that the next message answers, and of the results the first for each such call, in the
/// order of the calls and before everything else, as Claude wants them.
fn pair(messages: &mut [Message<'_>]) {
    let mut seen = HashSet::new();
    for at in 0..messages.len() {
        if messages[at].role == Role::User {
            // Results were taken up together with the calls of the message before; without one they are orphans.
            if at == 0 || messages[at - 1].role == Role::User {
                take_results(&mut messages[at]);
            }
            continue;
        }
        let (before, rest) = messages.split_at_mut(at + 1);
        let message = &mut before[at];
        let mut answers = match rest.first_mut() {
            Some(next) if next.role == Role::User => take_results(next),
            _ => HashMap::new(),
        };
        let mut results = Vec::new();
        message.content.retain(|block| {
            let Block::ToolUse { id, .. } = block else {
                return true;
            };
            let answer = if seen.contains(id) {
                None
            } else {
                answers.remove(id)
            };
            let Some(answer) = answer else { return false };
            seen.insert(id.clone());
            results.push(answer);
            true
        });
        if let Some(next) = rest.first_mut().filter(|_| !results.is_empty()) {
            next.content.splice(0..0, results);
        }
    }
}

/// Takes all results out of a message; the first for each call counts.
fn take_results<'a>(message: &mut Message<'a>) -> HashMap<Cow<'a, str>, Block<'a>> {
    let mut results = HashMap::new();
    let is_result = |block: &Block<'_>| matches!(block, Block::ToolResult { .. });
    if !message.content.iter().any(is_result) {
        return results;
    }
    let blocks = std::mem::take(&mut message.content);
    message.content.reserve_exact(blocks.len());
    for block in blocks {
        match &block {
            Block::ToolResult { tool_use_id, .. } => {
                results.entry(tool_use_id.clone()).or_insert(block);
            }
            _ => message.content.push(block),
        }
    }
    results
}

/// Joins neighbours of one role, as Claude does itself and as compatible servers demand.
fn merged(messages: Vec<Message<'_>>) -> Vec<Message<'_>> {
    let mut out: Vec<Message<'_>> = Vec::with_capacity(messages.len() + 1);
    for message in messages
        .into_iter()
        .filter(|message| !message.content.is_empty())
    {
        match out.last_mut() {
            Some(last) if last.role == message.role => last.content.extend(message.content),
            None if message.role == Role::Assistant => {
                out.push(Message {
                    role: Role::User,
                    content: vec![Block::Text {
                        text: Text::Ours(CUT),
                    }],
                });
                out.push(message);
            }
            _ => out.push(message),
        }
    }
    out
}
