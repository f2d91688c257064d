//! The part of a failed round that is kept.

use super::Round;
use crate::agent::{claude::Block, turn::CUT_OFF};

impl Round<'_> {
    /// The blocks of the reply and the results of its calls, if the round failed after a tool call was run. If the turn was
    /// `cut_off` by the service, an incomplete reply counts too, with its complete tool calls.
    pub(in crate::agent::turn) fn into_partial(
        mut self,
        cut_off: bool,
    ) -> Option<(Vec<Block>, Vec<Block>)> {
        let any_run = self.calls.any_run();
        let blocks = match self.reply.take() {
            _ if !any_run && !cut_off => return None,
            Some(reply) => reply.blocks.into_iter().map(|(_, block)| block).collect(),
            None if cut_off && self.calls.retain_complete() => self.partial_reply(),
            None => return None,
        };
        Some((blocks, self.calls.into_results(CUT_OFF)))
    }

    /// The blocks so far, except incomplete tool calls.
    fn partial_reply(&mut self) -> Vec<Block> {
        let partial = self.stream.take().map(|stream| stream.into_partial());
        let fill = |(index, mut block)| {
            let is_known = self.calls.fill_block(index, &mut block, &self.turn.span);
            (is_known && !block.is_blank_text()).then_some(block)
        };
        partial.into_iter().flatten().filter_map(fill).collect()
    }
}
