//! A content block of a streaming reply that is still open.

use serde_json::{Map, Value};

use super::{BlockEnd, halves::Halves};
use crate::{agent::claude::Block, process::json::mend_str};

/// A block as it started, and its deltas so far.
#[derive(Default)]
pub(super) struct OpenBlock {
    pub(super) block: Value,
    pub(super) text: String,
    pub(super) partial_json: String,
    pub(super) signature: String,
    /// Half a surrogate pair that the last delta ends with.
    half: Option<u16>,
    /// A `content_block_stop` was received.
    pub(super) is_complete: bool,
}

impl OpenBlock {
    pub(super) fn new(block: Value) -> Self {
        let field = |name: &str| string_field(&block, name);
        let (text, signature) = match block["type"].as_str() {
            Some("thinking") => (field("thinking"), field("signature")),
            _ => (field("text"), String::new()),
        };
        Self {
            block,
            text,
            signature,
            ..Self::default()
        }
    }

    /// The text of a delta, with the emoji that it and the one before hold in halves.
    pub(super) fn complete(&mut self, halves: Halves, text: String) -> String {
        halves.complete(&mut self.half, text)
    }

    /// Stands for the half that no delta completes; mostly empty.
    pub(super) fn rest(&mut self) -> &'static str {
        self.half.take().map_or("", |_| "\u{fffd}")
    }

    /// Grows by a quarter instead of doubling: the text is held as long as the reply streams.
    pub(super) fn push_text(&mut self, text: &str) {
        if self.text.capacity() - self.text.len() < text.len() {
            let additional = text.len().max(self.text.len() / 4).max(256);
            self.text.reserve_exact(additional);
        }
        self.text.push_str(text);
    }

    /// The input of a tool call, which should be a JSON object. Claude may write `{}` as no JSON at all; compatible servers
    /// send the whole input when the block starts, as an object or as its text.
    pub(super) fn take_input_json(&mut self) -> String {
        let written = std::mem::take(&mut self.partial_json);
        match &self.block["input"] {
            _ if !written.trim().is_empty() => written,
            input @ Value::Object(_) => input.to_string(),
            Value::String(input) if !input.trim().is_empty() => input.clone(),
            _ => "{}".to_owned(),
        }
    }

    /// The block in input format. The input of a tool call is empty, since [`Self::take_input_json`] has reported it.
    pub(super) fn into_block(mut self) -> Option<Block> {
        Some(match self.block["type"].as_str()? {
            "text" if self.block["citations"].as_array().is_none_or(Vec::is_empty) => {
                Block::Text { text: self.text }
            }
            "text" => {
                self.block["text"] = self.text.into();
                Block::Opaque(self.block)
            }
            "thinking" => Block::Thinking {
                thinking: self.text,
                signature: self.signature,
            },
            "redacted_thinking" => Block::RedactedThinking {
                data: string_field(&self.block, "data"),
            },
            "tool_use" => Block::ToolUse {
                id: string_field(&self.block, "id"),
                name: string_field(&self.block, "name"),
                input: Map::new(),
            },
            _ => {
                self.complete_input();
                Block::Opaque(self.block)
            }
        })
    }

    /// What the complete block holds besides its text; `None` for a tool call.
    pub(super) fn end(&mut self) -> Option<BlockEnd> {
        Some(match self.block["type"].as_str()? {
            "text" => BlockEnd::Text,
            "thinking" => BlockEnd::Thinking {
                signature: self.signature.clone(),
            },
            "redacted_thinking" => BlockEnd::Hidden(Block::RedactedThinking {
                data: string_field(&self.block, "data"),
            }),
            "tool_use" => return None,
            _ => {
                self.complete_input();
                BlockEnd::Hidden(Block::Opaque(self.block.clone()))
            }
        })
    }

    /// Puts the input that was streamed into a block of an unknown type.
    fn complete_input(&mut self) {
        if let Ok(input @ Value::Object(_)) = serde_json::from_str(&mend_str(&self.partial_json)) {
            self.block["input"] = input;
        }
    }
}

/// Empty if there is no such field or it is not a string.
pub(super) fn string_field(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_default().to_owned()
}
