//! MCP client: one supervised session shared by all requests, and tool calls over it.
//!
//! `session` supervises the session, `call` sends and repeats tool calls, and `call_failure` classifies failed ones, so
//! that a write is never done twice and never reported done when it was not. Every wait has a deadline: rmcp sets none.

mod answer;
mod answer_memory;
mod call;
mod call_failure;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod outcome;
mod rpc_error;
mod send_state;
mod session;
mod transport;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{metrics::Metrics, tools::Catalogue};
use crate::config::McpConfig;

pub use outcome::{Attachment, Attachments, CallOutcome, ResultLimits};
use session::Session;

/// How long a request waits for a session that is being opened.
const SESSION_WAIT: Duration = Duration::from_secs(3);
const MAX_NAME_CHARS: usize = 200;
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// No session was open, or opened in time.
#[derive(Debug, thiserror::Error)]
#[error("there is no session with the tool server")]
pub struct NoSession;

/// The server of the current session, with the numbers of tools offered to Claude and left out.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerInfo {
    pub name: String,
    pub version: String,
    pub tools: usize,
    pub left_out: usize,
}

/// Opens a session once, for a check of the settings. The error says what was seen.
pub async fn probe(config: &McpConfig) -> anyhow::Result<(ServerInfo, Arc<Catalogue>)> {
    session::probe(&session::Connector::new(config)?).await
}

/// A name or another short text of the server's, for logs, `/ready` and notes: cut, without control characters.
fn bounded(text: &str) -> String {
    let text = text.chars().filter(|c| !c.is_control());
    text.take(MAX_NAME_CHARS).collect()
}

pub struct Mcp {
    current: watch::Receiver<Option<Arc<Session>>>,
    call_timeout: Duration,
    forwards_caller: bool,
    max_text: usize,
    /// Writes in flight, which outlive their requests.
    writes: TaskTracker,
    sessions: TaskTracker,
    stop: CancellationToken,
    metrics: Arc<Metrics>,
}

impl Mcp {
    /// Opens the session in the background and keeps it open until [`Mcp::close`]. Must be called within a tokio runtime.
    pub fn start(
        config: &McpConfig,
        max_text: usize,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let (stop, sessions) = (CancellationToken::new(), TaskTracker::new());
        let connector = session::Connector::new(config)?;
        let current = session::supervise(connector, stop.clone(), &sessions, metrics.clone());
        Ok(Self {
            current,
            call_timeout: config.call_timeout,
            forwards_caller: config.forwards_caller,
            max_text,
            writes: TaskTracker::new(),
            sessions,
            stop,
            metrics,
        })
    }

    /// The server of the current session, if there is one.
    pub fn server(&self) -> Option<ServerInfo> {
        let current = self.current.borrow();
        let usable = current.as_ref().filter(|session| session.is_usable());
        usable.map(|session| session.server.clone())
    }

    /// The tools of the current session. Waits briefly for a session that is being opened.
    pub async fn catalogue(&self, deadline: Instant) -> Result<Arc<Catalogue>, NoSession> {
        let session = self.session(deadline.min(Instant::now() + SESSION_WAIT));
        Ok(session.await?.catalogue.clone())
    }

    async fn session(&self, until: Instant) -> Result<Arc<Session>, NoSession> {
        let mut current = self.current.clone();
        let is_usable = |it: &Option<Arc<Session>>| it.as_ref().is_some_and(|it| it.is_usable());
        match timeout_at(until, current.wait_for(is_usable)).await {
            Ok(Ok(session)) => session.clone().ok_or(NoSession),
            _ => Err(NoSession),
        }
    }

    /// Waits for the writes in flight, at most for one call's timeout, and closes the session.
    pub async fn close(&self) {
        self.writes.close();
        let ended = timeout(self.call_timeout, self.writes.wait()).await;
        if ended.is_err() {
            let calls = self.writes.len();
            tracing::warn!(calls, "tool calls were cut off by the shutdown");
        }
        self.stop.cancel();
        self.sessions.close();
        let _ = timeout(CLOSE_TIMEOUT, self.sessions.wait()).await;
    }
}

impl Drop for Mcp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
