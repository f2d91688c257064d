//! The step after a complete reply, and the part of it that is kept.

use crate::agent::{
    claude::{Block, Reply},
    toolbox::Next,
};

/// The stop reason of a reply that Claude refuses.
pub(super) const REFUSAL: &str = "refusal";
/// The stop reason of a turn that ends because calls wait for the user.
pub(super) const APPROVAL_REQUIRED: &str = "approval_required";
/// Said when Claude says nothing.
const REFUSED: &str = "I can't help with that. Please ask something else.";

/// Decides what follows a reply, which has `any_calls` that could run. If they do not run, they are removed from it. A last
/// reply gets the stop reason of the turn.
pub(super) fn settle(reply: &mut Reply, may_use_tools: bool, any_calls: bool) -> Next {
    if may_use_tools && reply.stop_reason == "tool_use" && any_calls {
        return Next::Calls;
    }
    let blocks = reply.blocks.len();
    let is_call = |block: &Block| matches!(block, Block::ToolUse { .. });
    reply.blocks.retain(|(_, block)| !is_call(block));
    if may_use_tools && reply.stop_reason == "pause_turn" {
        return Next::Continue;
    }
    let calls_more = reply.blocks.len() < blocks;
    if !may_use_tools && calls_more && reply.stop_reason != REFUSAL {
        "max_tool_rounds".clone_into(&mut reply.stop_reason);
    }
    if reply.stop_reason.is_empty() {
        "unknown".clone_into(&mut reply.stop_reason);
    }
    Next::End
}

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
