//! What a client sent -> what Claude accepts. Pure.
//!
//! Frontends post their own message objects: with extra keys, blank bubbles, and history cut anywhere. What is wrong
//! inside a block is the client's fault and named ([`Invalid`]); what is merely left over is dropped, and counted.

mod blocks;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod place;
mod repair;

use std::{collections::HashSet, fmt};

use serde::Serialize;

use crate::{
    agent::claude::{Conversation, Role},
    agent::json::{Node, Text},
};
use blocks::Block;
use place::Place;

/// Claude's own limit on messages in a request.
const MAX_MESSAGES: usize = 100_000;

const MESSAGES: Place<'static> = Place::of("messages");

/// Not a chat request: where, and why. Holds no text of the user's.
#[derive(Debug, PartialEq, thiserror::Error)]
pub struct Invalid {
    place: String,
    why: String,
}

impl Invalid {
    pub fn new(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            why: why.into(),
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

/// A conversation that Claude accepts: it ends with a user message that is not blank, every tool call is answered in
/// the next message, ids are unique, and nothing is empty. Only [`parse`] makes one.
#[derive(Debug)]
pub struct History {
    pub conversation: Conversation,
    /// Of all its tool calls.
    pub ids: HashSet<String>,
    /// Blocks left out because they were blank, or a tool call or result without its other half; and messages that had none.
    pub dropped: usize,
}

/// What is forwarded of a client's message.
#[derive(Debug, Serialize)]
struct Message<'a> {
    role: Role,
    content: Vec<Block<'a>>,
}

/// Checks and repairs the `messages` of a request of `size` bytes.
pub fn parse(messages: &Node<'_>, size: usize) -> Result<History, Invalid> {
    let Node::List(messages) = messages else {
        return Err(Invalid::new("messages", "must be a list of messages"));
    };
    if messages.is_empty() || messages.len() > MAX_MESSAGES {
        return Err(Invalid::new(
            "messages",
            format!("must hold 1 to {MAX_MESSAGES} messages"),
        ));
    }
    let last = messages.len() - 1;
    let parsed = messages
        .iter()
        .enumerate()
        .map(|(at, value)| message(at, value))
        .collect::<Result<Vec<_>, _>>()?;
    let place = MESSAGES.item(last);
    match parsed.last() {
        Some(message) if message.role != Role::User => {
            return Err(Invalid::new(place, "the last message must be the user's"));
        }
        Some(message) if message.content.iter().all(Block::is_blank_text) => {
            return Err(Invalid::new(place, "the last message must not be blank"));
        }
        _ => {}
    }
    let (kept, dropped) = repair::repair(parsed).ok_or_else(|| {
        Invalid::new(
            place,
            "holds only results of tool calls that the message before does not make",
        )
    })?;
    written(&kept, dropped, size).map_err(|_| Invalid::new("messages", "cannot be forwarded"))
}

fn message<'a>(at: usize, value: &Node<'a>) -> Result<Message<'a>, Invalid> {
    let place = MESSAGES.item(at);
    let Node::Object(message) = value else {
        return Err(Invalid::new(
            place,
            "must be an object with `role` and `content`",
        ));
    };
    let role = message.get("role").and_then(Text::of);
    let role = match role.map(Text::read).as_deref() {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => {
            return Err(Invalid::new(
                place.field("role"),
                "must be `user` or `assistant`",
            ));
        }
    };
    let content = blocks::content(&place.field("content"), role, message.get("content"))?;
    Ok(Message { role, content })
}

fn written(messages: &[Message<'_>], dropped: usize, size: usize) -> serde_json::Result<History> {
    let mut conversation = Conversation::default();
    let with_roles = messages.iter().map(|message| (message.role, message));
    conversation.extend(with_roles, size)?;
    let blocks = messages.iter().flat_map(|message| &message.content);
    let ids = blocks.filter_map(|block| match block {
        Block::ToolUse { id, .. } => Some(id.clone().into_owned()),
        _ => None,
    });
    Ok(History {
        ids: ids.collect(),
        conversation,
        dropped,
    })
}

#[cfg(test)]
mod tests;
