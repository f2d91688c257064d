//! Builds a message from the events of a streaming reply.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    BlockEnd, Progress, Reply, Usage,
    event::{Event, FastDelta},
    halves::Halves,
    open_block::{OpenBlock, string_field},
};
use crate::agent::claude::{Block, ClaudeError};

/// Builds a message. Unknown events, deltas and blocks change nothing.
#[derive(Default)]
pub(super) struct Builder {
    /// In the order in which they started.
    blocks: Vec<OpenBlock>,
    /// Positions in `blocks` by the server's index, which a server may use twice.
    positions: HashMap<u64, u64>,
    /// The block that the last event has ended.
    ended: Option<BlockEnd>,
    stop_reason: String,
    stop_details: Option<Value>,
    model: Option<String>,
    id: Option<String>,
    usage: Usage,
}

impl Builder {
    /// Adds one event, given its data.
    pub(super) fn on_event(&mut self, event: &[u8]) -> Result<Option<Progress>, ClaudeError> {
        if let Some(delta) = FastDelta::parse(event) {
            return Ok(self.on_fast_delta(delta));
        }
        // Lossy: invalid UTF-8 from a server damages a word, not the whole reply.
        let event = String::from_utf8_lossy(event);
        match Event::parse(&event) {
            Some(event) => self.on_any(event),
            // The message would silently lack a piece.
            None if event.trim_start().starts_with('{') => Err(ClaudeError::Incomplete),
            None => Ok(None),
        }
    }

    /// The block that the last event has ended, after its progress.
    pub(super) fn take_ended(&mut self) -> Option<BlockEnd> {
        self.ended.take()
    }

    fn on_fast_delta(&mut self, delta: FastDelta<'_>) -> Option<Progress> {
        let position = *self.positions.get(&delta.index)?;
        let open = self.block(position)?;
        if let Some(json) = delta.piece.partial_json {
            let json = open.complete(Halves::default(), json);
            open.partial_json.push_str(&json);
            return None;
        }
        let text = open.complete(Halves::default(), delta.piece.text.unwrap_or_default());
        open.push_text(&text);
        text_progress(text)
    }

    fn on_any(&mut self, event: Event) -> Result<Option<Progress>, ClaudeError> {
        let Event {
            tree: mut event,
            halves,
        } = event;
        let index = event["index"].as_u64().unwrap_or_default();
        if event["type"] == "content_block_start" {
            self.positions.insert(index, self.blocks.len() as u64);
        }
        let position = self.positions.get(&index).copied();
        let Some(position) = position.or((!event["index"].is_number()).then_some(index)) else {
            return Ok(None);
        };
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => {
                self.model = event["message"]["model"].as_str().map(str::to_owned);
                self.id = event["message"]["id"].as_str().map(str::to_owned);
                self.usage.update(&event["message"]["usage"]);
                Ok(Some(Progress::Usage(self.usage)))
            }
            "content_block_start" => Ok(self.on_start(position, event["content_block"].take())),
            "content_block_delta" => Ok(self.on_delta(position, event["delta"].take(), halves)),
            "content_block_stop" => Ok(self.on_stop(position)),
            "message_delta" => {
                if let Some(reason) = event["delta"]["stop_reason"].as_str() {
                    reason.clone_into(&mut self.stop_reason);
                }
                let details = event["delta"]["stop_details"].take();
                self.stop_details = Some(details)
                    .filter(|it| !it.is_null())
                    .or(self.stop_details.take());
                self.usage.update(&event["usage"]);
                Ok(Some(Progress::Usage(self.usage)))
            }
            "message_stop" => Ok(Some(Progress::End(self.finish()))),
            "error" => Err(ClaudeError::from_event(&event)),
            _ => Ok(None),
        }
    }

    fn on_start(&mut self, index: u64, block: Value) -> Option<Progress> {
        let progress = match block["type"].as_str() {
            Some("tool_use") => Some(Progress::ToolStart {
                index,
                id: string_field(&block, "id"),
                name: string_field(&block, "name"),
            }),
            Some("text") => text_progress(string_field(&block, "text")),
            Some("thinking") => thinking_progress(string_field(&block, "thinking")),
            _ => None,
        };
        // Most replies have one block.
        self.blocks.reserve_exact(1);
        self.blocks.push(OpenBlock::new(block));
        progress
    }

    fn block(&mut self, position: u64) -> Option<&mut OpenBlock> {
        self.blocks.get_mut(usize::try_from(position).ok()?)
    }

    fn on_delta(&mut self, position: u64, mut delta: Value, halves: Halves) -> Option<Progress> {
        let open = self.block(position)?;
        let mut field = |name: &str| open.complete(halves, string_field(&delta, name));
        match delta["type"].as_str()? {
            "text_delta" => {
                let text = field("text");
                open.push_text(&text);
                return text_progress(text);
            }
            "input_json_delta" => {
                let json = field("partial_json");
                open.partial_json.push_str(&json);
            }
            "thinking_delta" => {
                let thinking = field("thinking");
                open.text.push_str(&thinking);
                return thinking_progress(thinking);
            }
            "signature_delta" => open.signature.push_str(&string_field(&delta, "signature")),
            "citations_delta" => {
                let block = open.block.as_object_mut()?;
                let citations = block.entry("citations").or_insert_with(|| json!([]));
                if citations.is_null() {
                    *citations = json!([]);
                }
                let citation = delta["citation"].take();
                citations.as_array_mut()?.push(citation);
            }
            _ => {}
        }
        None
    }

    fn on_stop(&mut self, index: u64) -> Option<Progress> {
        let open = self.block(index)?;
        let rest = open.rest();
        let is_first = !std::mem::replace(&mut open.is_complete, true);
        if open.block["type"] != "tool_use" {
            open.text.push_str(rest);
            let progress = match open.block["type"].as_str()? {
                "text" => text_progress(rest.to_owned()),
                "thinking" => thinking_progress(rest.to_owned()),
                _ => None,
            };
            self.ended = open.end().filter(|_| is_first);
            return progress;
        }
        open.partial_json.push_str(rest);
        if !is_first {
            return None;
        }
        let input_json = open.take_input_json();
        Some(Progress::ToolInput { index, input_json })
    }

    /// The texts and tool calls so far.
    pub(super) fn into_partial(self) -> impl Iterator<Item = (u64, Block)> {
        let block = |open: OpenBlock| match open.block["type"].as_str()? {
            "text" => Some(Block::Text { text: open.text }),
            "tool_use" => open.into_block(),
            _ => None,
        };
        (0..)
            .zip(self.blocks)
            .filter_map(move |(index, open)| Some((index, block(open)?)))
    }

    fn finish(&mut self) -> Reply {
        let blocks = (0..).zip(std::mem::take(&mut self.blocks));
        let blocks = blocks.filter_map(|(index, open)| Some((index, open.into_block()?)));
        Reply {
            blocks: blocks.filter(|(_, block)| !block.is_blank_text()).collect(),
            stop_reason: std::mem::take(&mut self.stop_reason),
            stop_details: self.stop_details.take(),
            model: self.model.take(),
            id: self.id.take(),
        }
    }
}

fn thinking_progress(thinking: String) -> Option<Progress> {
    (!thinking.is_empty()).then_some(Progress::Thinking(thinking))
}

fn text_progress(text: String) -> Option<Progress> {
    (!text.is_empty()).then_some(Progress::Text(text))
}
