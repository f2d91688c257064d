//! Request id, tracing span and security headers, and what becomes of a panic.

use std::any::Any;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tracing::Instrument;

use crate::{http::problem::ApiError, http::request_id::RequestId};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives a request its id and its span, and a response the headers that every response has.
pub(crate) async fn attach(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    // At error level, so that whatever is logged carries the id.
    let span = tracing::error_span!("request", request_id = id.as_str());
    tracing::debug!(parent: &span, method = %request.method(), path = request.uri().path(), "request");
    let mut response = next.run(request).instrument(span).await;
    if response.extensions().get::<Panicked>().is_some() {
        let dressed = std::mem::replace(&mut response, ApiError::internal().respond(&id));
        let cors = |name: &HeaderName| {
            name.as_str().starts_with("access-control-") || name == header::VARY
        };
        response.headers_mut().extend(
            dressed
                .headers()
                .clone()
                .into_iter()
                .filter(|(name, _)| name.as_ref().is_some_and(cors)),
        );
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The page and the stream have their own.
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

#[derive(Clone)]
struct Panicked;

/// The panic hook has logged where; what it said may hold user text.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Panicked);
    response
}
