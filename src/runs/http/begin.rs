//! Begins a run, and answers for it at once or when it has ended.

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;
use utoipa::ToSchema;

use super::{
    app::App,
    base_url::BaseUrl,
    failure::failure,
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
    let caller = Caller::new(app, base, owner, form)?;
    let (run, replayed) = create(app, owner, run).await?;
    Ok(caller.answer(&run, replayed).await)
}

/// Answers for the run of an earlier request, if there is one with the same request id and body.
pub(super) async fn replay(
    app: &Arc<App>,
    base: &BaseUrl,
    owner: &UserId,
    (request_id, body): (&str, &Value),
    form: Form,
) -> Result<Option<Response>, Refused> {
    let Some(run) = app.store.replayed(owner, request_id, body).await? else {
        return Ok(None);
    };
    let caller = Caller::new(app, base, owner, form)?;
    Ok(Some(caller.answer(&run, true).await))
}

/// Who is answered, and how.
struct Caller<'a> {
    app: &'a App,
    base: &'a BaseUrl,
    deadline: Instant,
    /// `None`: he does not wait for the end.
    waiting: Option<Arc<Share<UserId>>>,
    _active: TaskTrackerToken,
}

impl<'a> Caller<'a> {
    fn new(app: &'a App, base: &'a BaseUrl, owner: &UserId, form: Form) -> Result<Self, Refused> {
        Ok(Self {
            app,
            base,
            deadline: Instant::now() + app.config.limits.timeout,
            _active: app.lifecycle.begin(),
            waiting: match form {
                Form::Async => None,
                Form::Waiting => Some(Arc::new(app.limits.waiting.begin(owner.clone())?)),
            },
        })
    }

    async fn answer(self, run: &Run, replayed: bool) -> Response {
        let answered = match self.waiting {
            None => Ok(accepted(self.base, run)),
            Some(share) => wait(self.app, self.base, run, self.deadline, share).await,
        };
        let mut response =
            answered.unwrap_or_else(|refused: Refused| refused.of_run(run.id).into_response());
        if replayed {
            let yes = HeaderValue::from_static("true");
            response.headers_mut().insert(REPLAYED, yes);
        }
        response
    }
}

/// The run, and whether it is the one of an earlier request.
async fn create(app: &App, owner: &UserId, run: NewRun) -> Result<(Run, bool), Refused> {
    let max_queued = app.config.limits.max_queued;
    let created = app.store.create(owner, run, max_queued, Timestamp::now());
    let problem = match created.await? {
        Created::New(run) => {
            // Its request id may have been cancelled before.
            if run.status.is_final() {
                app.worker.ended(&run);
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
    let problem = match waited? {
        Waited::Ended => return answer(app, base, run, share).await,
        Waited::Gone => return Err(not_found()),
        Waited::TimeOver => {
            let detail = "The run has not ended in time; it goes on, and can be read later.";
            Problem::new(Code::Timeout, detail)
        }
        Waited::Stopping => Problem::shutting_down(),
    };
    Err(problem.into())
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
        return Err(problem.into());
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
