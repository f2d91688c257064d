//! Begins a run, and answers for it at once or when it has ended.

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{
    app::App,
    base_url::BaseUrl,
    refused::{Refused, not_found},
    view::{self, FileView, Trace},
    wait::{self, Waited},
};
use crate::{
    http::{
        body::hold_until_written,
        problem::{Code, Problem},
    },
    process::memory::Share,
    runs::{
        model::{Entry, NewRun, Run, RunId, Status, Usage, UserId},
        store::Created,
    },
};

/// Says that the request has been made before, and that the answer is for the run of then.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A run that has been begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accepted<'a> {
    /// `processing`
    status: &'static str,
    request_id: &'a str,
    execution_id: RunId,
}

/// The answer to a prompt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answered {
    response: Option<String>,
    files: Vec<FileView>,
    request_id: String,
    execution_id: RunId,
    #[schema(value_type = Vec<Entry>)]
    trace: Trace,
    usage: Usage,
    /// `completed`
    status: Status,
}

/// How the caller wants the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// When the run has ended.
    Waiting,
    /// At once.
    Async,
}

impl Form {
    pub(super) fn of(is_async: Option<bool>) -> Self {
        match is_async {
            Some(true) => Self::Async,
            Some(false) | None => Self::Waiting,
        }
    }
}

/// Makes the run durable, then answers.
pub(super) async fn begin(
    app: &Arc<App>,
    base: &BaseUrl,
    owner: &UserId,
    run: NewRun,
    form: Form,
) -> Result<Response, Refused> {
    let deadline = Instant::now() + app.config.limits.timeout;
    let _active = app.lifecycle.begin();
    let waiting = match form {
        Form::Async => None,
        Form::Waiting => Some(Arc::new(app.limits.waiting.begin(owner.clone())?)),
    };
    let (run, replayed) = create(app, owner, run).await?;
    let answered = match waiting {
        None => Ok(accepted(base, &run)),
        Some(share) => wait(app, base, &run, deadline, share).await,
    };
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    if replayed {
        let yes = HeaderValue::from_static("true");
        response.headers_mut().insert(REPLAYED, yes);
    }
    Ok(response)
}

/// The run, and whether it is the one of an earlier request.
async fn create(app: &App, owner: &UserId, run: NewRun) -> Result<(Run, bool), Refused> {
    let max_queued = app.config.limits.max_queued;
    let created = app.store.create(owner, run, max_queued, Timestamp::now());
    let problem = match created.await? {
        Created::New(run) => {
            // Its request id may have been cancelled before.
            if run.status.is_final() {
                app.worker.ended(&run, None);
            }
            app.engine.wake();
            return Ok((*run, false));
        }
        Created::Replayed(run) => return Ok((*run, true)),
        Created::NoSkill => return Err(not_found()),
        Created::OtherBody => {
            let detail = "This request id names a request with another body; use a new one.";
            Problem::new(Code::RequestIdReused, detail)
        }
        Created::QueueFull => {
            let detail = "Too many runs are queued; try again shortly.";
            Problem::new(Code::Busy, detail)
        }
    };
    Err(problem.into())
}

fn accepted(base: &BaseUrl, run: &Run) -> Response {
    let body = Accepted {
        status: "processing",
        request_id: &run.request_id,
        execution_id: run.id,
    };
    let location = base.join(&format!("/runs/{}", run.id));
    (
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(body),
    )
        .into_response()
}

/// Waits for the end of the run. A caller who leaves drops this, and stops nothing.
async fn wait(
    app: &App,
    base: &BaseUrl,
    run: &Run,
    deadline: Instant,
    share: Arc<Share<UserId>>,
) -> Result<Response, Refused> {
    let waited = wait::for_end(app, &run.owner, run.id, deadline).await;
    let of_run = |problem: Problem| problem.with_execution_id(run.id.to_string());
    let waited = waited.map_err(|error| of_run(super::refused::unavailable(&error)))?;
    let problem = match waited {
        Waited::Ended => return answer(app, base, run, share).await,
        Waited::Gone => return Err(not_found()),
        Waited::TimeOver => {
            let detail = "The run has not ended in time; it goes on, and can be read later.";
            Problem::new(Code::Timeout, detail)
        }
        Waited::Stopping => Problem::shutting_down(),
    };
    Err(of_run(problem).into())
}

/// The answer for a run that has ended.
async fn answer(
    app: &App,
    base: &BaseUrl,
    run: &Run,
    share: Arc<Share<UserId>>,
) -> Result<Response, Refused> {
    let ended = app.store.run(&run.owner, run.id).await?;
    let run = ended.ok_or_else(not_found)?;
    if let Some(problem) = failure(&run) {
        return Err(problem.with_execution_id(run.id.to_string()).into());
    }
    let body = Answered {
        trace: view::trace(app, &run.owner, run.id, &share).await?,
        files: view::files(app, &base.0, run.files).await,
        response: run.response,
        request_id: run.request_id,
        execution_id: run.id,
        usage: run.usage,
        status: run.status,
    };
    Ok(hold_until_written(Json(body).into_response(), share))
}

/// The problem of a run that has ended without an answer.
fn failure(run: &Run) -> Option<Problem> {
    let problem = match (run.status, &run.error) {
        (Status::Completed, _) => return None,
        (Status::Cancelled, _) => Problem::new(Code::Cancelled, "The run was cancelled."),
        (Status::Expired, _) => {
            let detail = "The run was not begun in time.";
            Problem::new(Code::Expired, detail)
        }
        (Status::Failed, Some(error)) if error.code == Code::Timeout.as_str() => {
            Problem::new(Code::Timeout, error.message.clone())
        }
        (Status::Failed, Some(error)) => {
            let detail = format!("The run has failed: {}", error.message);
            Problem::new(Code::RunFailed, detail).with_cause(error.code.clone())
        }
        (Status::Failed | Status::Queued | Status::Running, _) => Problem::internal(),
    };
    Some(problem)
}
