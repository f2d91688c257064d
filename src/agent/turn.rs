//! The tool loop of a turn. A round is one request to Claude and the tool calls of the reply; rounds repeat until Claude
//! calls no more tools.

mod answered;
mod cut_off;
mod ending;
mod history;
mod reading;
mod recovery;
mod round;
mod setup;
mod tool_calls;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use serde_json::Value;

use super::{
    Done, Event, Failed, Failure, Ledger,
    approvals::ApprovalRequest,
    claude::{Block, Claude, Message, Model, Reply},
    spans,
    toolbox::Next,
};
use crate::telemetry::Span;
use cut_off::{cut_off, unless};
use ending::{APPROVAL_REQUIRED, REFUSAL};
use round::{Finished, Round};

pub use history::history_message;
pub use setup::{ModelChoice, TurnSetup, rebuild};

/// Why a call that was begun has no result.
const CUT_OFF: &str = "the turn was cut off before the tool answered";

/// A turn that is ready to run.
pub struct Turn {
    claude: Arc<Claude>,
    /// The conversation in it grows with every round.
    setup: TurnSetup,
    /// Rounds, tokens, and the messages that this turn adds to the client's history.
    ledger: Ledger,
    model: String,
    /// The model that is asked: the fallback model once it had to be.
    asked: Arc<Model>,
    span: Span,
}

impl Turn {
    pub fn new(claude: Arc<Claude>, setup: TurnSetup) -> Self {
        Self {
            claude,
            ledger: Ledger::after(setup.rounds),
            model: setup.models.asked.name.clone(),
            asked: setup.models.asked.clone(),
            span: spans::agent(&setup.span, &setup.models.asked),
            setup,
        }
    }

    /// Runs the turn. The last event is [`Event::Done`] or [`Event::Error`], and there is exactly one of them.
    /// `streamed`: events reach the user as they happen, so a reply that was shown in part is not requested again.
    pub fn run(mut self, streamed: bool) -> impl Stream<Item = Event> + Send + 'static {
        async_stream::stream! {
            let cut_off = cut_off(self.setup.deadline, self.setup.stopping.clone());
            futures_util::pin_mut!(cut_off);
            yield self.model_chosen();
            let mut answered = self.begin_answered();
            let result = loop {
                match unless(cut_off.as_mut(), self.next_answered(&mut answered)).await {
                    Ok(Some(event)) => yield event,
                    Ok(None) => break Ok(()),
                    Err(failure) => break Err(failure),
                }
            };
            let finished = self.finish_answered(answered);
            if let Err(failure) = result.and(finished) {
                return yield self.ended(self.failed(&failure));
            }
            self.ledger.start_round();
            if streamed {
                yield Event::RoundStart;
            }
            loop {
                let mut round = Round::new(&self, streamed);
                let result = loop {
                    match unless(cut_off.as_mut(), round.next()).await {
                        Ok(Some(event)) => yield event,
                        Ok(None) => break Ok(()),
                        Err(failure) => break Err(failure),
                    }
                };
                if let Err(failure) = result {
                    round.end_span(&failure);
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
                    return yield self.ended(self.failed(&failure));
                }
                let finished = round.finish();
                for request in &finished.approvals {
                    yield Event::ApprovalRequest(Box::new(request.clone()));
                }
                if let Some(event) = self.finish_round(finished) {
                    return yield self.ended(event);
                }
                self.ledger.start_round();
                if streamed {
                    yield Event::RoundStart;
                }
            }
        }
    }

    fn model_chosen(&self) -> Event {
        let model = self.asked.name.clone();
        Event::ModelChosen { model }
    }

    fn ended(&self, last: Event) -> Event {
        match &last {
            Event::Done(done) => spans::end_agent(&self.span, &done.stop_reason, done.usage),
            Event::Error(failed) => {
                spans::fail_agent(&self.span, failed.code.to_string(), failed.usage);
            }
            _ => {}
        }
        last
    }

    /// False in the last round: the limit of rounds with tools is reached.
    fn may_use_tools(&self) -> bool {
        self.ledger.rounds() <= self.setup.max_tool_rounds
    }

    /// Adds a round to the conversation; the last event of the turn, if the reply is final.
    fn finish_round(&mut self, finished: Finished) -> Option<Event> {
        let Finished {
            reply,
            results,
            approvals,
            next,
        } = finished;
        let Reply {
            blocks,
            stop_reason,
            stop_details,
            model,
            id: _,
        } = reply;
        self.model = model.unwrap_or_else(|| std::mem::take(&mut self.model));
        let mut content: Vec<Block> = blocks.into_iter().map(|(_, block)| block).collect();
        if !approvals.is_empty() {
            self.record(content.clone(), results);
            content.retain(|block| !matches!(block, Block::ToolUse { .. }));
            return Some(self.done(APPROVAL_REQUIRED.to_owned(), None, content, approvals));
        }
        if next != Next::End {
            let ids = content.iter().filter_map(|block| match block {
                Block::ToolUse { id, .. } => Some(id.clone()),
                _ => None,
            });
            self.setup.used_ids.extend(ids);
            return self.continue_with(content, results);
        }
        // What was refused would be refused again.
        if stop_reason != REFUSAL {
            self.ledger.add(history_message(content.clone()));
        }
        Some(self.done(stop_reason, stop_details, content, approvals))
    }

    fn done(
        &mut self,
        stop_reason: String,
        stop_details: Option<Value>,
        content: Vec<Block>,
        approvals: Vec<ApprovalRequest>,
    ) -> Event {
        Event::Done(Box::new(Done {
            stop_reason,
            stop_details,
            content,
            model: std::mem::take(&mut self.model),
            messages: self.ledger.take_messages(),
            usage: self.ledger.usage(),
            approvals,
            request_id: self.setup.request_id.clone(),
        }))
    }

    /// Adds a reply and the results of its calls to the conversation; the last event of the turn, if that fails.
    fn continue_with(&mut self, blocks: Vec<Block>, results: Vec<Block>) -> Option<Event> {
        let (reply, results) = (Message::assistant(blocks), Message::user(results));
        let messages = [&reply, &results].into_iter();
        let messages = messages.filter(|message| !message.content.is_empty());
        let messages = messages.map(|message| (message.role, &message.content[..]));
        let extended = self.setup.conversation.extend(messages, &Bytes::new());
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
        let id = self.setup.request_id.clone();
        let failed = Event::Error(Box::new(Failed::new(failure, id, &self.ledger)));
        if matches!(failure, Failure::Halted) {
            return failed;
        }
        let causes =
            std::iter::successors(std::error::Error::source(failure), |cause| cause.source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        tracing::warn!(code = %failure.code(), causes = causes.join(": "), "a turn failed");
        failed
    }

    /// A handle that outlives the turn.
    pub fn ledger(&self) -> Ledger {
        self.ledger.clone()
    }
}
