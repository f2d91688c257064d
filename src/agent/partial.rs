//! A message as far as it was written.

use serde_json::{Map, Value};

use super::calls::Calls;
use crate::claude::Block;

#[derive(Default)]
pub(super) struct Partial {
    parts: Vec<Part>,
    /// What Claude wrote as the input of each call, identity removed.
    inputs: Vec<(u64, Map<String, Value>)>,
}

enum Part {
    Text(String),
    /// The tool call of this block.
    Call(u64),
}

impl Partial {
    pub(super) fn text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Text(written)) => written.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    /// A call begins, in this block.
    pub(super) fn call(&mut self, index: u64) {
        self.parts.push(Part::Call(index));
    }

    /// The complete input of a call, without identity.
    pub(super) fn input(&mut self, index: u64, input: Map<String, Value>) {
        self.inputs.push((index, input));
    }

    /// That of the call in this block; nothing if it was not complete.
    pub(super) fn take_input(&mut self, index: u64) -> Map<String, Value> {
        let written = self.inputs.iter_mut().find(|(at, _)| *at == index);
        written
            .map(|(_, input)| std::mem::take(input))
            .unwrap_or_default()
    }

    /// Its blocks: texts that are not blank, and those of the calls that are among `calls`.
    pub(super) fn into_blocks(mut self, calls: &Calls) -> Vec<Block> {
        let parts = std::mem::take(&mut self.parts);
        let block = |part| match part {
            Part::Text(text) => Some(Block::Text { text }).filter(|block| !block.is_blank_text()),
            Part::Call(index) => calls.get(index).map(|call| Block::ToolUse {
                id: call.id.clone(),
                name: call.name.clone(),
                input: self.take_input(index),
            }),
        };
        parts.into_iter().filter_map(block).collect()
    }
}
