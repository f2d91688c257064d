//! MCP client: one supervised session shared by all requests, and tool calls over it.
//!
//! `session` supervises the session, `call` sends and repeats tool calls, and `call_failure` classifies failed ones, so
//! that a write is never done twice and never reported done when it was not. Every wait has a deadline: rmcp sets none.

mod answer;
mod answer_memory;
mod call;
mod call_failure;
mod call_span;
mod cancel;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod handshake;
mod outcome;
mod rpc_error;
mod send_state;
mod server;
mod session;
mod stdio;
mod transport;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    metrics::Metrics,
    tools::{Catalogue, LeftOut, ListedTool},
};
use crate::config::McpConfig;

pub use answer_memory::AnswerMemory;
pub use outcome::{Attachment, Attachments, CallOutcome, ResultLimits};
pub use server::Server;
use session::{Chat, Offer, Session, State, Supervisor};
pub use stdio::{Place, end_recorded_groups};

/// How long a request waits for a session that is being opened.
const SESSION_WAIT: Duration = Duration::from_secs(3);
const MAX_NAME_CHARS: usize = 200;
/// For telling a server that a call is cancelled.
const NOTE_TIMEOUT: Duration = Duration::from_secs(5);

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

/// Why there is no session: what was seen, in words for Claude and for the owner of the connection. No URL, and no text of
/// the server's but short identifiers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OpenFailure(Arc<str>);

impl OpenFailure {
    fn new(error: &impl std::fmt::Display) -> Self {
        Self(error.to_string().into())
    }
}

/// The tools of a server as it lists them, and those that cannot be used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolList {
    pub tools: Vec<ListedTool>,
    pub left_out: Vec<LeftOut>,
}

/// What a session showed that was opened once.
pub struct Probed {
    pub server: ServerInfo,
    /// The protocol's version in this session.
    pub protocol: String,
    pub catalogue: Arc<Catalogue>,
}

/// Opens a session once, for a check of the settings. The error says what was seen.
pub async fn probe(config: &McpConfig) -> anyhow::Result<Probed> {
    session::probe(&Server::own(config, AnswerMemory::new())?).await
}

/// A name or another short text of the server's, for logs, `/ready` and notes: cut, without control characters.
fn bounded(text: &str) -> String {
    let text = text.chars().filter(|c| !c.is_control());
    text.take(MAX_NAME_CHARS).collect()
}

/// A supervised session with one server.
pub struct Mcp {
    current: watch::Receiver<State>,
    server: Arc<Server>,
    limits: ResultLimits,
    waiting: watch::Sender<usize>,
    /// Writes in flight, which outlive their requests.
    writes: TaskTracker,
    sessions: TaskTracker,
    stop: CancellationToken,
    metrics: Arc<Metrics>,
}

impl Mcp {
    /// Opens the chat's session in the background and keeps it open until [`Mcp::close`]. A tool of those `named` in the settings
    /// that the server does not offer is logged. Must be called within a tokio runtime.
    pub fn start(
        config: &McpConfig,
        max_text: usize,
        metrics: Arc<Metrics>,
        named: &[String],
    ) -> anyhow::Result<Self> {
        let server = Server::own(config, AnswerMemory::new())?;
        let chat = Some(Chat {
            metrics: metrics.clone(),
            named: named.to_vec(),
        });
        let limits = ResultLimits::from(max_text);
        Ok(Self::supervised(Arc::new(server), limits, metrics, chat))
    }

    /// Opens a run's session in the background and keeps it open until [`Mcp::close`]; a child process is started again only
    /// for a call. Must be called within a tokio runtime.
    pub fn open(server: Arc<Server>, limits: ResultLimits, metrics: Arc<Metrics>) -> Self {
        Self::supervised(server, limits, metrics, None)
    }

    fn supervised(
        server: Arc<Server>,
        limits: ResultLimits,
        metrics: Arc<Metrics>,
        chat: Option<Chat>,
    ) -> Self {
        let (stop, sessions) = (CancellationToken::new(), TaskTracker::new());
        let (waiting, waited_for) = watch::channel(0);
        let supervisor = Supervisor {
            server: server.clone(),
            waiting: waited_for,
            stop: stop.clone(),
            tasks: sessions.clone(),
            chat,
        };
        Self {
            current: supervisor.start(),
            server,
            limits,
            waiting,
            writes: TaskTracker::new(),
            sessions,
            stop,
            metrics,
        }
    }

    /// The server of the current session, if there is one.
    pub fn server(&self) -> Option<ServerInfo> {
        let current = self.current.borrow();
        current.usable().map(|session| session.server.clone())
    }

    /// The tools of the chat's current session. Waits briefly for a session that is being opened.
    pub async fn catalogue(&self, deadline: Instant) -> Result<Arc<Catalogue>, NoSession> {
        let session = self.session(deadline.min(Instant::now() + SESSION_WAIT));
        match &session.await?.tools {
            Offer::Catalogue(catalogue) => Ok(catalogue.clone()),
            Offer::List(_) => Err(NoSession),
        }
    }

    /// The tools of a run's session. Waits until `deadline` for a server that is not reachable yet; any other failure is final.
    pub async fn tools(&self, deadline: Instant) -> Result<Arc<ToolList>, OpenFailure> {
        let mut current = self.current.clone();
        let _waiting = (!current.borrow().is_decided()).then(|| Waiting::new(&self.waiting));
        let _ = timeout_at(deadline, current.wait_for(State::is_decided)).await;
        let state = self.current.borrow();
        match (state.usable().map(|session| &session.tools), &state.failure) {
            (Some(Offer::List(tools)), _) => Ok(tools.clone()),
            (_, Some(failure)) => Err(failure.clone()),
            _ => Err(OpenFailure::new(&NoSession)),
        }
    }

    async fn session(&self, until: Instant) -> Result<Arc<Session>, NoSession> {
        let mut current = self.current.clone();
        if let Some(session) = current.borrow().usable() {
            return Ok(session.clone());
        }
        let _waiting = Waiting::new(&self.waiting);
        match timeout_at(until, current.wait_for(|state| state.usable().is_some())).await {
            Ok(Ok(state)) => state.usable().cloned().ok_or(NoSession),
            _ => Err(NoSession),
        }
    }

    /// Waits for the writes in flight, at most for one call's timeout, and closes the session. A child process is gone then,
    /// with its group.
    pub async fn close(&self) {
        self.writes.close();
        let ended = timeout(self.server.call_timeout, self.writes.wait()).await;
        if ended.is_err() {
            let calls = self.writes.len();
            tracing::warn!(calls, "tool calls were cut off by the shutdown");
        }
        self.stop.cancel();
        self.sessions.close();
        let _ = timeout(self.server.close_timeout(), self.sessions.wait()).await;
    }
}

impl Drop for Mcp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Counts one that waits for a session, until dropped.
struct Waiting<'m>(&'m watch::Sender<usize>);

impl<'m> Waiting<'m> {
    fn new(waiting: &'m watch::Sender<usize>) -> Self {
        waiting.send_modify(|count| *count += 1);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
