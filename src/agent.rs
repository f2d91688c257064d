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

pub mod claude;
pub mod history;
pub mod json;
pub mod mcp;
pub mod metrics;
pub mod tools;

pub mod http;

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    agent::claude::{Claude, Prefix},
    agent::history::History,
    agent::mcp::Mcp,
    auth::Caller,
    config::AgentConfig,
};

pub use about::{about, zone_name};
pub use event::{Done, Event, Failed, Failure, FailureCode};
pub use ledger::Ledger;
pub use turn::Turn;

pub struct Agent {
    claude: Claude,
    mcp: Arc<Mcp>,
    prefix: Prefix,
    max_tool_rounds: u32,
    /// Cancelled when running turns must end.
    stopping: CancellationToken,
}

/// What a turn is about, checked.
pub struct Question {
    pub caller: Caller,
    pub request_id: Arc<str>,
    pub history: History,
    /// See [`about()`].
    pub about: String,
    /// See [`zone_name()`].
    pub time_zone: Option<Arc<str>>,
    pub deadline: Instant,
}

impl Agent {
    pub fn new(
        config: &AgentConfig,
        claude: Claude,
        mcp: Arc<Mcp>,
        stopping: CancellationToken,
    ) -> anyhow::Result<Arc<Self>> {
        let prefix = Prefix::of(claude.model(), claude.max_tokens(), &config.system_prompt)?;
        Ok(Arc::new(Self {
            claude,
            mcp,
            prefix,
            max_tool_rounds: config.max_tool_rounds,
            stopping,
        }))
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
            about,
            time_zone,
            deadline,
        } = question;
        Ok(Turn {
            caller,
            request_id,
            about,
            time_zone,
            deadline,
            catalogue,
            ids: history.ids.into(),
            conversation: history.conversation,
            ledger: Ledger::default(),
            model: self.claude.model().to_owned(),
            agent: self.clone(),
        })
    }
}
