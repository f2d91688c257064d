//! `POST /chat`: checks a request, step by step, then runs its turn and responds with JSON or SSE.

mod body_parser;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub(super) mod messages;
pub(super) mod request;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::HttpBody,
    extract::{Request, State},
    response::Response,
};
use bytes::{Bytes, BytesMut};

use super::{
    app::App,
    incoming::{Incoming, Slot, with_allowance},
    json,
    mode::Mode,
    record::{ChatOutcome, ChatRecord},
    sse::encode,
};
use crate::{
    agent::{Done, Event, Failed, Ledger, Refusal, Turn, TurnRequest, approvals::ApprovalAnswers},
    auth::{Caller, CallerToken},
    http::{
        body::hold_until_written,
        negotiate::accepts,
        problem::{self, Problem},
        request_id::RequestId,
        server::{Connection, DeadlineGuard},
        sse::{self, EVENT_STREAM},
    },
    process::memory::Share,
};
pub use request::ChatRequest;
use request::ReadRequest;

/// How long a slow client may read its stream after the turn's deadline.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// Ask the agent.
#[utoipa::path(
    post, path = "/chat",
    request_body = ChatRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The finished turn; with `stream: true` or `Accept: text/event-stream`, its events \
            as they happen (`event: <type>`, `data: <JSON>`), of which `done` or `error` is the last.",
            content((Done = "application/json"), (Event = "text/event-stream"))),
        (status = 400, description = "`invalid_json`", body = problem::Body, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`", body = problem::Body, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`, with `error` when there was a token"))),
        (status = 413, description = "`payload_too_large`", body = problem::Body, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = problem::Body, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = problem::Body, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 500, description = "`internal`", body = problem::Body, content_type = "application/problem+json"),
        (status = 502, description = "`model_error`", body = problem::Body, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait, when Claude says so"))),
        (status = 503, description = "`model_overloaded`, `tools_unavailable`, `busy` or `shutting_down`",
            body = problem::Body, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 504, description = "`timeout`", body = problem::Body, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait, when it had not begun"))),
    )
)]
pub async fn chat(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    connection: Option<Extension<Connection>>,
    request: Request,
) -> Response {
    let guard = DeadlineGuard::new(connection.map(|Extension(connection)| connection));
    let mode = Mode::of_chat(accepts(request.headers(), EVENT_STREAM));
    let mut chat = Chat::new(app, request_id, request, mode);
    let accepted = chat.accept(request::read).await;
    let allowance = chat.incoming.allowance;
    let response = match accepted {
        Ok((accepted, ())) if chat.record.mode.is_streamed() => {
            chat.stream(accepted, guard, encode)
        }
        Ok((accepted, ())) => chat.collect(accepted).await,
        Err(problem) => chat.reject(&problem, Problem::respond),
    };
    with_allowance(response, allowance)
}

/// A request for a turn, of any face, and the record of it.
pub(super) struct Chat {
    pub(super) incoming: Incoming,
    pub(super) record: ChatRecord,
}

/// A request that has passed all checks.
pub(super) struct Accepted {
    turn: Turn,
    slot: Slot,
}

impl Chat {
    pub(super) fn new(app: Arc<App>, request_id: RequestId, request: Request, mode: Mode) -> Self {
        Self {
            record: ChatRecord::new(app.clone(), request_id.clone(), mode),
            incoming: Incoming::new(app, request_id, request),
        }
    }

    /// Makes all checks. The first that fails determines the response. `read` is the face's way to read a body.
    /// Returns what `read` keeps for the renderer too.
    pub(super) async fn accept<T: Send + 'static>(
        &mut self,
        read: ReadRequest<T>,
    ) -> Result<(Accepted, T), Problem> {
        let (caller, token) = self.incoming.app.authenticate(&self.incoming.headers)?;
        self.record.user = Some(caller.clone());
        let (slot, body) = self.incoming.receive(&caller).await?;
        let request = self.read_request((caller, token), &slot.0, body, read);
        let (request, context) = request.await?;
        let id = request.request_id.clone();
        let turn = self.incoming.app.agent.begin(request).await;
        let turn = turn.map_err(|refusal| match refusal {
            Refusal::Failed(failure) => Failed::new(&failure, id, &Ledger::default()).into(),
            Refusal::Invalid(invalid) => Problem::from(invalid),
        })?;
        Ok((Accepted { turn, slot }, context))
    }

    async fn read_request<T: Send + 'static>(
        &mut self,
        (caller, caller_token): (Caller, CallerToken),
        share: &Arc<Share<Caller>>,
        body: Bytes,
        read: ReadRequest<T>,
    ) -> Result<(TurnRequest, T), Problem> {
        let Incoming { app, deadline, .. } = &self.incoming;
        let parsed = body_parser::parse(&app.limits, body, share, read).await?;
        let (parsed, context) = parsed;
        if let Some(is_streamed) = parsed.stream {
            self.record.mode = Mode::of_chat(is_streamed);
        }
        self.record.answers = parsed.approvals.as_ref().map_or(0, ApprovalAnswers::len);
        let request = TurnRequest {
            caller,
            caller_token,
            request_id: self.incoming.request_id.shared(),
            history: parsed.history,
            approvals: parsed.approvals,
            user_context: parsed.user_context,
            time_zone: parsed.time_zone,
            deadline: *deadline,
            memory: share.clone(),
            span: self.incoming.span.clone(),
        };
        Ok((request, context))
    }

    pub(super) fn stream(
        self,
        accepted: Accepted,
        guard: DeadlineGuard,
        encode: impl FnMut(&Event, &mut BytesMut) + Send + 'static,
    ) -> Response {
        let memory = accepted.slot.0.clone();
        let events = self.record.observe(accepted.turn, accepted.slot);
        guard.set_write_deadline(self.incoming.deadline + CATCH_UP_TIMEOUT);
        hold_until_written(sse::respond(events, encode, guard), memory)
    }

    async fn collect(self, accepted: Accepted) -> Response {
        let memory = accepted.slot.0.clone();
        let events = self.record.observe(accepted.turn, accepted.slot);
        let answer = json::respond(events).await;
        let answer = answer.unwrap_or_else(|problem| problem.respond(&self.incoming.request_id));
        // The turn has ended; what is left is the answer.
        memory.end_request();
        let length = answer.body().size_hint().lower();
        memory.shrink_to(usize::try_from(length).unwrap_or(usize::MAX));
        hold_until_written(answer, memory)
    }

    /// `respond` writes the error as the clients of the face read it.
    pub(super) fn reject(
        mut self,
        problem: &Problem,
        respond: fn(&Problem, &RequestId) -> Response,
    ) -> Response {
        self.record.outcome = Some(ChatOutcome::Failed(problem.code));
        self.incoming.reject(problem, respond)
    }
}

#[cfg(test)]
mod tests;
