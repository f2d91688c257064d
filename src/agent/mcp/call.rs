//! Sends tool calls over the session, and repeats failed calls where that is safe: reads and idempotent writes, and any
//! call that was certainly not sent. A write that may have run is reported as of unknown outcome.

use std::{future::Future, sync::Arc, time::Duration};

use rmcp::{
    model::{CallToolRequest, CallToolRequestParams, ClientRequest},
    service::{PeerRequestOptions, ServiceError},
};
use serde_json::Value;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};
use tracing::Instrument;

use super::{
    CallOutcome, Mcp,
    answer::{AnswerSlot, Limits},
    call_failure::CallFailure,
    call_span,
    cancel::CancelOnDrop,
    outcome,
    send_state::SendState,
    session::Session,
};
use crate::{agent::tools::ToolCall, auth::CallerToken, process::json::mend_numbers};

/// How long a call waits for a session, so that it survives a reconnect.
const RECONNECT_WAIT: Duration = Duration::from_secs(10);
const MAX_ATTEMPTS: u32 = 4;

impl Mcp {
    /// Begins a call, on behalf of the caller with this token if the server is to have it. Dropping the future cancels a
    /// read; a write is always completed.
    pub fn begin(
        self: &Arc<Self>,
        call: ToolCall,
        token: Option<&CallerToken>,
    ) -> impl Future<Output = CallOutcome> + Send + use<> {
        let mcp = self.clone();
        let token = token.filter(|_| self.server.forwards_caller).cloned();
        let write = (!call.read_only()).then(|| self.spawn_write(call.clone(), token.clone()));
        async move {
            match write {
                None => mcp.call(&call, token.as_ref(), || true).await,
                Some(write) => write
                    .await
                    .unwrap_or_else(|_| CallOutcome::unknown("the call was lost")),
            }
        }
    }

