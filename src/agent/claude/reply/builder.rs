//! What the stream's events add up to.

use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Progress, Reply, Usage, open::Open};
use crate::agent::claude::{Block, ClaudeError};

/// What nearly all of a reply consists of, read without building a tree: a piece of text, or of a tool's input.
#[derive(Deserialize)]
struct Delta<'a> {
    index: u64,
    #[serde(borrow)]
    delta: Piece<'a>,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    text: Option<String>,
    partial_json: Option<String>,
}

impl<'a> Delta<'a> {
    /// `None` for whatever is not exactly as the API writes it; it may be good all the same.
    fn of(event: &'a [u8]) -> Option<Self> {
        if !event.starts_with(br#"{"type":"content_block_delta","#) {
            return None;
        }
        let delta: Self = serde_json::from_slice(event).ok()?;
        let piece = &delta.delta;
        match &*piece.r#type {
            "text_delta" => piece.partial_json.is_none(),
            "input_json_delta" => piece.text.is_none() && piece.partial_json.is_some(),
            _ => false,
        }
        .then_some(delta)
    }
}

/// Collects a message out of its events. Unknown events, deltas and blocks change nothing.
#[derive(Default)]
pub(super) struct Builder {
    /// By a number of our own, their place here: a server may use one index twice.
    blocks: Vec<Open>,
    numbers: HashMap<u64, u64>,
    stop_reason: String,
    model: Option<String>,
    usage: Usage,
}

impl Builder {
    /// Takes up the data of one event.
    pub(super) fn take(&mut self, event: &[u8]) -> Result<Option<Progress>, ClaudeError> {
        if let Some(delta) = Delta::of(event) {
            return Ok(self.grow(delta));
        }
        // Lossy: a server that cuts a character in half has written a broken word, no broken reply.
        let event = String::from_utf8_lossy(event);
        match serde_json::from_str(&event) {
            Ok(event) => self.take_any(event),
            // A piece of the message that cannot be read must not be missing from it unnoticed.
            Err(_) if event.trim_start().starts_with('{') => Err(ClaudeError::Incomplete),
            Err(_) => Ok(None),
        }
    }

    fn grow(&mut self, delta: Delta<'_>) -> Option<Progress> {
        let index = *self.numbers.get(&delta.index)?;
        let open = self.block(index)?;
        if let Some(json) = delta.delta.partial_json {
            open.json.push_str(&json);
            return None;
        }
        let text = delta.delta.text.unwrap_or_default();
        open.write(&text);
        (!text.is_empty()).then_some(Progress::Text(text))
    }

    fn take_any(&mut self, mut event: Value) -> Result<Option<Progress>, ClaudeError> {
        let named = event["index"].as_u64().unwrap_or_default();
        if event["type"] == "content_block_start" {
            self.numbers.insert(named, self.blocks.len() as u64);
        }
        let Some(index) = self
            .numbers
            .get(&named)
            .copied()
            .or((!event["index"].is_number()).then_some(named))
        else {
            return Ok(None);
        };
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => {
                self.model = event["message"]["model"].as_str().map(str::to_owned);
                self.usage.update(&event["message"]["usage"]);
                Ok(Some(Progress::Usage(self.usage)))
            }
            "content_block_start" => Ok(self.start(index, event["content_block"].take())),
            "content_block_delta" => Ok(self.delta(index, event["delta"].take())),
            "content_block_stop" => Ok(self.stop(index)),
            "message_delta" => {
                if let Some(reason) = event["delta"]["stop_reason"].as_str() {
                    reason.clone_into(&mut self.stop_reason);
                }
                self.usage.update(&event["usage"]);
                Ok(Some(Progress::Usage(self.usage)))
            }
            "message_stop" => Ok(Some(Progress::End(self.finish()))),
            "error" => Err(ClaudeError::from_event(&event)),
            _ => Ok(None),
        }
    }

    fn start(&mut self, index: u64, block: Value) -> Option<Progress> {
        let text_of = |name: &str| block[name].as_str().unwrap_or_default().to_owned();
        let progress = match block["type"].as_str() {
            Some("tool_use") => Some(Progress::ToolStart {
                index,
                id: text_of("id"),
                name: text_of("name"),
            }),
            Some("text") => Some(text_of("text"))
                .filter(|text| !text.is_empty())
                .map(Progress::Text),
            _ => None,
        };
        let (text, signature) = match block["type"].as_str() {
            Some("thinking") => (text_of("thinking"), text_of("signature")),
            _ => (text_of("text"), String::new()),
        };
        // There is seldom another.
        self.blocks.reserve_exact(1);
        self.blocks.push(Open {
            block,
            text,
            json: String::new(),
            signature,
            input: None,
        });
        progress
    }

    fn block(&mut self, index: u64) -> Option<&mut Open> {
        self.blocks.get_mut(usize::try_from(index).ok()?)
    }

    fn delta(&mut self, index: u64, delta: Value) -> Option<Progress> {
        let open = self.block(index)?;
        let Value::Object(mut delta) = delta else {
            return None;
        };
        let mut text_of = |name: &str| match delta.remove(name).unwrap_or_default() {
            Value::String(text) => text,
            _ => String::new(),
        };
        match text_of("type").as_str() {
            "text_delta" => {
                let text = text_of("text");
                open.text.push_str(&text);
                return Some(text)
                    .filter(|text| !text.is_empty())
                    .map(Progress::Text);
            }
            "input_json_delta" => open.json.push_str(&text_of("partial_json")),
            "thinking_delta" => open.text.push_str(&text_of("thinking")),
            "signature_delta" => open.signature.push_str(&text_of("signature")),
            "citations_delta" => {
                if let Value::Object(block) = &mut open.block {
                    let citations = block.entry("citations").or_insert_with(|| json!([]));
                    if citations.is_null() {
                        *citations = json!([]);
                    }
                    citations
                        .as_array_mut()?
                        .push(delta.remove("citation").unwrap_or_default());
                }
            }
            _ => {}
        }
        None
    }

    fn stop(&mut self, index: u64) -> Option<Progress> {
        let open = self.block(index)?;
        if open.block["type"] != "tool_use" || open.input.is_some() {
            return None;
        }
        let input = open.parsed_input();
        open.input = Some(input.clone().unwrap_or_default());
        Some(Progress::ToolReady { index, input })
    }

    /// The texts and the tool calls as far as they were written, the latter without input.
    pub(super) fn written(self) -> impl Iterator<Item = (u64, Block)> {
        let block = |open: Open| match open.block["type"].as_str()? {
            "text" => Some(Block::Text { text: open.text }),
            "tool_use" => open.close(),
            _ => None,
        };
        (0..)
            .zip(self.blocks)
            .filter_map(move |(at, open)| Some((at, block(open)?)))
    }

    fn finish(&mut self) -> Reply {
        let blocks = std::mem::take(&mut self.blocks)
            .into_iter()
            .zip(0..)
            .filter_map(|(open, at)| Some((at, open.close()?)));
        Reply {
            blocks: blocks.filter(|(_, block)| !block.is_blank_text()).collect(),
            stop_reason: std::mem::take(&mut self.stop_reason),
            model: self.model.take(),
        }
    }
}
