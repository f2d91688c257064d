//! The middleware of authenticated endpoints: the bearer token, and what requests that change something must pass.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::HeaderMap;

use super::{app::App, refused::Refused};
use crate::{
    http::{bearer, body, problem::Problem, rate_limit::Allowance},
    runs::model::UserId,
};

/// The name of the rate limit in the response headers.
pub(super) const RATE_LIMIT_POLICY: &str = "runs";

/// Adds the [`Owner`](super::extract::Owner) to the request. 401 is decided first, then `shutting_down`, then the rate limit;
/// the last two for requests that change something.
pub(super) async fn authenticate(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let user = match authenticated(&app, request.headers()) {
        Ok(user) => user,
        Err(problem) => return refuse(&app, request, problem),
    };
    let mut allowance = None;
    if !request.method().is_safe() {
        match admit(&app, &user) {
            Ok(left) => allowance = left,
            Err(NotAdmitted { problem, left }) => {
                return with_allowance(refuse(&app, request, *problem), left);
            }
        }
    }
    request.extensions_mut().insert(user);
    with_allowance(next.run(request).await, allowance)
}

fn authenticated(app: &App, headers: &HeaderMap) -> Result<UserId, Problem> {
    let token =
        bearer::token(headers).map_err(|refusal| Problem::unauthorized(refusal.token_given))?;
    let caller = app.verifier.verify(token).map_err(|error| {
        tracing::debug!(error = %error, "token refused");
        Problem::unauthorized(true)
    })?;
    Ok(caller.into_subject())
}

/// Why a request is not let through, and what is left of the rate limit.
pub(super) struct NotAdmitted {
    pub(super) problem: Box<Problem>,
    pub(super) left: Option<Allowance>,
}

/// Lets a request of the user through that changes something.
pub(super) fn admit(app: &App, user: &UserId) -> Result<Option<Allowance>, NotAdmitted> {
    let refuse = |problem, left| NotAdmitted {
        problem: Box::new(problem),
        left,
    };
    if app.lifecycle.is_draining() {
        return Err(refuse(Problem::shutting_down(), None));
    }
    let checked = app.limits.check_rate(user);
    checked.map_err(|refused| refuse(Problem::rate_limited(refused.reset), Some(refused)))
}

fn refuse(app: &App, request: Request, problem: Problem) -> Response {
    let (parts, body) = request.into_parts();
    body::discard_unread(&parts.headers, Some(body), app.config.http.max_body_bytes);
    Refused::from(problem).into_response()
}

/// Adds the headers of the rate limit, if it was checked.
pub(super) fn with_allowance(mut response: Response, allowance: Option<Allowance>) -> Response {
    if let Some(allowance) = allowance {
        allowance.write(RATE_LIMIT_POLICY, response.headers_mut());
    }
    response
}
