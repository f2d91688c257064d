//! The position of a run, from its stored entries: the conversation, the step, and the calls that have no result. Pure.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::workspace::WorkspaceTool;
use crate::{
    agent::{
        claude::{Block, Message},
        history_message,
    },
    runs::model::{Entry, EntryKind, Reply},
};

/// Stop reasons after which no further step is begun: the next reply would be the same, or none.
const LAST_STOPS: [&str; 3] = [
    "refusal",
    "max_tool_rounds",
    "model_context_window_exceeded",
];

/// A reply as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeptReply {
    pub(super) next: Next,
    pub(super) stop_reason: String,
    /// As they stand in the conversation.
    pub(super) blocks: Vec<Block>,
}

/// What follows a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Next {
    /// The results of its calls.
    Calls,
    /// Its continuation.
    Continue,
    /// The next step, or the end.
    End,
}

/// What is stored does not fit together: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("the stored replies of the run cannot be read")]
pub(super) struct Damaged;

/// A call of the last reply.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeptCall {
    pub(super) id: String,
    pub(super) name: String,
    /// JSON.
    pub(super) input: String,
    /// `None`: it has no result.
    pub(super) result: Option<Block>,
}

/// The end of a step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StepEnd {
    pub(super) text: String,
    pub(super) stop_reason: String,
}

/// Where a run stands.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Position {
    /// The step to be worked on, from 0; the number of steps if there is none.
    pub(super) step: usize,
    /// The conversation, without the results of `calls`.
    pub(super) messages: Vec<Message>,
    /// The calls of the last reply, if any has no result. The conversation goes on with the results of all of them.
    pub(super) calls: Vec<KeptCall>,
    /// The calls before those, in their order, that have changed files of the workspace.
    pub(super) done_calls: Vec<KeptCall>,
    /// Replies so far.
    pub(super) rounds: u32,
    /// How the last step has ended.
    pub(super) ended: Option<StepEnd>,
}

impl Position {
    /// Of a run that has no reply. `prompts`: the first message of each step.
    pub(super) fn first(prompts: &[String]) -> Self {
        let mut position = Self::default();
        position.ask(prompts);
        position
    }

    pub(super) fn new(
        prompts: &[String],
        replies: &[Reply],
        entries: Vec<Entry>,
    ) -> Result<Self, Damaged> {
        let mut results = results(entries)?;
        let mut position = Self::first(prompts);
        for reply in replies {
            let is_expected = position.calls.is_empty()
                && position.step < prompts.len()
                && usize::try_from(reply.step).is_ok_and(|step| step == position.step);
            let kept = serde_json::from_str(&reply.message);
            let kept = kept.ok().filter(|_| is_expected).ok_or(Damaged)?;
            position.add(kept, &mut results, prompts);
        }
        Ok(position)
    }

    /// True if Claude has called a tool of the connection.
    pub(super) fn has_called(&self, connection: &str) -> bool {
        let mut blocks = self.messages.iter().flat_map(|message| &message.content);
        blocks.any(|block| match block {
            Block::ToolUse { name, .. } => name
                .split_once("__")
                .is_some_and(|(server, _)| server == connection),
            _ => false,
        })
    }

    fn ask(&mut self, prompts: &[String]) {
        let prompt = prompts.get(self.step);
        let message = prompt.map(|prompt| Message::user(vec![Block::text(prompt)]));
        self.messages.extend(message);
    }

    fn add(&mut self, reply: KeptReply, results: &mut HashMap<String, Block>, prompts: &[String]) {
        self.rounds += 1;
        match reply.next {
            Next::Calls => {
                let calls = calls(&reply.blocks, results);
                self.messages.push(Message::assistant(reply.blocks));
                self.add_calls(calls);
            }
            Next::Continue if reply.blocks.is_empty() => {}
            Next::Continue => self.messages.push(Message::assistant(reply.blocks)),
            Next::End => {
                let end = StepEnd::new(&reply.blocks, reply.stop_reason);
                self.step = if end.is_last() {
                    prompts.len()
                } else {
                    self.step + 1
                };
                self.ended = Some(end);
                self.messages.extend(history_message(reply.blocks));
                self.ask(prompts);
            }
        }
    }

    /// Adds the calls of a reply, with their results if all are there.
    pub(super) fn add_calls(&mut self, calls: Vec<KeptCall>) {
        let results: Option<Vec<Block>> = calls.iter().map(|call| call.result.clone()).collect();
        match results {
            Some(results) => {
                self.messages.push(Message::user(results));
                let done = calls.into_iter();
                self.done_calls.extend(done.filter(KeptCall::has_written));
            }
            None => self.calls = calls,
        }
    }
}

impl KeptCall {
    /// True if it has changed files of the workspace.
    pub(super) fn has_written(&self) -> bool {
        let tool = WorkspaceTool::from_name(&self.name);
        let is_error = |block: &Block| matches!(block, Block::ToolResult { is_error: true, .. });
        tool.is_some_and(WorkspaceTool::changes_files)
            && self.result.as_ref().is_some_and(|block| !is_error(block))
    }
}

impl StepEnd {
    /// From the last reply of the step.
    pub(super) fn new(blocks: &[Block], stop_reason: String) -> Self {
        let texts = blocks.iter().filter_map(|block| match block {
            Block::Text { text } => Some(&**text),
            Block::Opaque(block) if block["type"] == "text" => block["text"].as_str(),
            _ => None,
        });
        Self {
            text: texts.collect(),
            stop_reason,
        }
    }

    /// True if no further step may follow.
    pub(super) fn is_last(&self) -> bool {
        LAST_STOPS.contains(&&*self.stop_reason)
    }
}

/// The tool results of a journal, by the ids of their calls.
fn results(entries: Vec<Entry>) -> Result<HashMap<String, Block>, Damaged> {
    let mut results = HashMap::new();
    for entry in entries {
        let EntryKind::ToolResult {
            id,
            is_error,
            content,
            ..
        } = entry.kind
        else {
            continue;
        };
        let content = serde_json::from_value(content).map_err(|_| Damaged)?;
        let block = Block::ToolResult {
            tool_use_id: id.clone(),
            content,
            is_error,
        };
        results.insert(id, block);
    }
    Ok(results)
}

fn calls(blocks: &[Block], results: &mut HashMap<String, Block>) -> Vec<KeptCall> {
    let calls = blocks.iter().filter_map(|block| match block {
        Block::ToolUse { id, name, input } => Some((id, name, input)),
        _ => None,
    });
    let kept = calls.map(|(id, name, input)| KeptCall {
        id: id.clone(),
        name: name.clone(),
        input: serde_json::to_string(input).unwrap_or_default(),
        result: results.remove(id),
    });
    kept.collect()
}

#[cfg(test)]
mod tests;
