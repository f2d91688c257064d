//! The chat agent: runs a turn of a conversation with Claude and the tools of an MCP server.
//!
//! [`Agent::begin`] makes the checks of a chat that can fail before the first event; [`Turn::run`] is the tool loop, a stream of
//! [`Event`]s, whose tools are those of a [`Toolbox`]. Only the module `http` knows HTTP: it sends the same events as SSE or collects them into a JSON answer.
//! Dropping the stream closes Claude's reply and cancels reads; writes run to their end.

pub mod approvals;
mod context;
mod event;
mod ledger;
pub(crate) mod spans;
pub mod title;
mod turn;

pub mod claude;
pub mod history;
pub mod json;
pub mod mcp;
pub mod metrics;
mod toolbox;
pub mod tools;

pub mod http;

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{Caller, CallerToken},
    config::AgentConfig,
    process::memory::Share,
    telemetry::Span,
};
use approvals::{ApprovalAnswers, Approvals};
use claude::{Claude, Model};
use history::{History, Invalid};
use mcp::Mcp;
use tools::Catalogue;

pub use context::{time_zone_name, user_context};
pub use event::{Done, Event, Failed, Failure, FailureCode};
pub use ledger::Ledger;
pub use toolbox::{Halt, Next, Prepared, PreparedCall, ReplyView, SessionTools, Toolbox};
pub use turn::{ModelChoice, Turn, TurnSetup, history_message, rebuild};

pub struct Agent {
    claude: Arc<Claude>,
    mcp: Arc<Mcp>,
    models: ModelChoice,
    /// See [`title::model`].
    title_model: Model,
    max_tool_rounds: u32,
    approvals: Arc<Approvals>,
    /// Cancelled when running turns must end.
    stopping: CancellationToken,
}

/// Why a turn does not begin.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The answers to approval requests do not fit.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// A validated request for one turn of a chat.
pub struct TurnRequest {
    pub caller: Caller,
    pub caller_token: CallerToken,
    pub request_id: Arc<str>,
    pub history: History,
    /// The user's answers to calls that wait; `None`: the client cannot ask the user.
    pub approvals: Option<ApprovalAnswers>,
    /// See [`user_context()`].
    pub user_context: String,
    /// See [`time_zone_name()`].
    pub time_zone: Option<Arc<str>>,
    pub deadline: Instant,
    /// What the turn holds of the memory budget.
    pub memory: Arc<Share<Caller>>,
    /// Of which the turn's span is a part.
    pub span: Span,
}

impl Agent {
    pub fn new(
        config: &AgentConfig,
        claude: Claude,
        mcp: Arc<Mcp>,
        stopping: CancellationToken,
        title_model: Model,
        approvals: Arc<Approvals>,
    ) -> Arc<Self> {
        let models = ModelChoice {
            asked: claude.model().clone(),
            fallback: claude.fallback().cloned(),
        };
        Arc::new(Self {
            claude: Arc::new(claude),
            mcp,
            models,
            title_model,
            max_tool_rounds: config.max_tool_rounds,
            approvals,
            stopping,
        })
    }

    /// Prepares a turn. Claude is not called yet.
    ///
    /// # Errors
    /// The answers do not fit the calls that wait, there is no MCP session, or the service is shutting down.
    pub async fn begin(self: &Arc<Self>, request: TurnRequest) -> Result<Turn, Refusal> {
        let can_ask = request.approvals.is_some();
        let answers = request.approvals.unwrap_or_default();
        let calls = request.history.last_calls;
        let answers = self.approvals.open(answers, calls, &request.caller)?;
        let catalogue = self.catalogue(request.deadline).await?;
        let context = approvals::Context {
            caller: &request.caller,
            request_id: &request.request_id,
            time_zone: request.time_zone.as_deref(),
        };
        let answered = self.approvals.settle(answers, &catalogue, context)?;
        let toolbox = SessionTools {
            mcp: self.mcp.clone(),
            catalogue,
            caller: request.caller,
            caller_token: request.caller_token,
            request_id: request.request_id.clone(),
            turn_id: uuid::Uuid::now_v7().to_string(),
            time_zone: request.time_zone,
            approvals: self.approvals.clone(),
            can_ask,
        };
        let setup = TurnSetup {
            conversation: request.history.conversation,
            used_ids: request.history.ids,
            answered,
            user_context: request.user_context,
            toolbox: Arc::new(toolbox),
            models: self.models.clone(),
            max_tool_rounds: self.max_tool_rounds,
            rounds: 0,
            deadline: request.deadline,
            stopping: self.stopping.clone(),
            memory: Some(request.memory),
            request_id: request.request_id,
            span: request.span,
        };
        Ok(Turn::new(self.claude.clone(), setup))
    }

    /// The tools of the chat's session.
    async fn catalogue(&self, deadline: Instant) -> Result<Arc<Catalogue>, Failure> {
        let catalogue = tokio::select! {
            catalogue = self.mcp.catalogue(deadline) => catalogue,
            () = self.stopping.cancelled() => return Err(Failure::ShuttingDown),
        };
        catalogue.map_err(|_| match deadline {
            deadline if deadline <= Instant::now() => Failure::Timeout,
            _ => Failure::ToolsUnavailable,
        })
    }
}
