//! Responses of the transport: refusals, and those that hold something until they are written.

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::Response,
};
use http::header;
use http_body_util::BodyExt;

use super::MAX_BODY_BYTES;
use crate::http::{body, problem::Problem, request_id::RequestId};

/// Refuses a request; the rest of its body is read and discarded.
pub(super) fn refuse(request: Request, error: &Problem) -> Response {
    let (parts, body) = request.into_parts();
    tracing::debug!(code = error.code.as_str(), "request refused");
    if !body.is_end_stream() && !parts.headers.contains_key(header::EXPECT) {
        tokio::spawn(body::discard(body, MAX_BODY_BYTES));
    }
    let id = parts.extensions.get::<RequestId>().cloned();
    error.respond(&id.unwrap_or_else(|| RequestId::from_headers(&parts.headers)))
}

/// Keeps `held` until the response is written.
pub(super) fn hold_until_end(response: Response, held: impl Send + Sync + 'static) -> Response {
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &held;
            frame
        }))
    })
}
