//! The tool calls of one message: begun as early as they may be, answered in the order asked.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use serde_json::{Map, Value};

use crate::{
    agent::claude::Block,
    agent::mcp::CallOutcome as Outcome,
    agent::tools::{ToolCall, accepted_name},
};

/// A call of Claude's, by the block it came in.
pub(super) struct Call {
    pub(super) index: u64,
    pub(super) id: String,
    /// As events and messages carry it.
    pub(super) name: String,
    /// As Claude wrote it.
    asked: String,
    /// What Claude wrote as its input, identity removed, once that is complete.
    input: Map<String, Value>,
    state: State,
}

enum State {
    /// Claude is still writing the input.
    Open,
    /// Ready to run, but not before the message is complete.
    Ready(Box<ToolCall>),
    /// Will not be sent, but is answered when its turn comes.
    Invalid(Outcome),
    Running,
    Over(Outcome),
}

#[derive(Default)]
pub(super) struct Calls {
    calls: Vec<Call>,
    running: FuturesUnordered<BoxFuture<'static, (usize, Outcome, Duration)>>,
}

/// A call that has got its answer.
pub(super) struct Answered {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_error: bool,
    pub(super) structured: Option<Value>,
    pub(super) took: Duration,
}

impl Calls {
    /// A call begins. `id` is unique and of a form Claude accepts; so is the name kept here.
    pub(super) fn open(&mut self, index: u64, id: String, name: &str) -> &Call {
        self.calls.push(Call {
            index,
            id,
            name: accepted_name(name),
            asked: name.to_owned(),
            input: Map::new(),
            state: State::Open,
        });
        &self.calls[self.calls.len() - 1]
    }

    pub(super) fn get(&self, index: u64) -> Option<&Call> {
        self.calls.iter().find(|call| call.index == index)
    }

    fn get_mut(&mut self, index: u64) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| call.index == index)
    }

    /// Writes the call as events and messages carry it into its block.
    pub(super) fn write(&mut self, index: u64, block: &mut Block) {
        if let (Block::ToolUse { id, name, input }, Some(call)) = (block, self.get_mut(index)) {
            call.id.clone_into(id);
            call.name.clone_into(name);
            *input = std::mem::take(&mut call.input);
        }
    }

    /// Its input is complete.
    pub(super) fn wrote(&mut self, index: u64, input: Map<String, Value>) {
        if let Some(call) = self.get_mut(index) {
            call.input = input;
        }
    }

    /// The tool's name as Claude wrote it: what looks it up.
    pub(super) fn asked(&self, index: u64) -> Option<String> {
        self.get(index).map(|call| call.asked.clone())
    }

    /// Whether any call has begun.
    pub(super) fn any_begun(&self) -> bool {
        self.calls
            .iter()
            .any(|call| matches!(call.state, State::Running | State::Over(_)))
    }

    /// Whether Claude has finished writing the input of any call.
    pub(super) fn any_complete(&self) -> bool {
        let complete = |call: &Call| !matches!(call.state, State::Open);
        self.calls.iter().any(complete)
    }

    /// Forgets the calls whose input never became complete.
    pub(super) fn only_complete(&mut self) {
        self.calls.retain(|call| !matches!(call.state, State::Open));
    }

    /// A call that will not be sent, since it is none.
    pub(super) fn invalid(&mut self, index: u64, why: String) {
        self.set(index, State::Invalid(Outcome::invalid(why)));
    }

    /// A call that waits for the message to be complete.
    pub(super) fn ready(&mut self, index: u64, call: ToolCall) {
        self.set(index, State::Ready(Box::new(call)));
    }

    fn set(&mut self, index: u64, state: State) {
        if let Some(call) = self.get_mut(index) {
            call.state = state;
        }
    }

    /// Begins the calls that are ready: the reads, or all of them. The rest of what is not ready by the message's end
    /// never will be.
    pub(super) fn begin<F>(&mut self, all: bool, begin: impl Fn(ToolCall) -> F)
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        for (at, call) in self.calls.iter_mut().enumerate() {
            match std::mem::replace(&mut call.state, State::Running) {
                State::Ready(ready) if all || ready.read_only() => {
                    let (began, answer) = (Instant::now(), begin(*ready));
                    self.running
                        .push(Box::pin(async move { (at, answer.await, began.elapsed()) }));
                }
                State::Open if all => {
                    let lost = Outcome::invalid(
                        "The input of this call is incomplete; call again.".into(),
                    );
                    self.running
                        .push(Box::pin(async move { (at, lost, Duration::ZERO) }));
                }
                State::Invalid(outcome) if all => {
                    call.state = State::Invalid(outcome.clone());
                    self.running
                        .push(Box::pin(async move { (at, outcome, Duration::ZERO) }));
                }
                state => call.state = state,
            }
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn any(&self) -> bool {
        !self.calls.is_empty()
    }

    /// The next answer, of whichever call; `None` when no call is running.
    pub(super) async fn next(&mut self) -> Option<Answered> {
        let (at, mut outcome, took) = self.running.next().await?;
        let call = &mut self.calls[at];
        let (is_error, structured) = (outcome.is_error, outcome.structured.take());
        call.state = State::Over(outcome);
        Some(Answered {
            id: call.id.clone(),
            name: call.name.clone(),
            is_error,
            structured,
            took,
        })
    }

    /// The results, in the order asked. For calls that have none: `cut` says what cut them off.
    pub(super) fn results(self, cut: &str) -> Vec<Block> {
        let result = |call: Call| {
            let outcome = match call.state {
                State::Over(outcome) | State::Invalid(outcome) => outcome,
                State::Running => Outcome::unknown(cut),
                State::Open | State::Ready(_) => Outcome::not_run(cut),
            };
            Block::ToolResult {
                tool_use_id: call.id,
                content: outcome.content,
                is_error: outcome.is_error,
            }
        };
        self.calls.into_iter().map(result).collect()
    }
}
