//! The supervised MCP session: one for all requests, replaced when it is lost; and tool calls over it.
//!
//! A call ends in one of four ways (see `fate`), so that a write is never done twice and never reported done when
//! it was not. Every wait has a deadline of our own: rmcp has none.

mod fate;
mod result;
mod session;
mod transport;

use std::{future::Future, sync::Arc, time::Duration};

use rmcp::{
    RoleClient,
    model::{
        CallToolRequest, CallToolRequestParams, CancelledNotificationParam, ClientRequest,
        RequestId,
    },
    service::{Peer, PeerRequestOptions, ServiceError},
};
use serde_json::Value;
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use crate::{config::McpConfig, metrics::Metrics, tools::Catalogue, tools::ToolCall};

use fate::Fate;
pub use result::Outcome;
use session::Live;
use transport::Posting;

/// How long a request waits for a session that is being opened.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a call that certainly did not reach the server waits for the next session.
const RECONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// How often a call is tried, if trying again does no harm.
const ATTEMPTS: u32 = 4;
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
    ) -> Result<Self, reqwest::Error> {
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

    /// Begins a call. A read ends when the future is dropped; a write goes on to its end whoever listens.
    pub fn begin(self: &Arc<Self>, call: ToolCall) -> impl Future<Output = Outcome> + Send + use<> {
        let (mcp, read_only) = (self.clone(), call.read_only());
        let written = (!read_only).then(|| self.spawn(call.clone()));
        async move {
            match written {
                None => mcp.call(&call, || true).await,
                Some(written) => written
                    .await
                    .unwrap_or_else(|_| Outcome::unknown("the call was lost")),
            }
        }
    }

    fn spawn(self: &Arc<Self>, call: ToolCall) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        let mcp = self.clone();
        let run = async move {
            let outcome = mcp.call(&call, || !sender.is_closed()).await;
            if let Err(outcome) = sender.send(outcome) {
                tracing::info!(
                    tool = call.name(),
                    outcome = outcome.label(),
                    "a tool call has ended after its turn was over"
                );
            }
        };
        self.writes.spawn(run.in_current_span());
        receiver
    }

    /// `wanted` says whether anybody still waits: a call that has not left by then is not sent.
    async fn call(&self, call: &ToolCall, wanted: impl Fn() -> bool) -> Outcome {
        let mut timer = self.metrics.tool_call(call.name());
        let outcome = self.attempts(call, wanted).await;
        timer.outcome(outcome.label());
        outcome
    }

    async fn attempts(&self, call: &ToolCall, wanted: impl Fn() -> bool) -> Outcome {
        let deadline = Instant::now() + self.call_timeout;
        let (mut attempts, mut may_have_run) = (0, false);
        loop {
            let next = deadline.min(Instant::now() + RECONNECT_PATIENCE);
            let Ok(live) = self.session(next).await else {
                return not_done(may_have_run, "the tool server is not reachable");
            };
            if !wanted() {
                return not_done(may_have_run, "nobody waits for it any more");
            }
            attempts += 1;
            let posting = Posting::of(call.repeatable() && attempts == 1);
            let why = match self.send(&live, call, posting, deadline).await {
                Ok(answer) => return Outcome::of_answer(answer, self.max_text),
                Err(Fate::Answered(error)) => return Outcome::of_error(&error, self.max_text),
                Err(Fate::Refused(how)) => {
                    live.check.notify_one();
                    let refused = Outcome::refused(&how);
                    return if may_have_run {
                        not_done(true, "it was refused later")
                    } else {
                        refused
                    };
                }
                Err(Fate::OutOfTime { sent }) => {
                    live.check.notify_one();
                    return not_done(may_have_run || sent, "the tool did not answer in time");
                }
                Err(Fate::NotSent) => {
                    live.dead.cancel();
                    "the tool server is not reachable"
                }
                Err(Fate::Unknown) => {
                    live.check.notify_one();
                    may_have_run = true;
                    "the connection to the tool server broke"
                }
            };
            let again = (!may_have_run || call.repeatable()) && attempts < ATTEMPTS;
            if !again || Instant::now() >= deadline {
                return not_done(may_have_run, why);
            }
            tracing::warn!(
                tool = call.name(),
                "repeating a tool call that got no answer"
            );
        }
    }

    /// One attempt. Dropping it tells the server that the call is cancelled.
    async fn send(
        &self,
        live: &Live,
        call: &ToolCall,
        posting: Posting,
        deadline: Instant,
    ) -> Result<Value, Fate> {
        let mut params = CallToolRequestParams::new(call.name().to_owned())
            .with_arguments(call.arguments().clone());
        params.meta = Some(call.meta().clone().into());
        let mut request = CallToolRequest::new(params);
        request.extensions.insert(posting.clone());
        let answer = async {
            let request = ClientRequest::CallToolRequest(request);
            let options = PeerRequestOptions::no_options();
            let handle = live.peer.send_cancellable_request(request, options).await?;
            let mut guard = CancelOnDrop {
                peer: &live.peer,
                id: Some(handle.id.clone()),
            };
            let answer = handle.await_response().await;
            guard.id = None;
            answer
        };
        match timeout_at(deadline, answer).await {
            Err(_) => Err(Fate::OutOfTime {
                sent: posting.abandon(),
            }),
            Ok(Ok(answer)) => result::answer(&answer).ok_or(Fate::Unknown),
            Ok(Err(ServiceError::McpError(error))) => Err(Fate::Answered(error)),
            Ok(Err(_)) if !posting.abandon() => Err(Fate::NotSent),
            Ok(Err(error)) => Err(fate::of(&error)),
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

fn not_done(may_have_run: bool, why: &str) -> Outcome {
    if may_have_run {
        Outcome::unknown(why)
    } else {
        Outcome::not_run(why)
    }
}

/// `notifications/cancelled` for a call that nobody waits for any more.
struct CancelOnDrop<'a> {
    peer: &'a Peer<RoleClient>,
    id: Option<RequestId>,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let peer = self.peer.clone();
        runtime.spawn(async move {
            let reason = Some("the caller no longer waits".to_owned());
            let note = peer.notify_cancelled(CancelledNotificationParam::new(Some(id), reason));
            let _ = timeout(CLOSE_TIMEOUT, note).await;
        });
    }
}
