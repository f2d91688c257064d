//! The loop: rounds, until Claude has nothing more to ask for.

use std::{collections::HashSet, sync::Arc};

use futures_util::Stream;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Agent, Done, Event, Failed, Failure, Ledger, round::Round};
use crate::{
    agent::claude::{Block, Conversation, Message, Reply},
    agent::tools::Catalogue,
    auth::Caller,
};

/// A turn that can run: it has its tools.
pub struct Turn {
    pub(super) agent: Arc<Agent>,
    pub(super) caller: Caller,
    pub(super) request_id: Arc<str>,
    pub(super) about: String,
    pub(super) time_zone: Option<Arc<str>>,
    pub(super) deadline: Instant,
    pub(super) catalogue: Arc<Catalogue>,
    /// The conversation as Claude gets it.
    pub(super) conversation: Conversation,
    /// All tool-use ids of the conversation: Claude's API wants them unique.
    pub(super) ids: Arc<HashSet<String>>,
    /// Rounds, tokens, and what this turn added as a client may keep it.
    pub(super) ledger: Ledger,
    pub(super) model: String,
}

impl Turn {
    /// Runs the turn. The last event is [`Event::Done`] or [`Event::Error`], and there is exactly one of them.
    /// `shown` says that events reach the user as they come: then a reply that breaks off cannot be asked for again.
    pub fn run(mut self, shown: bool) -> impl Stream<Item = Event> + Send + 'static {
        async_stream::stream! {
            let end = cut_off(self.deadline, self.agent.stopping.clone());
            futures_util::pin_mut!(end);
            yield Event::ModelChosen { model: self.agent.claude.model().to_owned() };
            loop {
                self.ledger.next_round();
                let mut round = Round::new(&self, shown);
                let ended = loop {
                    let next = tokio::select! {
                        biased;
                        failure = end.as_mut() => Err(failure),
                        next = round.next() => next,
                    };
                    match next {
                        Ok(Some(event)) => yield event,
                        Ok(None) => break Ok(()),
                        Err(failure) => break Err(failure),
                    }
                };
                if let Err(failure) = ended {
                    let cut = matches!(failure, Failure::Timeout | Failure::ShuttingDown);
                    if let Some((asked, answered)) = round.interrupted(cut) {
                        self.record(asked, answered);
                    }
                    return yield self.failed(&failure);
                }
                if let Some(event) = self.settle(round) {
                    return yield event;
                }
            }
        }
    }

    /// Whether Claude may use tools in the present round.
    pub(super) fn may_use_tools(&self) -> bool {
        self.ledger.rounds() <= self.agent.max_tool_rounds
    }

    /// Takes up a round that went well; the turn's last event, if it was the last round.
    fn settle(&mut self, round: Round) -> Option<Event> {
        let (reply, results) = round.finished();
        let Reply {
            blocks,
            mut stop_reason,
            model,
        } = reply;
        self.model = model.unwrap_or_else(|| std::mem::take(&mut self.model));
        let mut content: Vec<Block> = blocks.into_iter().map(|(_, block)| block).collect();
        if self.may_use_tools() && stop_reason == "tool_use" && !results.is_empty() {
            Arc::make_mut(&mut self.ids).extend(content.iter().filter_map(|block| match block {
                Block::ToolUse { id, .. } => Some(id.clone()),
                _ => None,
            }));
            return self.go_on(content, results);
        }
        let all = content.len();
        content.retain(|block| !matches!(block, Block::ToolUse { .. }));
        if self.may_use_tools() && stop_reason == "pause_turn" {
            return self.go_on(content, vec![]);
        }
        if !self.may_use_tools() && content.len() < all {
            "max_tool_rounds".clone_into(&mut stop_reason);
        }
        if stop_reason.is_empty() {
            "unknown".clone_into(&mut stop_reason);
        }
        self.ledger.add(kept(content.clone()));
        Some(Event::Done(Box::new(Done {
            stop_reason,
            content,
            model: std::mem::take(&mut self.model),
            messages: self.ledger.take_added(),
            usage: self.ledger.usage(),
            request_id: self.request_id.clone(),
        })))
    }

    /// Takes up a message and the results of its calls, for Claude to go on from; the turn's last event, if it cannot.
    fn go_on(&mut self, asked: Vec<Block>, answered: Vec<Block>) -> Option<Event> {
        let (asked, answered) = (Message::assistant(asked), Message::user(answered));
        let both = [&asked, &answered].into_iter();
        let both = both.filter(|message| !message.content.is_empty());
        let both = both.map(|message| (message.role, message));
        let added = self.conversation.extend(both, 0);
        self.record(asked.content, answered.content);
        added.err().map(|_| self.failed(&Failure::Internal))
    }

    fn record(&self, asked: Vec<Block>, answered: Vec<Block>) {
        self.ledger.add(kept(asked));
        if !answered.is_empty() {
            self.ledger.add([Message::user(answered)]);
        }
    }

    fn failed(&self, failure: &Failure) -> Event {
        let causes =
            std::iter::successors(std::error::Error::source(failure), |cause| cause.source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        tracing::warn!(
            code = %failure.code(),
            causes = causes.join(": "),
            "a turn failed"
        );
        Event::Error(Box::new(Failed::new(
            failure,
            self.request_id.clone(),
            &self.ledger,
        )))
    }

    /// For whoever watches the turn.
    pub fn ledger(&self) -> Ledger {
        self.ledger.clone()
    }
}

/// What ends a turn, whatever it is doing.
async fn cut_off(deadline: Instant, stopping: CancellationToken) -> Failure {
    tokio::select! {
        biased;
        () = stopping.cancelled() => Failure::ShuttingDown,
        () = sleep_until(deadline) => Failure::Timeout,
    }
}

/// An assistant message as `/chat` accepts it again: without blocks it does not know, and not ending in thinking.
fn kept(content: Vec<Block>) -> Option<Message> {
    let known = |block| match block {
        Block::Opaque(block) if block["type"] == "text" => block["text"].as_str().map(Block::text),
        Block::Opaque(_) => None,
        block => Some(block),
    };
    let mut content: Vec<Block> = content.into_iter().filter_map(known).collect();
    while content.last().is_some_and(Block::is_thinking) {
        content.pop();
    }
    (!content.is_empty()).then(|| Message::assistant(content))
}
