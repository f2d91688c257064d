//! `POST /chat`: what comes in, and in which order it is checked. How a turn goes out, `answer` knows.

mod answer;
mod bell;
mod frames;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod headers;
mod request;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, header};
use tokio::time::{Instant, sleep_until};

use crate::{
    agent::history,
    agent::http::app::App,
    agent::http::observe::Tally,
    agent::{Done, Event, Failed, Ledger, TurnRequest, time_zone_name, user_context},
    http::body,
    http::problem::{ApiError, Problem},
    http::request_id::RequestId,
    http::server::Connection,
};

use answer::{Taker, as_json, as_sse};
use headers::{is_plain_json, names_event_stream};
pub use request::ChatRequest;

/// A client that is behind with its stream when the turn's time is up may catch up for so long.
const CATCH_UP: Duration = Duration::from_secs(5);

/// Ask the agent.
#[utoipa::path(
    post, path = "/chat",
    request_body = ChatRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The finished turn; with `stream: true` or `Accept: text/event-stream`, its events \
            as they happen (`event: <type>`, `data: <JSON>`), of which `done` or `error` is the last.",
            content((Done = "application/json"), (Event = "text/event-stream"))),
        (status = 400, description = "`invalid_json`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`, with `error` when there was a token"))),
        (status = 413, description = "`payload_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "`model_error`", body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait, when Claude says so"))),
        (status = 503, description = "`model_overloaded`, `tools_unavailable`, `busy` or `shutting_down`",
            body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 504, description = "`timeout`", body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait, when it had not begun"))),
    )
)]
pub async fn chat(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    connection: Option<Extension<Connection>>,
    request: Request,
) -> Response {
    let deadline = Instant::now() + app.turn_timeout;
    let mut tally = Tally::new(app.clone(), request_id.clone());
    let (parts, body) = request.into_parts();
    let mut body = Some(body);
    match admit(
        &app,
        &request_id,
        &parts.headers,
        &mut body,
        deadline,
        &mut tally,
    )
    .await
    {
        Err(refusal) => {
            tally.refused(refusal.code);
            if let Some(body) = body.filter(|_| !parts.headers.contains_key(header::EXPECT)) {
                tokio::spawn(body::discard(body, app.http.max_body_bytes));
            }
            refusal.respond(&request_id)
        }
        Ok(Admitted {
            turn,
            streamed,
            held,
        }) => {
            let events = tally.observe(turn, held);
            let taker = Taker(connection);
            if streamed {
                taker.has_until(deadline + CATCH_UP);
                as_sse(events, taker)
            } else {
                as_json(events)
                    .await
                    .unwrap_or_else(|error| error.respond(&request_id))
            }
        }
    }
}

struct Admitted<T> {
    turn: crate::agent::Turn,
    streamed: bool,
    /// The turn's place among the running ones, for as long as it runs.
    held: T,
}

/// All checks, in the order in which they count.
async fn admit(
    app: &Arc<App>,
    request_id: &RequestId,
    headers: &HeaderMap,
    body: &mut Option<Body>,
    deadline: Instant,
    tally: &mut Tally,
) -> Result<Admitted<impl Send + use<>>, ApiError> {
    let accepts_events = names_event_stream(headers);
    tally.streamed(accepts_events);
    let caller = app.caller(headers)?;
    tally.user(&caller);
    if app.draining.is_cancelled() {
        return Err(ApiError::shutting_down());
    }
    app.limits.count(&caller).map_err(ApiError::rate_limited)?;
    let place = app.limits.enter().ok_or_else(ApiError::busy)?;
    let held = (place, app.chats.token());
    begun(app, deadline).await?;
    if !is_plain_json(headers) {
        return Err(ApiError::unsupported_media_type());
    }
    let bytes = body::read(headers, body, app.http.max_body_bytes, deadline).await?;
    let ChatRequest {
        messages,
        stream,
        client_timezone,
        display_name,
    } = request::read(&bytes)?;
    let streamed = stream.unwrap_or(accepts_events);
    tally.streamed(streamed);
    let history = history::parse(messages, bytes.len())?;
    drop(bytes);
    if history.dropped > 0 {
        tracing::debug!(
            blocks = history.dropped,
            "left out of the history what Claude would refuse"
        );
    }
    let turn_request = TurnRequest {
        caller,
        request_id: request_id.shared(),
        history,
        user_context: user_context(client_timezone.as_deref(), display_name.as_deref()),
        time_zone: client_timezone
            .as_deref()
            .and_then(time_zone_name)
            .map(Into::into),
        deadline,
    };
    let turn = app.agent.begin(turn_request).await.map_err(|failure| {
        ApiError::from(Failed::new(
            &failure,
            request_id.shared(),
            &Ledger::default(),
        ))
    })?;
    Ok(Admitted {
        turn,
        streamed,
        held,
    })
}

/// Waits in the line, if there is one, for no longer than a turn may wait for anything.
async fn begun(app: &App, deadline: Instant) -> Result<(), ApiError> {
    tokio::select! {
        biased;
        begun = app.limits.begin() => begun.ok_or_else(ApiError::busy),
        () = app.stopping.cancelled() => Err(ApiError::shutting_down()),
        () = sleep_until(deadline) => Err(ApiError::not_begun()),
    }
}
