//! The tool calls that a stream has shown: which of them are answered, and which the history does not hold in the end.

use crate::agent::claude::{Block, Message};

/// The result that is shown of a call that the history does not hold.
pub(super) const NOT_RUN: &str = "not run: the reply ended before it was complete";

#[derive(Default)]
pub(super) struct Calls {
    /// Of the round.
    started: Vec<String>,
    /// Of all rounds.
    answered: Vec<String>,
}

impl Calls {
    pub(super) fn begin_round(&mut self) {
        self.started.clear();
    }

    pub(super) fn start(&mut self, id: &str) {
        self.started.push(id.to_owned());
    }

    pub(super) fn answer(&mut self, id: &str) {
        self.answered.push(id.to_owned());
    }

    pub(super) fn is_answered(&self, id: &str) -> bool {
        self.answered.iter().any(|answered| answered == id)
    }

    /// The ids of the calls of the round that have been shown, and that the messages of the turn do not hold.
    pub(super) fn left_out(&self, messages: &[Message]) -> Vec<String> {
        let is_kept = |id: &&String| !results(messages).any(|(kept, ..)| kept == **id);
        self.started.iter().filter(is_kept).cloned().collect()
    }

    /// The results in these messages that have not been shown: id, content, and whether it is an error.
    pub(super) fn unanswered_in<'a>(
        &'a self,
        messages: &'a [Message],
    ) -> impl Iterator<Item = (&'a str, &'a [Block], bool)> {
        results(messages).filter(|(id, ..)| !self.is_answered(id))
    }
}

fn results(messages: &[Message]) -> impl Iterator<Item = (&str, &[Block], bool)> {
    let blocks = messages.iter().flat_map(|message| &message.content);
    blocks.filter_map(|block| match block {
        Block::ToolResult {
            tool_use_id,
            content,
            is_error,
        } => Some((&**tool_use_id, &content[..], *is_error)),
        _ => None,
    })
}
