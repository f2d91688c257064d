//! Runs of skills: by hand, and their list.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::find;
use crate::{
    http::problem,
    runs::{
        http::{
            app::App,
            base_url::BaseUrl,
            begin::{Accepted, Answered, Form, begin},
            cause::Cause,
            checks::{check_depth, request_id},
            extract::{OptionalBody, Owner, Segments},
            refused::Refused,
            runs,
        },
        model::{Status, Trigger},
        skills,
    },
};

/// How a skill is run by hand.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SkillRunRequest)]
pub(in crate::runs::http) struct RunRequest {
    /// Any JSON; shown to the first step.
    #[schema(value_type = Option<Object>)]
    input: Option<Value>,
    /// Whether the answer comes at once, before the run has ended; by default not.
    r#async: Option<bool>,
    #[schema(pattern = "^[A-Za-z0-9_-]{1,100}$")]
    request_id: Option<String>,
}

/// Run a skill, active or not.
#[utoipa::path(
    post, path = "/skills/{id}/run",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "The same as `requestId`")),
    request_body = Option<RunRequest>,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "As `/webhook`", body = Answered),
        (status = 202, description = "As `/webhook`", body = Accepted),
        (status = 409, description = "As `/webhook`", body = problem::Body, content_type = "application/problem+json"),
        (status = 502, description = "As `/webhook`", body = problem::Body, content_type = "application/problem+json"),
        (status = 504, description = "As `/webhook`", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub(in crate::runs::http) async fn run(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(id): Segments<String>,
    base: BaseUrl,
    cause: Cause,
    headers: HeaderMap,
    OptionalBody(body): OptionalBody<RunRequest>,
) -> Result<Response, Refused> {
    let skill = find(&app, &owner, &id).await?;
    let request_id = request_id(&headers, body.request_id.as_deref())?;
    if let Some(input) = &body.input {
        check_depth("input", input)?;
    }
    let run = skills::new_run(&skill, Trigger::Manual, request_id, body.input);
    let run = cause.of(run);
    begin(&app, &base, &owner, run, Form::of(body.r#async)).await
}

/// The runs of a skill, newest first.
#[utoipa::path(
    get, path = "/skills/{id}/runs",
    params(
        ("id" = String, Path),
        ("status" = Option<Status>, Query, description = "Only runs in this state"),
        ("limit" = Option<u64>, Query, description = "20; at most 100"),
        ("before" = Option<String>, Query, description = "The `before` of the page before"),
    ),
    security(("bearer" = [])),
    responses((status = 200, description = "A page", body = runs::Page))
)]
pub(in crate::runs::http) async fn list_runs(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(id): Segments<String>,
    base: BaseUrl,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let skill = find(&app, &owner, &id).await?;
    runs::page(&app, &owner, &base, query.as_deref(), Some(skill.id)).await
}
