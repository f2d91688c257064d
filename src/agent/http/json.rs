//! The JSON response: collects a turn's events into one answer.

use std::pin::pin;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt};

use crate::{agent::Event, http::problem::Problem};

/// Responds with the last event of the turn: the whole answer, or the failure.
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
