//! A reply as the Messages API writes it: as server-sent events, or as one message.

use std::{convert::Infallible, fmt::Write, time::Duration};

use futures_util::Stream;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{MODEL, turn::Reply};

/// A piece of text is about so long, and ends where a word does.
const PIECE_CHARS: usize = 24;

/// A reply with its ids. Nothing is counted: all usage is zero.
pub(super) struct Message {
    id: String,
    text: String,
    calls: Vec<(String, &'static str, Value)>,
}

impl From<Reply> for Message {
    fn from(reply: Reply) -> Self {
        let calls = reply.calls.into_iter();
        Self {
            id: id("msg"),
            text: reply.text,
            calls: calls
                .map(|call| (id("toolu"), call.tool.as_str(), call.input))
                .collect(),
        }
    }
}

pub(super) fn id(kind: &str) -> String {
    format!("{kind}_{}", Uuid::now_v7().simple())
}

impl Message {
    fn stop_reason(&self) -> &'static str {
        if self.calls.is_empty() {
            "end_turn"
        } else {
            "tool_use"
        }
    }

    fn shell(&self) -> Value {
        json!({"id": self.id, "type": "message", "role": "assistant", "model": MODEL, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 0, "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0, "output_tokens": 0}})
    }

    /// For a client that does not stream.
    pub(super) fn whole(self) -> Value {
        let mut message = self.shell();
        message["stop_reason"] = self.stop_reason().into();
        let text = (!self.text.is_empty()).then(|| json!({"type": "text", "text": self.text}));
        let calls = self.calls.into_iter();
        let calls = calls.map(
            |(id, name, input)| json!({"type": "tool_use", "id": id, "name": name, "input": input}),
        );
        message["content"] = text.into_iter().chain(calls).collect();
        message
    }

    fn events(&self) -> Vec<Value> {
        let mut events = vec![json!({"type": "message_start", "message": self.shell()})];
        let mut block = |start: Value, deltas: Vec<Value>| {
            let index = events
                .iter()
                .filter(|event| event["type"] == "content_block_stop")
                .count();
            events.push(
                json!({"type": "content_block_start", "index": index, "content_block": start}),
            );
            let deltas = deltas.into_iter();
            events.extend(deltas.map(
                |delta| json!({"type": "content_block_delta", "index": index, "delta": delta}),
            ));
            events.push(json!({"type": "content_block_stop", "index": index}));
        };
        if !self.text.is_empty() {
            let deltas = pieces(&self.text).into_iter();
            let deltas = deltas.map(|text| json!({"type": "text_delta", "text": text}));
            block(json!({"type": "text", "text": ""}), deltas.collect());
        }
        for (id, name, input) in &self.calls {
            let deltas = [String::new(), input.to_string()];
            let deltas =
                deltas.map(|json| json!({"type": "input_json_delta", "partial_json": json}));
            block(
                json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
                deltas.to_vec(),
            );
        }
        events.push(
            json!({"type": "message_delta", "usage": {"output_tokens": 0},
            "delta": {"stop_reason": self.stop_reason(), "stop_sequence": null}}),
        );
        events.push(json!({"type": "message_stop"}));
        events
    }

    /// The events, with a pause after each piece of text.
    pub(super) fn stream(
        self,
        pace: Duration,
    ) -> impl Stream<Item = Result<String, Infallible>> + Send + 'static {
        async_stream::stream! {
            for event in self.events() {
                let is_text = event["delta"]["type"] == "text_delta";
                yield Ok(frame(&event));
                if is_text && !pace.is_zero() {
                    tokio::time::sleep(pace).await;
                }
            }
        }
    }
}

fn frame(event: &Value) -> String {
    let mut frame = String::new();
    let kind = event["type"].as_str().unwrap_or_default();
    let _ = write!(frame, "event: {kind}\ndata: {event}\n\n");
    frame
}

/// The text in pieces of a few words.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut chars) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        chars += 1;
        if chars >= PIECE_CHARS && c.is_whitespace() {
            let end = at + c.len_utf8();
            pieces.push(&text[start..end]);
            (start, chars) = (end, 0);
        }
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_pieces_of_a_text_are_the_text(text in any::<String>()) {
            prop_assert_eq!(pieces(&text).concat(), text);
        }
    }

    #[test]
    fn texts_come_a_few_words_at_a_time() {
        let text = "I am the offline stand-in: a handful of rules, not Claude.";
        assert_eq!(
            pieces(text),
            [
                "I am the offline stand-in: ",
                "a handful of rules, not ",
                "Claude."
            ]
        );
    }
}
