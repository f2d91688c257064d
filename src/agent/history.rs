//! Validates and repairs the conversation that a client sends, so that Claude accepts it. Pure.
//!
//! Frontends post their own message objects: with extra keys, blank messages, and history cut anywhere. An invalid block
//! is a 422 that names its place ([`Invalid`], which `json` builds). Blank blocks and tool calls or results without their
//! counterpart are dropped and counted.

mod blocks;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod last_calls;
mod repair;
mod transcript;

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    agent::{
        approvals::LastCalls,
        claude::{Conversation, Role},
        json::{JsonStr, Object, parse_list},
    },
    process::memory::json::MAX_VALUES,
};
use blocks::Block;

pub use crate::agent::json::Invalid;
pub use transcript::{Transcript, one_line, transcript};

/// Claude's limit for one request.
const MAX_IMAGES: usize = 600;

/// A conversation that Claude accepts: it ends with a user message that is not blank, every tool call is answered in
/// the next message, ids are unique, and nothing is empty. Only [`parse`] makes one.
#[derive(Debug)]
pub struct History {
    pub conversation: Conversation,
    /// The ids of all tool calls.
    pub ids: HashSet<String>,
    /// Of [`parse_with_last_calls`] alone.
    pub last_calls: LastCalls,
    /// Blank blocks, tool calls without result and the reverse, and messages without content.
    pub dropped: usize,
}

/// A message with the fields that Claude knows.
#[derive(Debug)]
struct Message<'a> {
    role: Role,
    content: Vec<Block<'a>>,
}

/// Validates and repairs the `messages` of the request `body`, whose long strings are shared, not copied.
///
/// # Errors
/// The first value that Claude would refuse.
pub fn parse(messages: &RawValue, body: &Bytes) -> Result<History, Invalid> {
    let parsed = parse_and_repair(messages).and_then(|(messages, dropped)| {
        serialize(messages, dropped, body).map_err(|_| Invalid::new("cannot be forwarded"))
    });
    parsed.map_err(|invalid| invalid.in_field("messages"))
}

/// As [`parse`], with the calls that the last message answers: the user has answered those that wait.
///
/// # Errors
/// As [`parse`].
pub fn parse_with_last_calls(messages: &RawValue, body: &Bytes) -> Result<History, Invalid> {
    let parsed = parse_and_repair(messages).and_then(|(messages, dropped)| {
        let last_calls = last_calls::of(&messages);
        let history = serialize(messages, dropped, body);
        let history = history.map_err(|_| Invalid::new("cannot be forwarded"))?;
        Ok(History {
            last_calls,
            ..history
        })
    });
    parsed.map_err(|invalid| invalid.in_field("messages"))
}

fn parse_and_repair(messages: &RawValue) -> Result<(Vec<Message<'_>>, usize), Invalid> {
    let parsed = parse_messages(messages).and_then(check_last);
    parsed.and_then(repair::repair)
}

fn parse_messages(messages: &RawValue) -> Result<Vec<Message<'_>>, Invalid> {
    let messages = parse_list(
        messages,
        "must be a list of messages",
        "must be an object with `role` and `content`",
        |message| parse_message(&message),
    )?;
    let blocks = messages.iter().flat_map(|message| &message.content);
    if blocks.clone().map(Block::images).sum::<usize>() > MAX_IMAGES {
        let why = format!("must not hold more than {MAX_IMAGES} images");
        return Err(Invalid::new(why));
    }
    let values = blocks.filter_map(|block| match block {
        Block::ToolUse { values, .. } => Some(*values),
        Block::Opaque(opaque) => Some(opaque.values),
        _ => None,
    });
    if values.sum::<usize>() > MAX_VALUES {
        let why = format!("must not hold tool inputs with more than {MAX_VALUES} values");
        return Err(Invalid::new(why));
    }
    if messages.is_empty() {
        return Err(Invalid::new("must hold at least one message"));
    }
    Ok(messages)
}

/// The last message must be the user's, and not blank.
fn check_last(messages: Vec<Message<'_>>) -> Result<Vec<Message<'_>>, Invalid> {
    let Some(last) = messages.last() else {
        return Ok(messages);
    };
    let why = if last.role != Role::User {
        "the last message must be the user's"
    } else if last.content.iter().all(Block::is_blank_text) {
        "the last message must not be blank"
    } else {
        return Ok(messages);
    };
    Err(Invalid::new(why).in_item(messages.len() - 1))
}

fn parse_message<'a>(message: &Object<'a>) -> Result<Message<'a>, Invalid> {
    let role = message.get("role").and_then(JsonStr::new);
    let role = match role.map(JsonStr::unescape).as_deref() {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => return Err(Invalid::new("must be `user` or `assistant`").in_field("role")),
    };
    let content = blocks::parse_content(role, message.get("content"));
    Ok(Message {
        role,
        content: content.map_err(|invalid| invalid.in_field("content"))?,
    })
}

/// Each message is dropped once it is serialized: mended images are not kept twice.
fn serialize(
    messages: Vec<Message<'_>>,
    dropped: usize,
    body: &Bytes,
) -> serde_json::Result<History> {
    let blocks = messages.iter().flat_map(|message| &message.content);
    let ids = blocks.filter_map(|block| match block {
        Block::ToolUse { id, .. } => Some(id.clone().into_owned()),
        _ => None,
    });
    let ids = ids.collect();
    let mut conversation = Conversation::default();
    let messages = messages.into_iter();
    conversation.extend(messages.map(|it| (it.role, it.content)), body)?;
    Ok(History {
        conversation,
        ids,
        last_calls: LastCalls::default(),
        dropped,
    })
}

#[cfg(test)]
mod tests;
