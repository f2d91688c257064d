//! `POST /webhook`: begins a run of one prompt.

mod fields;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod inline;
mod request;

use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};
use http::HeaderMap;

use super::{
    app::App,
    base_url::BaseUrl,
    begin::{Accepted, Answered, Form, begin, replay},
    cause::Cause,
    choice::Connections,
    extract::{JsonBody, Owner},
    refused::Refused,
};
use crate::http::problem;
use request::{Identity, PromptRequest};

/// Begin a run.
#[utoipa::path(
    post, path = "/webhook",
    request_body = PromptRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same as `requestId`")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The answer, when the run has completed (`async: false`)", body = Answered,
            headers(("Idempotency-Replayed" = bool, description = "`true`: for the run of an earlier request"))),
        (status = 202, description = "The run is durable, and goes on (`async: true`)", body = Accepted,
            headers(("Location" = String, description = "Where to read the run"),
                ("Idempotency-Replayed" = bool, description = "`true`: for the run of an earlier request"))),
        (status = 409, description = "`request_id_reused`, or `cancelled` while it was waited for",
            body = problem::Body, content_type = "application/problem+json"),
        (status = 502, description = "`run_failed`, with the code of its error in `cause`",
            body = problem::Body, content_type = "application/problem+json"),
        (status = 504, description = "`timeout`: there is no answer yet, or the run has used up its time",
            body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub(super) async fn webhook(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Extension(choice): Extension<Connections>,
    base: BaseUrl,
    cause: Cause,
    headers: HeaderMap,
    JsonBody(body): JsonBody<PromptRequest>,
) -> Result<Response, Refused> {
    let form = Form::of(body.is_async);
    let identity = Identity::new(app.rules(), &choice, &headers, &body)?;
    let Err(refused) = request::check(&app, &owner, &choice, &body).await else {
        let run = request::new_run(&app, &owner, &choice, identity, body)?;
        return begin(&app, &base, &owner, cause.of(run), form).await;
    };
    // What was taken once is answered for, also when connections or settings are others now.
    let Some(request_id) = &identity.request_id else {
        return Err(refused);
    };
    let same = (request_id.as_str(), &identity.body);
    let replayed = replay(&app, &base, &owner, same, form).await?;
    replayed.ok_or(refused)
}

/// Begin a run: another path of `/webhook`.
#[utoipa::path(
    post, path = "/webhooks/prompt",
    request_body = PromptRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same as `requestId`")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "As `/webhook`", body = Answered),
        (status = 202, description = "As `/webhook`", body = Accepted),
        (status = 409, description = "As `/webhook`", body = problem::Body, content_type = "application/problem+json"),
        (status = 502, description = "As `/webhook`", body = problem::Body, content_type = "application/problem+json"),
        (status = 504, description = "As `/webhook`", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub(super) async fn webhooks_prompt(
    state: State<Arc<App>>,
    owner: Owner,
    choice: Extension<Connections>,
    base: BaseUrl,
    cause: Cause,
    headers: HeaderMap,
    body: JsonBody<PromptRequest>,
) -> Result<Response, Refused> {
    webhook(state, owner, choice, base, cause, headers, body).await
}
