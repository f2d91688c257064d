//! Refusals: handlers return problems, which become responses where the id of the request is known.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::Extensions;

use crate::{
    http::{
        problem::{Code, Problem},
        request_id::RequestId,
        server::{Connection, DeadlineGuard},
    },
    process::memory::Exceeded,
    runs::{model::RunId, store::StoreError},
};

/// `Retry-After` while the database cannot be used.
const DATABASE_RETRY_AFTER: Duration = Duration::from_secs(2);

/// A request that is refused. [`render`] makes the response.
pub(super) struct Refused(Problem);

impl Refused {
    /// Names the run that the request was for.
    pub(super) fn of_run(self, run: RunId) -> Self {
        Self(self.0.with_execution_id(run.to_string()))
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Exceeded> for Refused {
    fn from(exceeded: Exceeded) -> Self {
        Self(exceeded.into())
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self(unavailable(&error))
    }
}

/// The database cannot be used; the log has the reason.
pub(super) fn unavailable(error: &StoreError) -> Problem {
    let cause = std::error::Error::source(error);
    tracing::warn!(error = cause.map(tracing::field::display), "{error}");
    let detail = "The database cannot be used at the moment; try again shortly.";
    Problem::new(Code::Busy, detail).with_retry_after(DATABASE_RETRY_AFTER)
}

/// There is nothing of this name that belongs to the caller.
pub(super) fn not_found() -> Refused {
    Refused(Problem::not_found())
}

/// What needs a key, without `RUNS_ENCRYPTION_KEYS`.
pub(super) fn no_encryption() -> Problem {
    let detail = "This service has no encryption keys (RUNS_ENCRYPTION_KEYS), without which it stores no secrets.";
    Problem::new(Code::EncryptionNotConfigured, detail)
}

/// A problem on its way to [`render`].
#[derive(Clone)]
struct Unrendered(Arc<Problem>);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0.code.status();
        response
            .extensions_mut()
            .insert(Unrendered(Arc::new(self.0)));
        response
    }
}

/// Makes the responses of refused requests, and gives peers limited time to read any response.
pub(super) async fn render(request: Request, next: Next) -> Response {
    let (id, connection) = of(request.extensions());
    let guard = DeadlineGuard::new(connection);
    let mut response = next.run(request).await;
    drop(guard);
    let Some(Unrendered(problem)) = response.extensions_mut().remove() else {
        return response;
    };
    let mut rendered = id.map_or_else(
        || problem.code.status().into_response(),
        |id| problem.respond(&id),
    );
    // Of the rate limit.
    rendered
        .headers_mut()
        .extend(std::mem::take(response.headers_mut()));
    rendered
}

fn of(extensions: &Extensions) -> (Option<RequestId>, Option<Connection>) {
    (extensions.get().cloned(), extensions.get().cloned())
}
