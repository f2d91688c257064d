//! The messages that a turn adds to the client's history.

use serde_json::Value;

use crate::agent::{
    claude::{Block, ContentBlock, Message, is_opaque_type},
    tools::StrippedInput,
};

/// An assistant message as `/chat` accepts it: without blocks that it refuses, and not ending in thinking.
pub fn history_message(content: Vec<Block>) -> Option<Message> {
    let known = |block| match block {
        Block::Opaque(block) if block["type"] == "text" => block["text"].as_str().map(Block::text),
        block => Some(block).filter(is_kept),
    };
    let mut content: Vec<Block> = content.into_iter().filter_map(known).collect();
    while content.last().is_some_and(Block::is_thinking) {
        content.pop();
    }
    (!content.is_empty()).then(|| Message::assistant(content))
}

/// False for a block that [`history_message`] leaves out.
pub(super) fn is_kept(block: &Block) -> bool {
    !matches!(block, Block::Opaque(block) if !is_accepted(block))
}

/// False for an unknown block that a history may not hold: for its type, or beyond the limits of an input.
fn is_accepted(block: &Value) -> bool {
    block["type"].as_str().is_some_and(is_opaque_type)
        && StrippedInput::parse(&block.to_string()).is_ok()
}
