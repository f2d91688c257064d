//! The span of a request in a trace: its method, its route and its status; nothing of its query, headers and body.

use super::body::hold_until_written;
use crate::telemetry::{Attribute, Begin, Span, SpanKind, Telemetry, names};
use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};

/// Asked every few seconds, by what watches the service.
const UNTRACED: [&str; 3] = ["/health", "/ready", "/metrics"];

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/// For any other method; `HTTP` in the span's name.
const OTHER: &str = "_OTHER";

/// Begins the span of a request, unless it is of [`UNTRACED`].
pub(super) fn begin(telemetry: &Telemetry, request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map(MatchedPath::as_str);
    if route.is_some_and(|route| UNTRACED.contains(&route)) {
        return Span::default();
    }
    telemetry.of_request(request.headers(), || {
        let method = method(request.method().as_str());
        let mut attributes = vec![
            Attribute::new(names::HTTP_REQUEST_METHOD, method),
            Attribute::new(names::URL_SCHEME, "http"),
        ];
        let name = match route {
            Some(route) => format!("{method} {route}"),
            None => method.to_owned(),
        };
        let name = name.replace(OTHER, "HTTP");
        if let Some(route) = route {
            attributes.push(Attribute::new(names::HTTP_ROUTE, route.to_owned()));
            // Another path holds what its client has put into it.
            if !route.contains('{') {
                attributes.push(Attribute::new(names::URL_PATH, route.to_owned()));
            }
        }
        Begin::new(SpanKind::Server, name, attributes)
    })
}

/// Ends the span when the response is written, or its client is gone.
pub(super) fn end(span: Span, response: Response) -> Response {
    if !span.is_on() {
        return response;
    }
    let status = response.status();
    span.set(names::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
    let failed = status.is_server_error().then(|| status.as_str().to_owned());
    hold_until_written(response, Written { span, failed })
}

struct Written {
    span: Span,
    /// The type of the error.
    failed: Option<String>,
}

impl Drop for Written {
    fn drop(&mut self) {
        match self.failed.take() {
            Some(error_type) => self.span.fail(error_type),
            None => self.span.end(),
        }
    }
}

/// A client may write any word.
fn method(method: &str) -> &'static str {
    let known = METHODS.iter().find(|known| **known == method);
    known.map_or(OTHER, |known| *known)
}
