//! A POST while it is checked. `/chat` and `/title` make the same checks in the same order.

use std::sync::Arc;

use axum::{body::Body, extract::Request, response::Response};
use bytes::Bytes;
use http::HeaderMap;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{app::App, rejection::not_admitted};
use crate::{
    auth::Caller,
    http::{
        body, negotiate::is_plain_json, problem::Problem, rate_limit::Allowance,
        request_id::RequestId,
    },
    process::memory::{Exceeded, Share},
    telemetry::Span,
};

/// The name of the rate limit in the response headers.
const RATE_LIMIT_POLICY: &str = "chat";

pub(super) struct Incoming {
    pub(super) app: Arc<App>,
    pub(super) request_id: RequestId,
    pub(super) headers: HeaderMap,
    /// Of the request.
    pub(super) span: Span,
    /// `None` once it has been read.
    body: Option<Body>,
    pub(super) deadline: Instant,
    /// `None` until the rate limit is checked, or if there is none.
    pub(super) allowance: Option<Allowance>,
}

/// Held while a request is answered: its memory, and its place among the active requests.
pub(super) type Slot = (Arc<Share<Caller>>, TaskTrackerToken);

impl Incoming {
    pub(super) fn new(app: Arc<App>, request_id: RequestId, request: Request) -> Self {
        let (parts, body) = request.into_parts();
        Self {
            deadline: Instant::now() + app.turn_timeout,
            app,
            request_id,
            span: parts.extensions.get().cloned().unwrap_or_default(),
            headers: parts.headers,
            body: Some(body),
            allowance: None,
        }
    }

    /// Makes all checks up to the body, and reads it. The first that fails determines the response.
    pub(super) async fn receive(&mut self, caller: &Caller) -> Result<(Slot, Bytes), Problem> {
        let (slot, reserved) = self.acquire_slot(caller)?;
        admit(&self.app, self.deadline).await?;
        if !is_plain_json(&self.headers) {
            return Err(Problem::unsupported_media_type());
        }
        let (max, deadline) = (self.app.http.max_body_bytes, Some(self.deadline));
        let counted = (&*slot.0, reserved);
        let bytes = body::read(&self.headers, &mut self.body, max, deadline, counted).await?;
        Ok((slot, bytes))
    }

    /// The slot of a request, and the number of bytes that are reserved for its body.
    fn acquire_slot(&mut self, caller: &Caller) -> Result<(Slot, usize), Problem> {
        let App { limits, http, .. } = &*self.app;
        if self.app.lifecycle.is_draining() {
            return Err(Problem::shutting_down());
        }
        let checked = limits.check_rate(caller);
        self.allowance = checked.unwrap_or_else(Some);
        checked.map_err(|refused| Problem::rate_limited(refused.reset))?;
        let share = limits.budget.begin(caller.clone())?;
        let reserved = body::reserve(&self.headers, http.max_body_bytes, &share)?;
        Ok(((Arc::new(share), self.app.lifecycle.begin()), reserved))
    }

    pub(super) fn reject(
        self,
        problem: &Problem,
        respond: fn(&Problem, &RequestId) -> Response,
    ) -> Response {
        body::discard_unread(&self.headers, self.body, self.app.http.max_body_bytes);
        respond(problem, &self.request_id)
    }
}

/// Adds the headers of the rate limit, if it was checked.
pub(super) fn with_allowance(mut response: Response, allowance: Option<Allowance>) -> Response {
    if let Some(allowance) = allowance {
        allowance.write(RATE_LIMIT_POLICY, response.headers_mut());
    }
    response
}

/// Waits in the admission queue, at most until the deadline.
async fn admit(app: &App, deadline: Instant) -> Result<(), Problem> {
    tokio::select! {
        biased;
        admitted = app.limits.admission.admit() => admitted.ok_or_else(|| Exceeded::Requests.into()),
        () = app.lifecycle.stopping().cancelled() => Err(Problem::shutting_down()),
        () = sleep_until(deadline) => Err(not_admitted()),
    }
}
