//! MCP client: one supervised session shared by all requests, and tool calls over it.
//!
//! Failed calls are classified (see `call_failure`), so that a write is never done twice and never reported done when it
//! was not. Every wait has a deadline of our own: rmcp has none.

mod call;
mod call_failure;
mod outcome;
mod send_state;
mod session;
mod transport;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{agent::metrics::Metrics, agent::tools::Catalogue, config::McpConfig};

pub use outcome::CallOutcome;
use session::Live;

/// How long a request waits for a session that is being opened.
const SESSION_WAIT: Duration = Duration::from_secs(3);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// No session was open, or opened in time.
#[derive(Debug, thiserror::Error)]
#[error("there is no session with the tool server")]
pub struct NoSession;

/// The server of the present session.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerInfo {
    pub name: String,
    pub version: String,
    pub tools: usize,
    pub left_out: usize,
}

pub struct Mcp {
    live: watch::Receiver<Option<Arc<Live>>>,
    call_timeout: Duration,
    max_text: usize,
    /// Writes in flight. They outlive the request that made them.
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
        let live = session::supervise(connector, stop.clone(), &sessions, metrics.clone());
        Ok(Self {
            live,
            call_timeout: config.call_timeout,
            max_text,
            writes: TaskTracker::new(),
            sessions,
            stop,
            metrics,
        })
    }

    pub fn server(&self) -> Option<ServerInfo> {
        self.live
            .borrow()
            .as_ref()
            .filter(|live| !live.dead.is_cancelled())
            .map(|live| ServerInfo {
                name: live.server.0.clone(),
                version: live.server.1.clone(),
                tools: live.catalogue.specs().len(),
                left_out: live.catalogue.left_out().len(),
            })
    }

    /// The tools of the present session. Waits briefly for a session that is being opened.
    pub async fn catalogue(&self, deadline: Instant) -> Result<Arc<Catalogue>, NoSession> {
        self.session(deadline.min(Instant::now() + SESSION_WAIT))
            .await
            .map(|live| live.catalogue.clone())
    }

    async fn session(&self, until: Instant) -> Result<Arc<Live>, NoSession> {
        let mut live = self.live.clone();
        let usable =
            |live: &Option<Arc<Live>>| live.as_ref().is_some_and(|live| !live.dead.is_cancelled());
        match timeout_at(until, live.wait_for(usable)).await {
            Ok(Ok(live)) => live.clone().ok_or(NoSession),
            _ => Err(NoSession),
        }
    }

    /// Waits for the writes in flight, at most for one call's timeout, and closes the session.
    pub async fn close(&self) {
        self.writes.close();
        if timeout(self.call_timeout, self.writes.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                calls = self.writes.len(),
                "tool calls were cut off by the shutdown"
            );
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
