//! `POST /chat/agui`: the AG-UI protocol, version 1.0.

mod ids;
mod message;
mod render;
mod request;
mod rounds;
mod snapshot;
mod stream;

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Request, State},
    response::Response,
};

use crate::{
    agent::http::{app::App, chat::Chat, incoming::with_allowance, mode::Mode},
    http::{
        problem::{self, Problem},
        request_id::RequestId,
        server::{Connection, DeadlineGuard},
    },
};
use render::Renderer;
use request::RunAgentInput;
#[cfg(test)]
pub(super) use request::read;

/// Ask the agent, from a client of AG-UI.
#[utoipa::path(
    post, path = "/chat/agui",
    request_body = RunAgentInput,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The turn as it happens, as events of AG-UI 1.0 (`data: <event>`): `RUN_STARTED` first, \
            `RUN_FINISHED` or `RUN_ERROR` last", body = String, content_type = "text/event-stream"),
        (status = 400, description = "`invalid_json`", body = problem::Body, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`", body = problem::Body, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`, with `error` when there was a token"))),
        (status = 413, description = "`payload_too_large`", body = problem::Body, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = problem::Body, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = problem::Body, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 503, description = "`tools_unavailable`, `busy` or `shutting_down`",
            body = problem::Body, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 504, description = "`timeout`", body = problem::Body, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait, when it had not begun"))),
    )
)]
pub async fn agui(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    connection: Option<Extension<Connection>>,
    request: Request,
) -> Response {
    let guard = DeadlineGuard::new(connection.map(|Extension(connection)| connection));
    let mut chat = Chat::new(app, request_id, request, Mode::Agui);
    let accepted = chat.accept(request::read).await;
    let allowance = chat.incoming.allowance;
    let response = match accepted {
        Ok((accepted, context)) => {
            let mut renderer = Renderer::new(context);
            let encode = move |event: &_, chunk: &mut _| renderer.encode(event, chunk);
            chat.stream(accepted, guard, encode)
        }
        Err(problem) => chat.reject(&problem, Problem::respond),
    };
    with_allowance(response, allowance)
}
