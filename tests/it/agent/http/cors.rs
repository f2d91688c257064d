//! CORS.

use super::*;

async fn with_origins(origins: &str) -> TestApp {
    TestApp::builder()
        .env("CORS_ALLOWED_ORIGINS", origins)
        .unready()
        .start()
        .await
}

async fn preflight(app: &TestApp, origin: &str) -> Answer {
    let request = app
        .request(Method::OPTIONS, "/chat")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    Answer::of(request).await
}

/// The CORS headers, each a list in lower case and in order.
fn cors_headers(answer: &Answer) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("access-control-")?;
            let mut items: Vec<String> = value
                .to_str()
                .expect("text")
                .to_lowercase()
                .split(',')
                .map(|item| item.trim().to_owned())
                .collect();
            items.sort();
            Some((name.to_owned(), items.join(" ")))
        })
        .collect();
    found.sort();
    found
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    expected.iter().map(owned).collect()
}

#[tokio::test]
async fn a_preflight_of_an_allowed_origin_is_answered_without_a_token() {
    let allowed = [
        "https://app.example.com",
        "http://localhost:3000",
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "app://.",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "https://xn--bcher-kva.example",
        "http://[::1]:8080",
    ];
    let app = with_origins(&allowed.join(", ")).await;
    for origin in allowed {
        let answer = preflight(&app, origin).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
        assert_eq!(
            cors_headers(&answer),
            pairs(&[
                (
                    "allow-headers",
                    "accept authorization content-type x-request-id"
                ),
                ("allow-methods", "get options post"),
                ("allow-origin", origin),
                ("max-age", "600"),
            ])
        );
    }
}

#[tokio::test]
async fn answers_for_an_allowed_origin_expose_id_waits_and_limits_and_allow_no_credentials() {
    let app = with_origins("https://app.example.com").await;
    for path in ["/health", "/nothing", "/chat"] {
        let request = app
            .request(Method::GET, path)
            .header("origin", "https://app.example.com");
        let answer = Answer::of(request).await;
        assert_eq!(
            cors_headers(&answer),
            pairs(&[
                ("allow-origin", "https://app.example.com"),
                (
                    "expose-headers",
                    "ratelimit ratelimit-policy retry-after x-request-id"
                ),
            ]),
            "{path}"
        );
        let vary = answer.header("vary").unwrap_or_default();
        assert!(vary.contains("origin"), "{path}: a cache must know: {vary}");
    }
}

#[tokio::test]
async fn a_401_can_be_read_by_an_allowed_origin() {
    let app = with_origins("https://app.example.com").await;
    let request = app
        .request(Method::POST, "/chat")
        .header("origin", "https://app.example.com");
    let answer = Answer::of(request).await;
    assert_eq!(answer.error(), (401, "unauthorized"));
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.example.com")
    );
}

#[tokio::test]
async fn other_origins_are_not_allowed() {
    let app = with_origins("https://app.example.com").await;
    for origin in [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.org",
        "null",
    ] {
        let asked = preflight(&app, origin).await;
        assert_eq!(asked.header("access-control-allow-origin"), None);
        let request = app.request(Method::GET, "/health").header("origin", origin);
        let answer = Answer::of(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_star_allows_any_origin_and_no_credentials() {
    let app = with_origins("*").await;
    let asked = preflight(&app, "https://anything.example.com").await;
    assert_eq!(asked.header("access-control-allow-origin"), Some("*"));
    assert_eq!(asked.header("access-control-allow-credentials"), None);
    let request = app
        .request(Method::GET, "/health")
        .header("origin", "https://anything.example.com");
    assert_eq!(
        cors_headers(&Answer::of(request).await),
        pairs(&[
            ("allow-origin", "*"),
            (
                "expose-headers",
                "ratelimit ratelimit-policy retry-after x-request-id"
            )
        ])
    );
}

#[tokio::test]
async fn without_allowed_origins_there_are_no_cors_headers() {
    let app = with_origins("").await;
    let asked = preflight(&app, "https://app.example.com").await;
    assert_eq!(asked.error(), (405, "method_not_allowed"));
    let request = app
        .request(Method::GET, "/health")
        .header("origin", "https://app.example.com");
    let answer = Answer::of(request).await;
    assert_eq!(
        (cors_headers(&asked), cors_headers(&answer)),
        (vec![], vec![])
    );
}
