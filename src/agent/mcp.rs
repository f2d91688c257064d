//! The supervised MCP session: one for all requests, replaced when it is lost; and tool calls over it.
//!
//! A call ends in one of four ways (see `fate`), so that a write is never done twice and never reported done when
//! it was not. Every wait has a deadline of our own: rmcp has none.

mod call;
mod fate;
mod kept;
mod posting;
mod result;
mod session;
mod transport;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{agent::metrics::Metrics, agent::tools::Catalogue, config::McpConfig};

pub use result::Outcome;
use session::Live;
use transport::Connections;

/// How long a request waits for a session that is being opened.
const PATIENCE: Duration = Duration::from_secs(3);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// There is no session, and none came in time.
#[derive(Debug, thiserror::Error)]
#[error("there is no session with the tool server")]
pub struct NoSession;

/// Who answers at the other end, and with what.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    pub name: String,
    pub version: String,
    pub tools: usize,
    pub left_out: usize,
}

pub struct Mcp {
    live: watch::Receiver<Option<Arc<Live>>>,
    connections: Connections,
    call_timeout: Duration,
    max_text: usize,
    /// Calls that must not be cut off: they outlive the request that made them.
    writes: TaskTracker,
    sessions: TaskTracker,
    stop: CancellationToken,
    metrics: Arc<Metrics>,
}

impl Mcp {
    /// Starts to look for the server, and goes on until [`Mcp::close`]. Must be called within a tokio runtime.
    pub fn start(
        config: &McpConfig,
        max_text: usize,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let (stop, sessions) = (CancellationToken::new(), TaskTracker::new());
        let connector = session::Connector::new(config)?;
        let connections = connector.connections.clone();
        let live = session::supervise(connector, stop.clone(), &sessions, metrics.clone());
        Ok(Self {
            live,
            connections,
            call_timeout: config.call_timeout,
            max_text,
            writes: TaskTracker::new(),
            sessions,
            stop,
            metrics,
        })
    }

    /// To be called now and then: connections that are of no more use are closed.
    pub fn tidy(&self) {
        self.connections.tidy();
    }

    /// The server of the present session.
    pub fn server(&self) -> Option<Server> {
        self.live
            .borrow()
            .as_ref()
            .filter(|live| !live.dead.is_cancelled())
            .map(|live| Server {
                name: live.server.0.clone(),
                version: live.server.1.clone(),
                tools: live.catalogue.specs().len(),
                left_out: live.catalogue.left_out().len(),
            })
    }

    /// The tools of the present session; waits a little for a session that is being opened.
    pub async fn catalogue(&self, deadline: Instant) -> Result<Arc<Catalogue>, NoSession> {
        self.session(deadline.min(Instant::now() + PATIENCE))
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

    /// Waits for the writes under way, as long as one call may take, and closes the session.
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
