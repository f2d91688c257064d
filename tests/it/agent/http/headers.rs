//! Headers of every response.

use super::*;

fn security_headers(headers: &http::HeaderMap) -> [Option<&str>; 7] {
    [
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "content-security-policy",
        "cache-control",
    ]
    .map(|name| {
        let mut all = headers.get_all(name).iter();
        let one = all.next().and_then(|value| value.to_str().ok());
        one.filter(|_| all.next().is_none())
    })
}

const SECURE: [Option<&str>; 6] = [
    Some("nosniff"),
    Some("DENY"),
    Some("no-referrer"),
    Some("same-origin"),
    Some("same-origin"),
    Some("default-src 'none'; frame-ancestors 'none'"),
];

#[tokio::test]
async fn every_response_has_the_security_headers_and_an_id() {
    let app = TestApp::builder()
        .env("CORS_ALLOWED_ORIGINS", "https://app.example.com")
        .start()
        .await;
    app.claude.push(Reply::text("hi"));
    let get = |path| app.request(Method::GET, path);
    let post = || app.post("sam");
    let preflight = app
        .request(Method::OPTIONS, "/chat")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST");
    let requests = [
        (200, get("/health")),
        (200, app.request(Method::HEAD, "/health")),
        (200, get("/ready")),
        (200, get("/metrics")),
        (200, get("/openapi.json")),
        (200, preflight),
        (200, post().body(user("hello").to_string())),
        (404, get("/nothing")),
        (405, get("/chat")),
        (401, app.request(Method::POST, "/chat")),
        (415, post().header("content-encoding", "gzip")),
        (400, post()),
        (422, post().body("{}")),
    ];
    for (status, request) in requests {
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        let [secure @ .., cache] = security_headers(&answer.headers);
        assert_eq!((secure, cache), (SECURE, Some("no-store")), "{status}");
        let id = answer.header("x-request-id").unwrap_or_default();
        assert!(is_uuid_v7(id), "{status}: {id:?}");
    }
}

#[tokio::test]
async fn a_stream_has_the_security_headers_and_is_not_cached() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let stream = app.ask_streaming("hello").await;
    let [secure @ .., cache] = security_headers(stream.headers());
    assert_eq!((secure, cache), (SECURE, Some("no-cache")));
    assert_eq!(stream.headers()["x-accel-buffering"], "no");
    stream.last("done").await;
}