    fn spawn_write(
        self: &Arc<Self>,
        call: ToolCall,
        token: Option<CallerToken>,
    ) -> oneshot::Receiver<CallOutcome> {
        let (sender, receiver) = oneshot::channel();
        let mcp = self.clone();
        let run = async move {
            let outcome = mcp
                .call(&call, token.as_ref(), || !sender.is_closed())
                .await;
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

    /// Makes a call and times it. Once `wanted` returns `false`, a call that has not been sent is not sent any more.
    async fn call(
        &self,
        call: &ToolCall,
        token: Option<&CallerToken>,
        wanted: impl Fn() -> bool,
    ) -> CallOutcome {
        let mut timer = self.metrics.tool_call(&self.server.label(call.name()));
        let outcome = self.attempts(call, token, wanted).await;
        timer.outcome(outcome.label());
        outcome.end_span(call.span());
        outcome
    }

    async fn attempts(
        &self,
        call: &ToolCall,
        token: Option<&CallerToken>,
        wanted: impl Fn() -> bool,
    ) -> CallOutcome {
        let deadline = Instant::now() + self.server.call_timeout;
        let (mut attempts, mut may_have_run) = (0, false);
        loop {
            let until = deadline.min(Instant::now() + RECONNECT_WAIT);
            let Ok(session) = self.session(until).await else {
                return not_done(may_have_run, "the tool server is not reachable");
            };
            if !wanted() {
                return not_done(may_have_run, "its turn is over");
            }
            attempts += 1;
            let state = SendState::new(call.repeatable() && attempts == 1);
            let failure = match self.send(&session, (call, token), state, deadline).await {
                Ok(result) => return CallOutcome::from_result(result, self.limits),
                Err(failure) => failure,
            };
            // The session is certainly lost, or must be checked.
            if matches!(failure, CallFailure::NotSent) {
                session.lost.cancel();
            } else if !matches!(failure, CallFailure::Answered(_) | CallFailure::TooLarge) {
                session.check.notify_one();
            }
            let why = match failure {
                CallFailure::Answered(error) => {
                    call_span::set_error(call.span(), &error);
                    return CallOutcome::from_error(&error, self.limits.text);
                }
                CallFailure::TooLarge if call.repeatable() => return CallOutcome::too_large(),
                CallFailure::TooLarge => {
                    return not_done(true, "its answer was too large to be read");
                }
                CallFailure::Refused(_) if may_have_run => {
                    return not_done(true, "it was refused later");
                }
                CallFailure::Refused(status) => return CallOutcome::refused(&status),
                CallFailure::TimedOut { sent } => {
                    return not_done(may_have_run || sent, "the tool did not answer in time");
                }
                CallFailure::NotSent => "the tool server is not reachable",
                CallFailure::Unknown => {
                    may_have_run = true;
                    "the connection to the tool server broke"
                }
            };
            let safe = !may_have_run || call.repeatable();
            if !safe || attempts == MAX_ATTEMPTS || Instant::now() >= deadline {
                if token.is_some() && !may_have_run {
                    tracing::warn!(
                        "no session took the caller's token: does the server bind each session to one token?"
                    );
                }
                return not_done(may_have_run, why);
            }
            tracing::warn!(tool = call.name(), "repeating a tool call");
        }
    }

    /// One attempt. Dropping it cancels the call at the server.
    async fn send(
        &self,
        session: &Session,
        (call, token): (&ToolCall, Option<&CallerToken>),
        state: SendState,
        deadline: Instant,
    ) -> Result<Value, CallFailure> {
        let mut params = CallToolRequestParams::new(call.name().to_owned())
            .with_arguments(call.arguments().clone());
        params.meta = Some(call.meta().clone().into());
        let mut request = CallToolRequest::new(params);
        let slot = AnswerSlot::new(Limits::CALL);
        request.extensions.insert(state.clone());
        request.extensions.insert(slot.clone());
        request.extensions.insert(call.span().clone());
        // Held until the call is over.
        let token = token.cloned().map(Arc::new);
        if let Some(token) = &token {
            request.extensions.insert(token.clone());
        }
        let answer = async {
            let request = ClientRequest::CallToolRequest(request);
            let options = PeerRequestOptions::no_options();
            let handle = session
                .peer
                .send_cancellable_request(request, options)
                .await?;
            call_span::set_request(call.span(), &self.server, session, &handle.id);
            let mut guard = CancelOnDrop {
                peer: &session.peer,
                id: Some(handle.id.clone()),
            };
            let answer = handle.await_response().await;
            guard.id = None;
            answer
        };
        let answer = timeout_at(deadline, answer).await;
        if slot.is_exceeded() {
            return Err(CallFailure::TooLarge);
        }
        match answer {
            Err(_) => Err(CallFailure::TimedOut {
                sent: state.abandon(),
            }),
            Ok(Ok(answer)) => {
                let answer = slot.into_answer(&answer);
                let result = answer.and_then(|it| readable(it.result()?.get()));
                result
                    .filter(outcome::is_finished)
                    .ok_or(CallFailure::Unknown)
            }
            Ok(Err(ServiceError::McpError(error))) => Err(CallFailure::Answered(error)),
            Ok(Err(_)) if !state.abandon() => Err(CallFailure::NotSent),
            Ok(Err(error)) => {
                let is_own = self.server.name().is_none();
                Err(CallFailure::from_transport(&error, call.name(), is_own))
            }
        }
    }
}

/// The result as a tree.
pub(super) fn readable(result: &str) -> Option<Value> {
    let tree = serde_json::from_str(result);
    // A number that no `f64` holds.
    let tree = tree.or_else(|_| serde_json::from_str(&mend_numbers(result)));
    tree.ok()
}

fn not_done(may_have_run: bool, why: &str) -> CallOutcome {
    if may_have_run {
        CallOutcome::unknown(why)
    } else {
        CallOutcome::not_run(why)
    }
}
