//! The chat agent: runs a turn of a conversation with Claude and the tools of an MCP server.
//!
//! [`Agent::begin`] makes the checks that can fail before the first event; [`Turn::run`] is the tool loop, a stream of
//! [`Event`]s. Only the module `http` knows HTTP: it sends the same events as SSE or collects them into a JSON answer.
//! Dropping the stream closes Claude's reply and cancels reads; writes run to their end.

mod context;
mod event;
mod ledger;
pub mod title;
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
    auth::{Caller, CallerToken},
    config::AgentConfig,
    process::memory::Share,
};
use claude::{Claude, Model};
use history::History;
use mcp::Mcp;

pub use context::{time_zone_name, user_context};
pub use event::{Done, Event, Failed, Failure, FailureCode};
pub use ledger::Ledger;
pub use turn::Turn;

pub struct Agent {
    claude: Claude,
    mcp: Arc<Mcp>,
    /// See [`title::model`].
    title_model: Model,
    max_tool_rounds: u32,
    /// Cancelled when running turns must end.
    stopping: CancellationToken,
}

/// A validated request for one turn.
pub struct TurnRequest {
    pub caller: Caller,
    pub caller_token: CallerToken,
    pub request_id: Arc<str>,
    pub history: History,
    /// See [`user_context()`].
    pub user_context: String,
    /// See [`time_zone_name()`].
    pub time_zone: Option<Arc<str>>,
    pub deadline: Instant,
    /// What the turn holds of the memory budget.
    pub memory: Arc<Share<Caller>>,
}

impl Agent {
    pub fn new(
        config: &AgentConfig,
        claude: Claude,
        mcp: Arc<Mcp>,
        stopping: CancellationToken,
        title_model: Model,
    ) -> Arc<Self> {
        Arc::new(Self {
            claude,
            mcp,
            title_model,
            max_tool_rounds: config.max_tool_rounds,
            stopping,
        })
    }

    /// Prepares a turn. Claude is not called yet.
    ///
    /// # Errors
    /// There is no MCP session, or the service is shutting down.
    pub async fn begin(self: &Arc<Self>, request: TurnRequest) -> Result<Turn, Failure> {
        let catalogue = tokio::select! {
            catalogue = self.mcp.catalogue(request.deadline) => catalogue,
            () = self.stopping.cancelled() => return Err(Failure::ShuttingDown),
        };
        let catalogue = catalogue.map_err(|_| match request.deadline {
            deadline if deadline <= Instant::now() => Failure::Timeout,
            _ => Failure::ToolsUnavailable,
        })?;
        Ok(Turn {
            request,
            catalogue,
            ledger: Ledger::default(),
            model: self.claude.model().name.clone(),
            asked: self.claude.model().clone(),
            id: uuid::Uuid::now_v7().to_string(),
            agent: self.clone(),
        })
    }
}
