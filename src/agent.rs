//! The tool loop: [`Agent::begin`] (may still fail before anything is shown) and [`Turn::run`] (a stream of [`Event`]s).
//!
//! Knows nothing of HTTP: the same events are printed as SSE and folded into a JSON answer. Whoever holds the stream
//! may drop it: that closes Claude's reply and cancels reads; a write already begun goes on to its end.

mod about;
mod calls;
mod event;
mod ledger;
mod round;

use std::{collections::HashSet, sync::Arc};

use futures_util::Stream;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::Caller,
    claude::{Block, Claude, Message, Reply},
    config::AgentConfig,
    history::History,
    mcp::Mcp,
    tools::Catalogue,
};

pub use about::{about, zone_name};
pub use event::{Done, Event, Failed, Failure};
pub use ledger::Ledger;
use round::Round;

pub struct Agent {
    claude: Claude,
    mcp: Arc<Mcp>,
    system_prompt: String,
    max_tool_rounds: u32,
    /// Cancelled when running turns must end.
    stopping: CancellationToken,
}

/// What a turn is about, checked.
pub struct Question {
    pub caller: Caller,
    pub request_id: Arc<str>,
    pub history: History,
    /// How long the conversation is as JSON, about.
    pub size: usize,
    /// See [`about()`].
    pub about: String,
    /// See [`zone_name()`].
    pub time_zone: Option<Arc<str>>,
    pub deadline: Instant,
}

/// A turn that can run: it has its tools.
pub struct Turn {
    agent: Arc<Agent>,
    caller: Caller,
    request_id: Arc<str>,
    about: String,
    time_zone: Option<Arc<str>>,
    deadline: Instant,
    catalogue: Arc<Catalogue>,
    /// The conversation as Claude gets it.
    messages: Vec<Message>,
    /// How long they are as JSON, about.
    size: usize,
    /// All tool-use ids of the conversation: Claude's API wants them unique.
    ids: HashSet<String>,
    /// Rounds, tokens, and what this turn added as a client may keep it.
    ledger: Ledger,
    model: String,
}

impl Agent {
    pub fn new(
        config: AgentConfig,
        claude: Claude,
        mcp: Arc<Mcp>,
        stopping: CancellationToken,
    ) -> Arc<Self> {
        let AgentConfig {
            system_prompt,
            max_tool_rounds,
            ..
        } = config;
        Arc::new(Self {
            claude,
            mcp,
            system_prompt,
            max_tool_rounds,
            stopping,
        })
    }

    /// To be called now and then: connections that are of no more use are closed.
    pub fn tidy(&self) {
        self.claude.tidy();
    }

    /// Takes up a question. Fails if there are no tools to be had; nothing has been asked of Claude by then.
    pub async fn begin(self: &Arc<Self>, question: Question) -> Result<Turn, Failure> {
        let catalogue = tokio::select! {
            catalogue = self.mcp.catalogue(question.deadline) => catalogue,
            () = self.stopping.cancelled() => return Err(Failure::ShuttingDown),
        };
        let catalogue = catalogue.map_err(|_| match question.deadline {
            deadline if deadline <= Instant::now() => Failure::Timeout,
            _ => Failure::ToolsUnavailable,
        })?;
        let Question {
            caller,
            request_id,
            history,
            size,
            about,
            time_zone,
            deadline,
        } = question;
        let used = history.messages.iter().flat_map(|message| &message.content);
        let ids = used.filter_map(|block| {
            if let Block::ToolUse { id, .. } = block {
                Some(id.clone())
            } else {
                None
            }
        });
        Ok(Turn {
            caller,
            request_id,
            about,
            time_zone,
            deadline,
            catalogue,
            ids: ids.collect(),
            messages: history.messages,
            size,
            ledger: Ledger::default(),
            model: self.claude.model().to_owned(),
            agent: self.clone(),
        })
    }
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
                        self.add(asked, answered);
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
    fn may_use_tools(&self) -> bool {
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
            self.ids
                .extend(content.iter().filter_map(|block| match block {
                    Block::ToolUse { id, .. } => Some(id.clone()),
                    _ => None,
                }));
            self.add(content, results);
            return None;
        }
        let all = content.len();
        content.retain(|block| !matches!(block, Block::ToolUse { .. }));
        if self.may_use_tools() && stop_reason == "pause_turn" {
            self.add(content, vec![]);
            return None;
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

    fn add(&mut self, asked: Vec<Block>, answered: Vec<Block>) {
        self.ledger.add(kept(asked.clone()));
        if !asked.is_empty() {
            self.messages.push(Message::assistant(asked));
        }
        if !answered.is_empty() {
            self.ledger.add([Message::user(answered.clone())]);
            self.messages.push(Message::user(answered));
        }
    }

    fn failed(&self, failure: &Failure) -> Event {
        let causes =
            std::iter::successors(std::error::Error::source(failure), |cause| cause.source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        tracing::warn!(
            code = failure.code(),
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
