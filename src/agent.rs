//! The tool loop: [`Agent::begin`] (may still fail before anything is shown) and [`Turn::run`] (a stream of [`Event`]s).
//!
//! Knows nothing of HTTP: the same events are printed as SSE and folded into a JSON answer. Whoever holds the stream
//! may drop it: that closes Claude's reply and cancels reads; a write already begun goes on to its end.

mod about;
mod calls;
mod event;
mod ledger;
mod round;
mod turn;

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::Caller,
    claude::{Block, Claude},
    config::AgentConfig,
    history::History,
    mcp::Mcp,
};

pub use about::{about, zone_name};
pub use event::{Done, Event, Failed, Failure};
pub use ledger::Ledger;
pub use turn::Turn;

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
