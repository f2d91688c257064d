//! `POST /chat`: checks a request, step by step, then runs its turn and responds with JSON or SSE.

mod body_parser;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub(super) mod request;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::HttpBody,
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;

use super::{
    app::App,
    incoming::{Incoming, Slot, with_allowance},
    json,
    record::{ChatOutcome, ChatRecord},
    sse::encode,
};
use crate::{
    agent::{Done, Event, Failed, Ledger, Turn, TurnRequest},
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
    let mut chat = Chat {
        record: ChatRecord::new(app.clone(), request_id.clone()),
        incoming: Incoming::new(app, request_id, request),
    };
    let accepted = chat.accept().await;
    let allowance = chat.incoming.allowance;
    let response = match accepted {
        Ok(accepted) => chat.run(accepted, guard).await,
        Err(problem) => chat.reject(&problem),
    };
    with_allowance(response, allowance)
}

/// A request and the record of it.
struct Chat {
    incoming: Incoming,
    record: ChatRecord,
}

/// A request that has passed all checks.
struct Accepted {
    turn: Turn,
    slot: Slot,
}

impl Chat {
    /// Makes all checks. The first that fails determines the response.
    async fn accept(&mut self) -> Result<Accepted, Problem> {
        self.record.streamed = accepts(&self.incoming.headers, EVENT_STREAM);
        let (caller, token) = self.incoming.app.authenticate(&self.incoming.headers)?;
        self.record.user = Some(caller.clone());
        let (slot, body) = self.incoming.receive(&caller).await?;
        let request = self.read_request((caller, token), &slot.0, body).await?;
        let id = request.request_id.clone();
        let turn = self.incoming.app.agent.begin(request).await;
        let turn =
            turn.map_err(|failure| Problem::from(Failed::new(&failure, id, &Ledger::default())))?;
        Ok(Accepted { turn, slot })
    }

    async fn read_request(
        &mut self,
        (caller, caller_token): (Caller, CallerToken),
        share: &Arc<Share<Caller>>,
        body: Bytes,
    ) -> Result<TurnRequest, Problem> {
        let Incoming { app, deadline, .. } = &self.incoming;
        let parsed = body_parser::parse(&app.limits, body, share).await?;
        self.record.streamed = parsed.stream.unwrap_or(self.record.streamed);
        Ok(TurnRequest {
            caller,
            caller_token,
            request_id: self.incoming.request_id.shared(),
            history: parsed.history,
            user_context: parsed.user_context,
            time_zone: parsed.time_zone,
            deadline: *deadline,
            memory: share.clone(),
            span: self.incoming.span.clone(),
        })
    }

    async fn run(self, accepted: Accepted, guard: DeadlineGuard) -> Response {
        let streamed = self.record.streamed;
        let memory = accepted.slot.0.clone();
        let events = self.record.observe(accepted.turn, accepted.slot);
        if streamed {
            guard.set_write_deadline(self.incoming.deadline + CATCH_UP_TIMEOUT);
            return hold_until_written(sse::respond(events, encode, guard), memory);
        }
        let answer = json::respond(events).await;
        let answer = answer.unwrap_or_else(|problem| problem.respond(&self.incoming.request_id));
        // The turn has ended; what is left is the answer.
        memory.end_request();
        let length = answer.body().size_hint().lower();
        memory.shrink_to(usize::try_from(length).unwrap_or(usize::MAX));
        hold_until_written(answer, memory)
    }

    fn reject(mut self, problem: &Problem) -> Response {
        self.record.outcome = Some(ChatOutcome::Failed(problem.code));
        self.incoming.reject(problem)
    }
}

#[cfg(test)]
mod tests;
