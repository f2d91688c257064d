//! The request that begins a run, as the cause of the run's traces.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{Extensions, request::Parts};

use crate::{runs::model::NewRun, telemetry::Span};

/// The span of the request, if traces are on.
pub(super) struct Cause(Span);

impl Cause {
    pub(super) fn new(extensions: &Extensions) -> Self {
        Self(extensions.get().cloned().unwrap_or_default())
    }

    /// The run, with its cause.
    pub(super) fn of(&self, mut run: NewRun) -> NewRun {
        run.input.traceparent = self.0.traceparent();
        run
    }
}

impl<S: Sync> FromRequestParts<S> for Cause {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::new(&parts.extensions))
    }
}
