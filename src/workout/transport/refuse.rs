//! Refusals of the transport.

use axum::{body::HttpBody, extract::Request, response::Response};

use super::MAX_BODY_BYTES;
use crate::http::{body, problem::Problem, request_id::RequestId};

/// Refuses a request; the rest of its body is read and discarded.
pub(super) fn refuse(request: Request, error: &Problem) -> Response {
    let (parts, body) = request.into_parts();
    tracing::debug!(code = error.code.as_str(), "request refused");
    let unread = (!body.is_end_stream()).then_some(body);
    body::discard_unread(&parts.headers, unread, MAX_BODY_BYTES);
    let id = parts.extensions.get::<RequestId>().cloned();
    error.respond(&id.unwrap_or_else(|| RequestId::from_headers(&parts.headers)))
}
