//! Replies that Claude refuses.

use crate::agent::claude::{Block, Reply};

/// The stop reason of a reply that Claude refuses.
pub(super) const REFUSAL: &str = "refusal";
/// Said when Claude says nothing.
const REFUSED: &str = "I can't help with that. Please ask something else.";

/// Adds a sentence to a refusal that says nothing, and returns it.
pub(super) fn explain(reply: &mut Reply) -> Option<String> {
    let is_text = |(_, block): &(u64, Block)| match block {
        Block::Text { .. } => true,
        Block::Opaque(block) => block["type"] == "text",
        _ => false,
    };
    if reply.stop_reason != REFUSAL || reply.blocks.iter().any(is_text) {
        return None;
    }
    let index = reply.blocks.last().map_or(0, |(index, _)| index + 1);
    reply.blocks.push((index, Block::text(REFUSED)));
    Some(REFUSED.to_owned())
}
