//! The endpoints of runs: list, read, wait, cancel.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{
    app::App,
    base_url::BaseUrl,
    checks::check_request_id,
    extract::{Owner, Segments, run_id},
    query::Query,
    refused::{Refused, not_found},
    view::{self, RunView},
    wait::{self, Waited},
};
use crate::{
    http::{
        body::hold_until_written,
        problem::{self, Problem},
    },
    runs::{
        model::{Run, RunId, SkillId, Status, UserId},
        store::RunQuery,
    },
};

const DEFAULT_LIMIT: u64 = 20;
const MAX_LIMIT: u64 = 100;

/// Runs, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Runs)]
pub(super) struct Page {
    runs: Vec<RunView>,
    /// For the next page; `null` if this one is the last.
    before: Option<RunId>,
}

/// The caller's runs, newest first.
#[utoipa::path(
    get, path = "/runs",
    params(
        ("status" = Option<Status>, Query, description = "Only runs in this state"),
        ("limit" = Option<u64>, Query, description = "20; at most 100"),
        ("before" = Option<String>, Query, description = "The `before` of the page before: an `executionId`"),
    ),
    security(("bearer" = [])),
    responses((status = 200, description = "A page", body = Page))
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    base: BaseUrl,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    page(&app, &owner, &base, query.as_deref(), None).await
}

/// A page of runs, of one skill or of all.
pub(super) async fn page(
    app: &App,
    owner: &UserId,
    base: &BaseUrl,
    query: Option<&str>,
    skill: Option<SkillId>,
) -> Result<Response, Refused> {
    let query = Query::parse(query);
    let states = "queued, running, completed, failed, cancelled or expired";
    let status = query.parsed("status", Status::parse, states)?;
    let before = query.parsed("before", RunId::parse, "an executionId")?;
    let limit = query.number("limit")?.unwrap_or(DEFAULT_LIMIT);
    let limit = usize::try_from(limit.clamp(1, MAX_LIMIT)).unwrap_or_default();
    let _reader = view::reader(app, owner)?;
    let query = RunQuery {
        status,
        skill,
        before,
        // One more than are shown says whether there are more.
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
    };
    let mut found = app.store.runs(owner, &query).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let before = found.last().filter(|_| more).map(|run| run.id);
    let mut runs = Vec::with_capacity(found.len());
    for run in found {
        runs.push(RunView::new(app, &base.0, run).await);
    }
    Ok(Json(Page { runs, before }).into_response())
}

/// A run.
#[utoipa::path(
    get, path = "/runs/{id}",
    params(
        ("id" = String, Path, description = "The `executionId`"),
        ("wait" = Option<u64>, Query, description = "Seconds to wait for the end; at most 60"),
        ("trace" = Option<String>, Query, description = "`1`: with the journal"),
    ),
    security(("bearer" = [])),
    responses((status = 200, description = "The run", body = RunView))
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(id): Segments<String>,
    base: BaseUrl,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    read(&app, &owner, run_id(&id)?, &base, query.as_deref()).await
}

/// The run of a request id.
#[utoipa::path(
    get, path = "/runs/by-request/{requestId}",
    params(
        ("requestId" = String, Path),
        ("wait" = Option<u64>, Query, description = "Seconds to wait for the end; at most 60"),
        ("trace" = Option<String>, Query, description = "`1`: with the journal"),
    ),
    security(("bearer" = [])),
    responses((status = 200, description = "The run", body = RunView))
)]
pub(super) async fn get_by_request(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(request_id): Segments<String>,
    base: BaseUrl,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let run = app.store.run_by_request(&owner, &request_id).await?;
    let id = run.ok_or_else(not_found)?.id;
    read(&app, &owner, id, &base, query.as_deref()).await
}

async fn read(
    app: &App,
    owner: &UserId,
    id: RunId,
    base: &BaseUrl,
    query: Option<&str>,
) -> Result<Response, Refused> {
    let query = Query::parse(query);
    let (wait, trace) = (query.number("wait")?, query.flag("trace")?);
    let reader = view::reader(app, owner)?;
    if let Some(secs) = wait.filter(|secs| *secs > 0) {
        let deadline = Instant::now() + wait::bounded(secs);
        let _active = app.lifecycle.begin();
        if wait::for_end(app, owner, id, deadline).await? == Waited::Stopping {
            return Err(Refused::from(Problem::shutting_down()).of_run(id));
        }
    }
    let run = app.store.run(owner, id).await?.ok_or_else(not_found)?;
    let mut view = RunView::new(app, &base.0, run).await;
    if trace {
        view.trace = Some(view::trace(app, owner, id, &reader).await?);
    }
    Ok(hold_until_written(Json(view).into_response(), reader))
}

/// Cancel a run, which may not have begun yet.
#[utoipa::path(
    post, path = "/runs/{id}/cancel",
    params(("id" = String, Path, description = "The `executionId`")),
    security(("bearer" = [])),
    responses((status = 202, description = "The run, which is cancelled or will be, unless it has ended", body = RunView))
)]
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(id): Segments<String>,
    base: BaseUrl,
) -> Result<Response, Refused> {
    let (id, now) = (run_id(&id)?, Timestamp::now());
    let run = app.store.cancel(&owner, id, now).await?;
    Ok(cancelled(&app, &base, run.ok_or_else(not_found)?, now).await)
}

/// What is known of a run that is cancelled before it exists.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CancelledBefore {
    /// `null`: there is no such run.
    execution_id: Option<RunId>,
    request_id: String,
    /// `cancelled`
    status: Status,
}

/// Cancel the run of a request id. Without such a run, one that is begun with the id later is cancelled at once.
#[utoipa::path(
    post, path = "/runs/by-request/{requestId}/cancel",
    params(("requestId" = String, Path)),
    security(("bearer" = [])),
    responses(
        (status = 202, description = "The run, which is cancelled or will be, unless it has ended; or that there is none yet",
            body = CancelledBefore),
        (status = 422, description = "`invalid_request`: no run can have this id", body = problem::Body,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn cancel_by_request(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(request_id): Segments<String>,
    base: BaseUrl,
) -> Result<Response, Refused> {
    check_request_id("requestId", &request_id)?;
    let now = Timestamp::now();
    let run = app.store.cancel_by_request(&owner, &request_id, now);
    let Some(run) = run.await? else {
        let body = CancelledBefore {
            execution_id: None,
            request_id,
            status: Status::Cancelled,
        };
        return Ok((StatusCode::ACCEPTED, Json(body)).into_response());
    };
    Ok(cancelled(&app, &base, run, now).await)
}

async fn cancelled(app: &App, base: &BaseUrl, run: Run, now: Timestamp) -> Response {
    let ended = run.completed_at.map(Timestamp::as_millisecond);
    if ended == Some(now.as_millisecond()) {
        app.worker.ended(&run);
    } else {
        app.engine.cancel(run.id);
    }
    let view = RunView::new(app, &base.0, run).await;
    (StatusCode::ACCEPTED, Json(view)).into_response()
}
