//! The two forms in which a turn goes out, and who takes it.

use std::{pin::pin, time::Duration};

use axum::{
    Extension, Json,
    body::Body,
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt};
use http::{HeaderName, HeaderValue, header};
use tokio::time::Instant;

use super::frames::Frames;
use crate::{agent::Event, http::problem::ApiError, http::server::Connection};

/// Once the turn is over, a client has so long to take what is left of the answer.
const TAKE_REST: Duration = Duration::from_secs(60);

/// Who gets the answer, for as long as it is being made. A client that has stopped to read would hold the turn for ever.
pub(super) struct Taker(pub(super) Option<Extension<Connection>>);

impl Taker {
    pub(super) fn has_until(&self, limit: Instant) {
        if let Some(Extension(connection)) = &self.0 {
            connection.patient_until(limit);
        }
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.has_until(Instant::now() + TAKE_REST);
    }
}

/// Events as they come; those that are ready together leave together.
pub(super) fn as_sse<T: Send + Unpin + 'static>(
    events: impl Stream<Item = Event> + Send + 'static,
    held: T,
) -> Response {
    let mut response = Response::new(Body::new(Frames::of(events, held)));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// The same events, of which the last one says it all.
pub(super) async fn as_json(events: impl Stream<Item = Event>) -> Result<Response, ApiError> {
    let mut events = pin!(events);
    let mut answer = Err(ApiError::internal());
    while let Some(event) = events.next().await {
        match event {
            Event::Done(done) => answer = Ok(Json(*done).into_response()),
            Event::Error(failed) => answer = Err((*failed).into()),
            _ => {}
        }
    }
    answer
}
