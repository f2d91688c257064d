//! The tool calls that a stream has shown: which are answered, and which are not part of the history in the end.

use crate::agent::{
    Done, Failed,
    claude::{Block, Message},
};

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

    /// The ids of calls that have been shown, and that the messages of a finished turn do not hold.
    pub(super) fn left_out_of(&self, done: &Done) -> Vec<String> {
        self.left_out(&done.messages)
    }

    /// The same for a failed turn.
    pub(super) fn left_out_of_failed(&self, failed: &Failed) -> Vec<String> {
        self.left_out(&failed.messages)
    }

    fn left_out(&self, messages: &[Message]) -> Vec<String> {
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
