use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::{HeaderValue, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::{http::middleware::REQUEST_ID, telemetry::Telemetry};

async fn broken() -> StatusCode {
    panic!("MARKER")
}

#[tokio::test]
async fn a_panic_is_a_500_with_all_common_headers_and_without_its_message() {
    let origin = HeaderValue::from_static("https://app.example");
    let routes = Router::new().route("/", get(broken));
    let router = middleware::wrap(
        routes,
        cors(&Cors::Origins(vec![origin.clone()])),
        Telemetry::default(),
    );
    let request = Request::get("/")
        .header(REQUEST_ID, "the-id")
        .header(header::ORIGIN, origin)
        .body(Body::empty())
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 500);
    let (mut head, body) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let mut headers: Vec<_> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            ("access-control-allow-origin", "https://app.example"),
            (
                "access-control-expose-headers",
                "x-request-id,retry-after,ratelimit,ratelimit-policy"
            ),
            ("cache-control", "no-store"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'"
            ),
            ("content-type", "application/problem+json"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            (
                "vary",
                "origin, access-control-request-method, access-control-request-headers"
            ),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("x-request-id", "the-id"),
        ]
    );
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let said = "Something went wrong on our side.";
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap(),
        json!({"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": said,
            "error": said, "code": "internal", "request_id": "the-id"})
    );
}
