//! Makes the messages of `/chat` of the messages of a thread: the messages of a round are one message of Claude, and one with the
//! results of its calls.

use std::borrow::Cow;

use super::message::{Call, Kind, Message};
use crate::agent::{
    claude::Role,
    http::{
        chat::messages::{Messages, Place},
        faces::messages::{Block, Text, Translation},
    },
    json::JsonStr,
};

/// `length` is that of the messages as JSON. `is_resumed`: the calls of the last round that have no result wait for the user's
/// answers. Returns whether any call of that round waits.
pub(super) fn translate(
    messages: Vec<Message<'_>>,
    length: usize,
    is_resumed: bool,
) -> serde_json::Result<(Messages<'static>, bool)> {
    let mut translation = Translation::default();
    let mut round = Round::default();
    let mut any_waits = false;
    let is_reply = |it: &Message<'_>| matches!(it.kind, Kind::Hidden(_) | Kind::Assistant { .. });
    let last_reply = messages.iter().rposition(is_reply);
    for (at, message) in messages.into_iter().enumerate() {
        let place = Place::message(at);
        let is_resumed = is_resumed && Some(at) == last_reply;
        match message.kind {
            Kind::Ignored => {}
            Kind::User(blocks, is_list) => {
                let waits = std::mem::take(&mut round).write(&mut translation);
                any_waits = waits.unwrap_or(any_waits);
                translation.begin(Role::User, place);
                for (at, block) in blocks.into_iter().enumerate() {
                    let place = if is_list {
                        place.item("content", at)
                    } else {
                        place
                    };
                    translation.push(place, block);
                }
            }
            Kind::Result {
                id,
                content,
                is_error,
            } => {
                let result = Block::ToolResult {
                    tool_use_id: id,
                    content,
                    is_error,
                };
                round.results.push((id.unescape(), place, result));
            }
            Kind::Hidden(block) => {
                round.begin(message.round, is_resumed, &mut translation);
                round.items.push((place, Item::Block(block)));
            }
            Kind::Assistant { text, calls } => {
                round.begin(message.round, is_resumed, &mut translation);
                round
                    .items
                    .extend(text.map(|text| (place, Item::Block(text))));
                let calls = calls.into_iter().enumerate();
                let calls = calls.map(|(at, call)| (place.item("toolCalls", at), Item::Call(call)));
                round.items.extend(calls);
            }
        }
    }
    let waits = round.write(&mut translation);
    let messages = translation.finish(length)?;
    Ok((messages, waits.unwrap_or(any_waits)))
}

/// A reply of Claude, and the results of its calls.
#[derive(Default)]
struct Round<'a> {
    /// See [`Message::round`].
    key: Option<String>,
    /// Calls without a result wait.
    is_resumed: bool,
    items: Vec<(Place, Item<'a>)>,
    results: Vec<(Cow<'a, str>, Place, Block<'a>)>,
}

enum Item<'a> {
    Block(Block<'a>),
    Call(Call<'a>),
}

impl<'a> Round<'a> {
    /// Begins a message of the round `key`: another round, if this one has results already. A result of an early call comes before
    /// the rest of its reply.
    fn begin(&mut self, key: Option<String>, is_resumed: bool, to: &mut Translation<'a>) {
        if !self.results.is_empty() && (key.is_none() || key != self.key) {
            std::mem::take(self).write(to);
        }
        self.key = key;
        self.is_resumed = is_resumed;
    }

    /// Returns whether any of its calls waits; `None` for an empty round.
    fn write(self, to: &mut Translation<'a>) -> Option<bool> {
        let (first, mut given) = (self.items.first()?.0, self.results);
        let (mut results, mut any_waits) = (Vec::new(), false);
        to.begin(Role::Assistant, first);
        for (place, item) in self.items {
            let call = match item {
                Item::Block(block) => {
                    to.push(place, block);
                    continue;
                }
                Item::Call(call) if call.left_out => continue,
                Item::Call(call) => call,
            };
            let before = results.len();
            let id = call.id.unescape();
            results.extend(
                given
                    .extract_if(.., |(of, ..)| *of == id)
                    .map(|(_, place, it)| (place, it)),
            );
            if results.len() == before {
                if !self.is_resumed && !call.waits {
                    continue;
                }
                any_waits = true;
                results.push((place, Block::waiting(call.id)));
            }
            to.push(place, tool_use(call.id, call.name, call.input));
        }
        if !results.is_empty() {
            to.begin(Role::User, first);
        }
        for (place, result) in results {
            to.push(place, result);
        }
        Some(any_waits)
    }
}

fn tool_use<'a>(
    id: JsonStr<'a>,
    name: JsonStr<'a>,
    input: Cow<'a, serde_json::value::RawValue>,
) -> Block<'a> {
    let name = Text::Received(name);
    Block::ToolUse { id, name, input }
}
