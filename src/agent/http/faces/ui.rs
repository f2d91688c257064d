//! `POST /chat/ui`: the UI message stream of the Vercel AI SDK, for `useChat`.

mod output;
mod part;
mod render;
mod request;
mod stream;

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::{
    agent::http::{app::App, chat::Chat, incoming::with_allowance, mode::Mode},
    http::{
        problem::Problem,
        request_id::RequestId,
        server::{Connection, DeadlineGuard},
    },
};
use render::Renderer;
use request::UiRequest;
#[cfg(test)]
pub(super) use request::read;

const VERSION: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-vercel-ai-ui-message-stream"),
    HeaderValue::from_static("v1"),
);

/// Ask the agent, from `useChat` of the Vercel AI SDK.
#[utoipa::path(
    post, path = "/chat/ui",
    request_body = UiRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The turn as it happens, as a UI message stream, version 1: `data: <chunk>` for each, `data: [DONE]` last",
            body = String, content_type = "text/event-stream",
            headers(("x-vercel-ai-ui-message-stream" = String, description = "`v1`"))),
        (status = 400, description = "The body is not JSON", body = String, content_type = "text/plain"),
        (status = 401, description = "There is no valid token", body = String, content_type = "text/plain",
            headers(("WWW-Authenticate" = String, description = "`Bearer`, with `error` when there was a token"))),
        (status = 413, description = "The body is too large", body = String, content_type = "text/plain"),
        (status = 415, description = "The body is not sent as JSON", body = String, content_type = "text/plain"),
        (status = 422, description = "The body is not a request, and why", body = String, content_type = "text/plain"),
        (status = 429, description = "Too many requests of this user", body = String, content_type = "text/plain",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 503, description = "No tools, too many requests, or a shutdown", body = String, content_type = "text/plain",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
        (status = 504, description = "The turn did not begin in time", body = String, content_type = "text/plain",
            headers(("Retry-After" = u64, description = "Seconds to wait"))),
    )
)]
pub async fn ui(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    connection: Option<Extension<Connection>>,
    request: Request,
) -> Response {
    let guard = DeadlineGuard::new(connection.map(|Extension(connection)| connection));
    let mut chat = Chat::new(app, request_id, request, Mode::Ui);
    let accepted = chat.accept(request::read).await;
    let allowance = chat.incoming.allowance;
    let response = match accepted {
        Ok((accepted, continued)) => {
            let mut renderer = Renderer::new(continued);
            let encode = move |event: &_, chunk: &mut _| renderer.encode(event, chunk);
            let mut response = chat.stream(accepted, guard, encode);
            let (name, value) = VERSION;
            response.headers_mut().insert(name, value);
            response
        }
        Err(problem) => chat.reject(&problem, Problem::respond_as_text),
    };
    with_allowance(response, allowance)
}

/// The running turn of a chat. There is none: a turn ends when its client leaves.
#[utoipa::path(
    get, path = "/chat/ui/{id}/stream",
    params(("id" = String, Path, description = "The id of the chat")),
    security(("bearer" = [])),
    responses(
        (status = 204, description = "No turn of this chat is running"),
        (status = 401, description = "There is no valid token", body = String, content_type = "text/plain",
            headers(("WWW-Authenticate" = String, description = "`Bearer`, with `error` when there was a token"))),
    )
)]
pub async fn reconnect(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    match app.authenticate(request.headers()) {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => problem.respond_as_text(&request_id),
    }
}
