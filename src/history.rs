//! What a client sent -> what Claude accepts. Pure.
//!
//! Frontends post their own message objects: with extra keys, blank bubbles, and history cut anywhere. What is wrong
//! inside a block is the client's fault and named ([`Invalid`]); what is merely left over is dropped, and counted.

mod blocks;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod place;
mod repair;

use std::fmt;

use serde_json::Value;

use crate::claude::{Message, Role};
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
#[derive(Debug, PartialEq)]
pub struct History {
    pub messages: Vec<Message>,
    /// Blocks left out because they were blank, or a tool call or result without its other half; and messages that had none.
    pub dropped: usize,
}

/// Checks and repairs the `messages` of a request.
pub fn parse(messages: Value) -> Result<History, Invalid> {
    let Value::Array(messages) = messages else {
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
        .into_iter()
        .enumerate()
        .map(|(at, value)| message(at, value))
        .collect::<Result<Vec<_>, _>>()?;
    let place = MESSAGES.item(last);
    match parsed.last() {
        Some(message) if message.role != Role::User => {
            return Err(Invalid::new(place, "the last message must be the user's"));
        }
        Some(message)
            if message
                .content
                .iter()
                .all(crate::claude::Block::is_blank_text) =>
        {
            return Err(Invalid::new(place, "the last message must not be blank"));
        }
        _ => {}
    }
    repair::repair(parsed).ok_or_else(|| {
        Invalid::new(
            place,
            "holds only results of tool calls that the message before does not make",
        )
    })
}

fn message(at: usize, value: Value) -> Result<Message, Invalid> {
    let place = MESSAGES.item(at);
    let Value::Object(mut message) = value else {
        return Err(Invalid::new(
            place,
            "must be an object with `role` and `content`",
        ));
    };
    let role = match message.get("role").and_then(Value::as_str) {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => {
            return Err(Invalid::new(
                place.field("role"),
                "must be `user` or `assistant`",
            ));
        }
    };
    let content = blocks::content(&place.field("content"), role, message.remove("content"))?;
    Ok(Message { role, content })
}

#[cfg(test)]
mod tests;
