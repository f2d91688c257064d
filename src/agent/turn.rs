//! The tool loop of a turn. A round is one request to Claude and the tool calls of the reply; rounds repeat until Claude
//! calls no more tools.

mod recovery;
mod refusal;
mod round;
mod tool_calls;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    Agent, Done, Event, Failed, Failure, Ledger, TurnRequest,
    claude::{Block, ContentBlock, Message, Model, Reply, is_opaque_type},
    tools::{CallContext, Catalogue, StrippedInput, ToolCall},
};
use refusal::{REFUSAL, explain};
use round::Round;

/// A turn that is ready to run: its tools are known.
pub struct Turn {
    pub(super) agent: Arc<Agent>,
    /// The history in it grows with every round.
    pub(super) request: TurnRequest,
    pub(super) catalogue: Arc<Catalogue>,
    /// Rounds, tokens, and the messages that this turn adds to the client's history.
    pub(super) ledger: Ledger,
    pub(super) model: String,
    /// The model that is asked: the fallback model once it had to be.
    pub(super) asked: Arc<Model>,
    /// A `UUIDv7` of the agent's own: a client may reuse its request id.
    pub(super) id: String,
}

impl Turn {
    /// Runs the turn. The last event is [`Event::Done`] or [`Event::Error`], and there is exactly one of them.
    /// `streamed`: events reach the user as they happen, so a reply that was shown in part is not requested again.
    pub fn run(mut self, streamed: bool) -> impl Stream<Item = Event> + Send + 'static {
        async_stream::stream! {
            let cut_off = cut_off(self.request.deadline, self.agent.stopping.clone());
            futures_util::pin_mut!(cut_off);
            yield self.model_chosen();
            self.ledger.start_round();
            loop {
                let mut round = Round::new(&self, streamed);
                let result = loop {
                    let next = tokio::select! {
                        biased;
                        failure = cut_off.as_mut() => Err(failure),
                        next = round.next() => next,
                    };
                    match next {
                        Ok(Some(event)) => yield event,
                        Ok(None) => break Ok(()),
                        Err(failure) => break Err(failure),
                    }
                };
                if let Err(failure) = result {
                    let is_cut_off = matches!(failure, Failure::Timeout | Failure::ShuttingDown);
                    let can_repeat = round.can_repeat();
                    if let Some((blocks, results)) = round.into_partial(is_cut_off) {
                        self.record(blocks, results);
                    }
                    if can_repeat && self.forget_thinking(&failure) {
                        continue;
                    }
                    if can_repeat && self.fall_back(&failure) {
                        yield self.model_chosen();
                        continue;
                    }
                    return yield self.failed(&failure);
                }
                let (mut reply, results) = round.finish();
                if let Some(text) = explain(&mut reply) {
                    yield Event::TextDelta { text };
                }
                if let Some(event) = self.finish_round(reply, results) {
                    return yield event;
                }
                self.ledger.start_round();
            }
        }
    }

    fn model_chosen(&self) -> Event {
        let model = self.asked.name.clone();
        Event::ModelChosen { model }
    }

    /// False in the last round: the limit of rounds with tools is reached.
    pub(super) fn may_use_tools(&self) -> bool {
        self.ledger.rounds() <= self.agent.max_tool_rounds
    }

    /// Converts a call by Claude to an MCP call; `None` if there is no such tool.
    pub(super) fn prepare_call(
        &self,
        tool_use_id: &str,
        name: &str,
        input: &StrippedInput,
    ) -> Option<ToolCall> {
        let context = CallContext {
            caller: &self.request.caller,
            request_id: &self.request.request_id,
            turn_id: &self.id,
            tool_use_id,
            time_zone: self.request.time_zone.as_deref(),
        };
        self.catalogue.prepare_call(context, name, input)
    }

    /// Adds a round to the conversation; the last event of the turn, if the reply is final.
    fn finish_round(&mut self, reply: Reply, results: Vec<Block>) -> Option<Event> {
        let Reply {
            blocks,
            mut stop_reason,
            stop_details,
            model,
        } = reply;
        self.model = model.unwrap_or_else(|| std::mem::take(&mut self.model));
        let mut content: Vec<Block> = blocks.into_iter().map(|(_, block)| block).collect();
        if self.may_use_tools() && stop_reason == "tool_use" && !results.is_empty() {
            let ids = content.iter().filter_map(|block| match block {
                Block::ToolUse { id, .. } => Some(id.clone()),
                _ => None,
            });
            self.request.history.ids.extend(ids);
            return self.continue_with(content, results);
        }
        let blocks = content.len();
        content.retain(|block| !matches!(block, Block::ToolUse { .. }));
        if self.may_use_tools() && stop_reason == "pause_turn" {
            return self.continue_with(content, vec![]);
        }
        let is_refused = stop_reason == REFUSAL;
        if !self.may_use_tools() && content.len() < blocks && !is_refused {
            "max_tool_rounds".clone_into(&mut stop_reason);
        }
        if stop_reason.is_empty() {
            "unknown".clone_into(&mut stop_reason);
        }
        // What was refused would be refused again.
        if !is_refused {
            self.ledger.add(history_message(content.clone()));
        }
        Some(Event::Done(Box::new(Done {
            stop_reason,
            stop_details,
            content,
            model: std::mem::take(&mut self.model),
            messages: self.ledger.take_messages(),
            usage: self.ledger.usage(),
            request_id: self.request.request_id.clone(),
        })))
    }

    /// Adds a reply and the results of its calls to the conversation; the last event of the turn, if that fails.
    fn continue_with(&mut self, blocks: Vec<Block>, results: Vec<Block>) -> Option<Event> {
        let (reply, results) = (Message::assistant(blocks), Message::user(results));
        let messages = [&reply, &results].into_iter();
        let messages = messages.filter(|message| !message.content.is_empty());
        let messages = messages.map(|message| (message.role, &message.content[..]));
        let extended = self
            .request
            .history
            .conversation
            .extend(messages, &Bytes::new());
        self.record(reply.content, results.content);
        extended.err().map(|_| self.failed(&Failure::Internal))
    }

    fn record(&self, blocks: Vec<Block>, results: Vec<Block>) {
        self.ledger.add(history_message(blocks));
        if !results.is_empty() {
            self.ledger.add([Message::user(results)]);
        }
    }

    fn failed(&self, failure: &Failure) -> Event {
        let causes =
            std::iter::successors(std::error::Error::source(failure), |cause| cause.source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        tracing::warn!(code = %failure.code(), causes = causes.join(": "), "a turn failed");
        let id = self.request.request_id.clone();
        Event::Error(Box::new(Failed::new(failure, id, &self.ledger)))
    }

    /// A handle that outlives the turn.
    pub fn ledger(&self) -> Ledger {
        self.ledger.clone()
    }
}

/// Resolves when the turn must end.
async fn cut_off(deadline: Instant, stopping: CancellationToken) -> Failure {
    tokio::select! {
        biased;
        () = stopping.cancelled() => Failure::ShuttingDown,
        () = sleep_until(deadline) => Failure::Timeout,
    }
}

/// An assistant message as `/chat` accepts it: without blocks that it refuses, and not ending in thinking.
pub(super) fn history_message(content: Vec<Block>) -> Option<Message> {
    let known = |block| match block {
        Block::Opaque(block) if block["type"] == "text" => block["text"].as_str().map(Block::text),
        Block::Opaque(block) if !is_accepted(&block) => None,
        block => Some(block),
    };
    let mut content: Vec<Block> = content.into_iter().filter_map(known).collect();
    while content.last().is_some_and(Block::is_thinking) {
        content.pop();
    }
    (!content.is_empty()).then(|| Message::assistant(content))
}

/// False for an unknown block that a history may not hold: for its type, or beyond the limits of an input.
fn is_accepted(block: &Value) -> bool {
    block["type"].as_str().is_some_and(is_opaque_type)
        && StrippedInput::parse(&block.to_string()).is_ok()
}
