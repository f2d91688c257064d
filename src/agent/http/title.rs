//! `POST /title`: names a conversation. Claude's failures are no errors here: the beginning of the conversation is its title
//! then.

use std::{sync::Arc, time::Instant};

use axum::{
    Extension, Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    app::App,
    chat::request::{self, RequestMessage},
    incoming::{Incoming, with_allowance},
};
use crate::{
    agent::history::{self, Transcript},
    auth::Caller,
    http::{
        body_parser,
        problem::{self, Code, Problem},
        request_id::RequestId,
        server::{Connection, DeadlineGuard},
    },
    process::memory::Exceeded,
};

/// The body of a request. Fields that are not listed are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the OpenAPI document")]
struct TitleRequest<'a> {
    /// The conversation so far, as `/chat` takes it; the last message may be of either role.
    #[schema(value_type = Vec<RequestMessage>, min_items = 1)]
    messages: &'a RawValue,
}

/// The title of a conversation.
#[derive(Serialize, ToSchema)]
pub(super) struct TitleResponse {
    /// One line of at most 80 characters.
    title: String,
}

/// Name a conversation.
#[utoipa::path(
    post, path = "/title",
    request_body = TitleRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The title; where Claude fails, the first user message, cut at 60 characters", body = TitleResponse),
        (status = 400, description = "`invalid_json`", body = problem::Body, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`", body = problem::Body, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`, with `error` when there was a token"))),
        (status = 413, description = "`payload_too_large`", body = problem::Body, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = problem::Body, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = problem::Body, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 503, description = "`busy` or `shutting_down`", body = problem::Body, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
    )
)]
pub(super) async fn title(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    connection: Option<Extension<Connection>>,
    request: Request,
) -> Response {
    let _guard = DeadlineGuard::new(connection.map(|Extension(connection)| connection));
    let began = Instant::now();
    let mut incoming = Incoming::new(app, request_id, request);
    let caller = incoming.app.authenticate(&incoming.headers);
    let user = caller.as_ref().ok().map(|(caller, _)| caller.clone());
    let titled = match caller {
        Ok((caller, _)) => answer(&mut incoming, &caller).await,
        Err(problem) => Err(problem),
    };
    tracing::info!(
        request_id = incoming.request_id.as_str(),
        user = user.as_ref().map(Caller::user_id),
        outcome = titled
            .as_ref()
            .map_or_else(|problem| problem.code.as_str(), |(_, outcome)| outcome),
        total_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "title"
    );
    let allowance = incoming.allowance;
    let response = match titled {
        Ok((title, _)) => Json(TitleResponse { title }).into_response(),
        Err(problem) => incoming.reject(&problem, Problem::respond),
    };
    with_allowance(response, allowance)
}

/// The title, and the outcome for the log.
async fn answer(
    incoming: &mut Incoming,
    caller: &Caller,
) -> Result<(String, &'static str), Problem> {
    let received = incoming.receive(caller).await;
    let (slot, body) = received.map_err(|problem| match problem.code {
        Code::Timeout => Exceeded::Requests.into(),
        _ => problem,
    })?;
    let app = &incoming.app;
    let transcript = body_parser::parse(&app.limits.large_bodies, body, &slot.0, parse).await?;
    // The body is gone, and the transcript is small.
    slot.0.give_back(usize::MAX);
    let Some((title, usage)) = app.agent.title(&transcript, &incoming.span).await else {
        return Ok((transcript.title(), "fallback"));
    };
    for (kind, count) in usage.by_kind() {
        app.metrics.tokens(kind, count);
    }
    Ok((title, "ok"))
}

fn parse(body: &Bytes, values: usize) -> Result<Transcript, Problem> {
    let messages = request::read_messages(body, values)?;
    Ok(history::transcript(messages)?)
}
