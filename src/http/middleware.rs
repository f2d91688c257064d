//! The middleware of every server: request id, tracing span, security headers, CORS, panics, and the errors 404 and 405.

use std::{any::Any, time::Duration};

use axum::{
    Extension, Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};
use tracing::{Instrument, field};

use super::{
    problem::Problem,
    rate_limit::{RATE_LIMIT, RATE_LIMIT_POLICY},
    request_id::RequestId,
    server_span,
};
use crate::telemetry::Telemetry;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a browser may cache the response to a preflight.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(600);

const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// Security headers of every response.
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    // A page that opens the chat page gets no handle to it, and none may embed what is served here.
    (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
];
/// Headers of responses that do not set their own, as pages and streams do.
const DEFAULTS: [(HeaderName, &str); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// Adds the shared middleware and the fallbacks to the routes of a server.
pub(crate) fn wrap<S: Clone + Send + Sync + 'static>(
    routes: Router<S>,
    cors: Option<CorsLayer>,
    telemetry: Telemetry,
) -> Router<S> {
    let layers = ServiceBuilder::new()
        // Outermost: preflights and panics get an id, a span and the security headers too.
        .layer(from_fn_with_state(telemetry, attach))
        // Before the routes, which have no OPTIONS.
        .option_layer(cors)
        // Innermost: the response to a panic passes through all other layers.
        .layer(CatchPanicLayer::custom(panicked));
    routes
        .fallback(async |Extension(id): Extension<RequestId>| Problem::not_found().respond(&id))
        .method_not_allowed_fallback(async |Extension(id): Extension<RequestId>| {
            Problem::method_not_allowed().respond(&id)
        })
        .layer(layers)
}

/// The CORS policy of a server: the methods, and the headers of requests and responses besides the usual ones.
pub(crate) fn cors(
    origins: AllowOrigin,
    methods: &[Method],
    request_headers: &[HeaderName],
    response_headers: &[HeaderName],
) -> CorsLayer {
    let usual_of_requests = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::ACCEPT,
        REQUEST_ID,
    ];
    let usual_of_responses = [
        REQUEST_ID,
        header::RETRY_AFTER,
        RATE_LIMIT,
        RATE_LIMIT_POLICY,
    ];
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(methods.to_vec())
        .allow_headers([&usual_of_requests, request_headers].concat())
        .expose_headers([&usual_of_responses, response_headers].concat())
        .max_age(PREFLIGHT_MAX_AGE)
}

/// Adds the id and the spans to the request, and the common headers to the response.
async fn attach(State(telemetry): State<Telemetry>, mut request: Request, next: Next) -> Response {
    let id = RequestId::from_headers(request.headers());
    request.extensions_mut().insert(id.clone());
    // At error level, so that every log line carries the id.
    let span = tracing::error_span!("request", request_id = id.as_str(), trace_id = field::Empty);
    let traced = server_span::begin(&telemetry, &request);
    if let Some(trace_id) = traced.trace_id() {
        span.record("trace_id", trace_id);
        request.extensions_mut().insert(traced.clone());
    }
    tracing::debug!(parent: &span, method = %request.method(), path = request.uri().path(), "request");
    let mut response = next.run(request).instrument(span).await;
    if response.extensions().get::<Panicked>().is_some() {
        response = internal_error(&response, &id);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in DEFAULTS {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    }
    server_span::end(traced, response)
}

#[derive(Clone)]
struct Panicked;

/// Marks the response: only [`attach`] knows the request's id. The panic hook logs where it happened.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Panicked);
    response
}

/// A 500 with the CORS headers of the response that it replaces.
fn internal_error(marked: &Response, id: &RequestId) -> Response {
    let mut response = Problem::internal().respond(id);
    for (name, value) in marked.headers() {
        if name.as_str().starts_with("access-control-") || name == header::VARY {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}
