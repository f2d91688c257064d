//! `POST /chat`: checks a request, step by step, then runs its turn and responds with JSON or SSE.

mod body_parser;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod request;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::{Body, HttpBody},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, header};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{
    app::App,
    json,
    record::{ChatOutcome, ChatRecord},
    rejection::{busy, not_admitted, rate_limited},
    sse::{self, EVENT_STREAM},
};
use crate::{
    agent::{Done, Event, Failed, Ledger, Turn, TurnRequest},
    auth::Caller,
    http::{
        body::{self, hold_until_written},
        negotiate::{accepts, is_plain_json},
        problem::{self, Code, Problem},
        rate_limit::Allowance,
        request_id::RequestId,
        server::{Connection, DeadlineGuard},
    },
    process::memory::Share,
};
pub use request::ChatRequest;

/// How long a slow client may read its stream after the turn's deadline.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(5);
/// The name of the rate limit in the response headers.
const RATE_LIMIT_POLICY: &str = "chat";

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
    let mut incoming = Incoming::new(app, request_id, request);
    let accepted = incoming.accept().await;
    let allowance = incoming.allowance;
    let mut response = match accepted {
        Ok(accepted) => incoming.run(accepted, guard).await,
        Err(problem) => incoming.reject(&problem),
    };
    if let Some(allowance) = allowance {
        allowance.write(RATE_LIMIT_POLICY, response.headers_mut());
    }
    response
}

/// A request while it is checked.
struct Incoming {
    app: Arc<App>,
    request_id: RequestId,
    headers: HeaderMap,
    /// `None` once it has been read.
    body: Option<Body>,
    deadline: Instant,
    record: ChatRecord,
    /// `None` until the rate limit is checked, or if there is none.
    allowance: Option<Allowance>,
}

/// A request that has passed all checks.
struct Accepted {
    turn: Turn,
    slot: Slot,
}

/// Held while the turn runs: its memory, and its place among the active requests.
type Slot = (Arc<Share<Caller>>, TaskTrackerToken);

impl Incoming {
    fn new(app: Arc<App>, request_id: RequestId, request: Request) -> Self {
        let (parts, body) = request.into_parts();
        Self {
            deadline: Instant::now() + app.turn_timeout,
            record: ChatRecord::new(app.clone(), request_id.clone()),
            app,
            request_id,
            headers: parts.headers,
            body: Some(body),
            allowance: None,
        }
    }

    /// Makes all checks. The first that fails determines the response.
    async fn accept(&mut self) -> Result<Accepted, Problem> {
        self.record.streamed = accepts(&self.headers, EVENT_STREAM);
        let caller = self.app.authenticate(&self.headers)?;
        self.record.user = Some(caller.clone());
        let (slot, reserved) = self.acquire_slot(&caller)?;
        admit(&self.app, self.deadline).await?;
        let question = self.read_request(caller, &slot.0, reserved).await?;
        let turn = self.app.agent.begin(question).await.map_err(|failure| {
            let id = self.request_id.shared();
            Problem::from(Failed::new(&failure, id, &Ledger::default()))
        })?;
        Ok(Accepted { turn, slot })
    }

    /// The slot of a chat, and the number of bytes that are reserved for its body.
    fn acquire_slot(&mut self, caller: &Caller) -> Result<(Slot, usize), Problem> {
        let App { limits, http, .. } = &*self.app;
        if self.app.lifecycle.is_draining() {
            return Err(Problem::shutting_down());
        }
        let checked = limits.check_rate(caller);
        self.allowance = checked.unwrap_or_else(Some);
        checked.map_err(rate_limited)?;
        let share = limits.budget.begin(caller.clone())?;
        let reserved = body::reserve(&self.headers, http.max_body_bytes, &share)?;
        Ok(((Arc::new(share), self.app.lifecycle.begin()), reserved))
    }

    async fn read_request(
        &mut self,
        caller: Caller,
        share: &Arc<Share<Caller>>,
        reserved: usize,
    ) -> Result<TurnRequest, Problem> {
        if !is_plain_json(&self.headers) {
            let detail = "The body must be JSON: Content-Type: application/json, not compressed.";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let (max, deadline) = (self.app.http.max_body_bytes, self.deadline);
        let counted = (&**share, reserved);
        let bytes = body::read(&self.headers, &mut self.body, max, deadline, counted).await?;
        let parsed = body_parser::parse(&self.app.limits, bytes, share).await?;
        self.record.streamed = parsed.stream.unwrap_or(self.record.streamed);
        Ok(TurnRequest {
            caller,
            request_id: self.request_id.shared(),
            history: parsed.history,
            user_context: parsed.user_context,
            time_zone: parsed.time_zone,
            deadline: self.deadline,
            memory: share.clone(),
        })
    }

    async fn run(self, accepted: Accepted, guard: DeadlineGuard) -> Response {
        let streamed = self.record.streamed;
        let memory = accepted.slot.0.clone();
        let events = self.record.observe(accepted.turn, accepted.slot);
        if streamed {
            guard.set_write_deadline(self.deadline + CATCH_UP_TIMEOUT);
            return hold_until_written(sse::respond(events, guard), memory);
        }
        let answer = json::respond(events).await;
        let answer = answer.unwrap_or_else(|problem| problem.respond(&self.request_id));
        // The conversation is gone; what is left is the answer.
        let length = answer.body().size_hint().lower();
        memory.shrink_to(usize::try_from(length).unwrap_or(usize::MAX));
        hold_until_written(answer, memory)
    }

    fn reject(mut self, problem: &Problem) -> Response {
        self.record.outcome = Some(ChatOutcome::Failed(problem.code));
        if let Some(body) = self.body
            && !self.headers.contains_key(header::EXPECT)
        {
            tokio::spawn(body::discard(body, self.app.http.max_body_bytes));
        }
        problem.respond(&self.request_id)
    }
}

/// Waits in the admission queue, at most until the deadline.
async fn admit(app: &App, deadline: Instant) -> Result<(), Problem> {
    tokio::select! {
        biased;
        admitted = app.limits.admission.admit() => admitted.ok_or_else(busy),
        () = app.lifecycle.stopping().cancelled() => Err(Problem::shutting_down()),
        () = sleep_until(deadline) => Err(not_admitted()),
    }
}

#[cfg(test)]
mod tests;
