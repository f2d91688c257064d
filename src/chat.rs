//! `POST /chat`: what comes in, in which order it is checked, and the two forms in which a turn goes out.

mod frames;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod request;

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use crate::{
    agent::{Done, Event, Failed, Ledger, Question, about, zone_name},
    app::{App, RequestId},
    body,
    error::{ApiError, Problem},
    history,
    listen::Connection,
    observe::Tally,
};

use frames::Frames;
pub use request::ChatRequest;

/// A client that is behind with its stream when the turn's time is up may catch up for so long.
const CATCH_UP: Duration = Duration::from_secs(5);
/// Once the turn is over, a client has so long to take what is left of the answer.
const TAKE_REST: Duration = Duration::from_secs(60);

/// Ask the agent.
#[utoipa::path(
    post, path = "/chat",
    request_body = ChatRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The finished turn; with `stream: true` or `Accept: text/event-stream`, its events \
            as they happen (`event: <type>`, `data: <JSON>`), of which `done` or `error` is the last.",
            content((Done = "application/json"), (Event = "text/event-stream"))),
        (status = 400, description = "`invalid_json`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "`model_error`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`model_overloaded`, `tools_unavailable`, `busy` or `shutting_down`", body = Problem, content_type = "application/problem+json"),
        (status = 504, description = "`timeout`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn chat(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    connection: Option<Extension<Connection>>,
    request: Request,
) -> Response {
    let deadline = Instant::now() + app.turn_timeout;
    let mut tally = Tally::new(app.clone(), request_id.clone());
    let (parts, body) = request.into_parts();
    let mut body = Some(body);
    match admit(
        &app,
        &request_id,
        &parts.headers,
        &mut body,
        deadline,
        &mut tally,
    )
    .await
    {
        Err(refusal) => {
            tally.refused(refusal.code);
            if let Some(body) = body.filter(|_| !parts.headers.contains_key(header::EXPECT)) {
                tokio::spawn(body::discard(body, app.http.max_body_bytes));
            }
            refusal.respond(&request_id)
        }
        Ok(Admitted {
            turn,
            streamed,
            held,
        }) => {
            let events = tally.observe(turn, held);
            let taker = Taker(connection);
            if streamed {
                taker.has_until(deadline + CATCH_UP);
                as_sse(events, taker)
            } else {
                as_json(events)
                    .await
                    .unwrap_or_else(|error| error.respond(&request_id))
            }
        }
    }
}

struct Admitted<T> {
    turn: crate::agent::Turn,
    streamed: bool,
    /// The turn's place among the running ones, for as long as it runs.
    held: T,
}

/// All checks, in the order in which they count.
async fn admit(
    app: &Arc<App>,
    request_id: &RequestId,
    headers: &HeaderMap,
    body: &mut Option<Body>,
    deadline: Instant,
    tally: &mut Tally,
) -> Result<Admitted<impl Send + use<>>, ApiError> {
    let accepts_events = names_event_stream(headers);
    tally.streamed(accepts_events);
    let caller = app.caller(headers)?;
    tally.user(&caller);
    if app.draining.is_cancelled() {
        return Err(ApiError::shutting_down());
    }
    app.limits.count(&caller).map_err(ApiError::rate_limited)?;
    let place = app.limits.enter().ok_or_else(ApiError::busy)?;
    let held = (place, app.chats.token());
    begun(app, deadline).await?;
    if !is_plain_json(headers) {
        return Err(ApiError::unsupported_media_type());
    }
    let bytes = body::read(headers, body, app.http.max_body_bytes, deadline).await?;
    let request: Value = request::read(&bytes)?;
    let size = bytes.len();
    drop(bytes);
    let ChatRequest {
        messages,
        stream,
        client_timezone,
        display_name,
    } = request::parse(request)?;
    let streamed = stream.unwrap_or(accepts_events);
    tally.streamed(streamed);
    let history = history::parse(messages)?;
    if history.dropped > 0 {
        tracing::debug!(
            blocks = history.dropped,
            "left out of the history what Claude would refuse"
        );
    }
    let question = Question {
        caller,
        request_id: request_id.shared(),
        history,
        size,
        about: about(client_timezone.as_deref(), display_name.as_deref()),
        time_zone: client_timezone
            .as_deref()
            .and_then(zone_name)
            .map(Into::into),
        deadline,
    };
    let turn = app.agent.begin(question).await.map_err(|failure| {
        ApiError::from(Failed::new(
            &failure,
            request_id.shared(),
            &Ledger::default(),
        ))
    })?;
    Ok(Admitted {
        turn,
        streamed,
        held,
    })
}

/// Waits in the line, if there is one, for no longer than a turn may wait for anything.
async fn begun(app: &App, deadline: Instant) -> Result<(), ApiError> {
    tokio::select! {
        biased;
        begun = app.limits.begin() => begun.ok_or_else(ApiError::busy),
        () = app.stopping.cancelled() => Err(ApiError::shutting_down()),
        () = sleep_until(deadline) => Err(ApiError::not_begun()),
    }
}

/// `Accept` names `text/event-stream`, not with `q=0`.
fn names_event_stream(headers: &HeaderMap) -> bool {
    let values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|essence| essence.eq_ignore_ascii_case("text/event-stream"));
        let refused =
            |part: &str| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
        named && !parts.any(refused)
    })
}

fn is_plain_json(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase())
    };
    let essence = text(header::CONTENT_TYPE).map(|value| {
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    });
    let json = essence.is_some_and(|essence| {
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    });
    json && text(header::CONTENT_ENCODING).is_none_or(|coding| coding.trim() == "identity")
}

/// Who gets the answer, for as long as it is being made. A client that has stopped to read would hold the turn for ever.
struct Taker(Option<Extension<Connection>>);

impl Taker {
    fn has_until(&self, limit: Instant) {
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
fn as_sse<T: Send + Unpin + 'static>(
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
async fn as_json(events: impl Stream<Item = Event>) -> Result<Response, ApiError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &header::HeaderName, values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn an_accept_header_that_names_the_event_stream_asks_for_it() {
        let asks = |values: &[&'static str]| names_event_stream(&headers(&header::ACCEPT, values));
        assert!(asks(&["text/event-stream"]));
        assert!(asks(&["application/json, Text/Event-Stream;q=0.5"]));
        assert!(asks(&["application/json", "text/event-stream"]));
        assert!(!asks(&["text/event-stream;q=0"]));
        assert!(!asks(&["*/*"]));
        assert!(!asks(&[]));
    }

    #[test]
    fn only_json_that_is_not_compressed_is_read() {
        let json = |values: &[&'static str]| is_plain_json(&headers(&header::CONTENT_TYPE, values));
        assert!(json(&["application/json"]));
        assert!(json(&["Application/JSON; charset=utf-8"]));
        assert!(json(&["application/vnd.chat+json"]));
        assert!(!json(&["text/plain"]));
        assert!(!json(&["application/jsonp"]));
        assert!(!json(&[]));
        let mut gzip = headers(&header::CONTENT_TYPE, &["application/json"]);
        gzip.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(!is_plain_json(&gzip));
    }
}
