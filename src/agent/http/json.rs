//! A turn as one JSON response.

use std::pin::pin;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt};

use crate::{agent::Event, http::problem::Problem};

/// The last event: the whole answer, or the failure.
pub(super) async fn respond(events: impl Stream<Item = Event>) -> Result<Response, Problem> {
    let mut events = pin!(events);
    let mut answer = Err(Problem::internal());
    while let Some(event) = events.next().await {
        match event {
            Event::Done(done) => answer = Ok(Json(*done).into_response()),
            Event::Error(failed) => answer = Err((*failed).into()),
            _ => {}
        }
    }
    answer
}
