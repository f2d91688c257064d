//! One call of a tool, tried again where that does no harm.

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
    sync::oneshot,
    time::{Instant, timeout, timeout_at},
};
use tracing::Instrument;

use super::{
    CLOSE_TIMEOUT, Mcp, Outcome, fate, fate::Fate, posting::Posting, result, session::Live,
};
use crate::agent::tools::ToolCall;

/// How long a call that certainly did not reach the server waits for the next session.
const RECONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// How often a call is tried, if trying again does no harm.
const ATTEMPTS: u32 = 4;

impl Mcp {
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
