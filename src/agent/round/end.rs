//! What a round leaves behind.

use super::Round;
use crate::agent::claude::{Block, Reply};

impl Round {
    /// The complete message, and the results of its calls.
    pub(in crate::agent) fn finished(self) -> (Reply, Vec<Block>) {
        let results = if self.calls.any() {
            self.calls.results("the turn was over")
        } else {
            vec![]
        };
        (self.reply.unwrap_or_default(), results)
    }

    /// The message and its results, if the round ended after tools had begun. A message that Claude itself did not finish
    /// counts only when it was cut off by us (`cut`), and then if any call in it was complete: as far as it was written.
    pub(in crate::agent) fn interrupted(mut self, cut: bool) -> Option<(Vec<Block>, Vec<Block>)> {
        let complete = cut && self.calls.any_complete();
        if !self.calls.any_begun() && !complete {
            return None;
        }
        let asked = match self.reply.take() {
            Some(reply) => reply.blocks.into_iter().map(|(_, block)| block).collect(),
            None if cut => self.written(),
            None => return None,
        };
        Some((
            asked,
            self.calls
                .results("the turn was cut off before the tool answered"),
        ))
    }

    /// The message as far as it was written, with those of its calls that are complete.
    fn written(&mut self) -> Vec<Block> {
        self.calls.only_complete();
        let written = self.reading.take().map(|reading| reading.written());
        let block = |(index, mut block): (u64, Block)| {
            let is_call = matches!(block, Block::ToolUse { .. });
            self.calls.write(index, &mut block);
            let left_out = block.is_blank_text() || is_call && self.calls.get(index).is_none();
            (!left_out).then_some(block)
        };
        written.into_iter().flatten().filter_map(block).collect()
    }
}
