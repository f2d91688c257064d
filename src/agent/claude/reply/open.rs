//! One block while it is written.

use serde_json::{Map, Value};

use crate::agent::claude::Block;

/// A block as it started, and what its deltas brought.
pub(super) struct Open {
    pub(super) block: Value,
    pub(super) text: String,
    pub(super) json: String,
    pub(super) signature: String,
    pub(super) input: Option<Map<String, Value>>,
}

impl Open {
    /// Grows by a quarter, not to the double: it lies there for as long as the reply is written.
    pub(super) fn write(&mut self, text: &str) {
        if self.text.capacity() - self.text.len() < text.len() {
            let more = text.len().max(self.text.len() / 4).max(256);
            self.text.reserve_exact(more);
        }
        self.text.push_str(text);
    }

    /// No JSON at all is how Claude writes `{}`; compatible servers send the whole input with the block's start.
    pub(super) fn parsed_input(&self) -> Result<Map<String, Value>, String> {
        if self.json.trim().is_empty() {
            return Ok(self.block["input"].as_object().cloned().unwrap_or_default());
        }
        serde_json::from_str(&self.json).map_err(|_| self.json.clone())
    }

    /// The block in input format.
    pub(super) fn close(mut self) -> Option<Block> {
        let text_of =
            |block: &Value, name: &str| block[name].as_str().unwrap_or_default().to_owned();
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
                data: text_of(&self.block, "data"),
            },
            "tool_use" => Block::ToolUse {
                id: text_of(&self.block, "id"),
                name: text_of(&self.block, "name"),
                input: self.input.take().unwrap_or_default(),
            },
            _ => {
                if let (false, Ok(input)) = (self.json.is_empty(), self.parsed_input()) {
                    self.block["input"] = input.into();
                }
                Block::Opaque(self.block)
            }
        })
    }
}
