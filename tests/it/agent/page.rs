//! The chat page: its files, headers and configuration.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    test_app::{TestApp, user},
};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:";

async fn with_page() -> TestApp {
    TestApp::builder().env("AGENT_PAGE", "on").start().await
}

async fn get(app: &TestApp, path: &str) -> Answer {
    Answer::of(app.request(Method::GET, path)).await
}

/// The paths that the page's files name.
async fn files(app: &TestApp) -> Vec<String> {
    let (mut found, mut next) = (vec!["/".to_owned()], 0);
    while let Some(path) = found.get(next).cloned() {
        let text = get(app, &path).await.text;
        let quoted = text.split(['"', '\'']).filter_map(|part| {
            let name = part.strip_prefix("./").or(part.strip_prefix("/page/"))?;
            let dotted = name.contains('.') && !name.contains(char::is_whitespace);
            dotted.then(|| format!("/page/{name}"))
        });
        for file in quoted {
            if !found.contains(&file) {
                found.push(file);
            }
        }
        next += 1;
    }
    found
}

#[tokio::test]
async fn there_is_no_page_by_default() {
    let app = TestApp::start().await;
    for path in ["/", "/page/app.js", "/page/config.json"] {
        assert_eq!(get(&app, path).await.error(), (404, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn every_file_that_the_page_names_is_served_with_its_type_and_a_strict_policy() {
    let app = with_page().await;
    let files = files(&app).await;
    assert!(files.len() > 5, "{files:?}");
    for path in files.iter().filter(|path| *path != "/page/config.json") {
        let file = get(&app, path).await;
        assert_eq!(file.status, 200, "{path}");
        let kind = match path.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(file.header("content-type"), Some(kind), "{path}");
        let policy = file.header("content-security-policy").unwrap();
        assert!(policy.starts_with(POLICY), "{path}: {policy}");
        for more in [
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(more), "{path}: {policy}");
        }
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(file.header("x-frame-options"), Some("DENY"));
        assert_eq!(
            file.header("cross-origin-opener-policy"),
            Some("same-origin")
        );
        assert!(file.header("x-request-id").is_some());
    }
}

#[tokio::test]
async fn a_file_that_has_not_changed_is_not_sent_again() {
    let app = with_page().await;
    let first = get(&app, "/page/app.js").await;
    let tag = first.header("etag").unwrap();
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    for known in [tag, &format!("W/{tag}"), &format!("\"x\", {tag}"), "*"] {
        let again = app.request(Method::GET, "/page/app.js");
        let again = Answer::of(again.header("if-none-match", known)).await;
        assert_eq!(
            (again.status.as_u16(), again.text.as_str()),
            (304, ""),
            "{known}"
        );
        assert_eq!(again.header("etag"), Some(tag));
    }
    let other = app.request(Method::GET, "/page/app.js");
    let other = Answer::of(other.header("if-none-match", "\"x\"")).await;
    assert_eq!((other.status.as_u16(), other.text), (200, first.text));
}

#[tokio::test]
async fn the_page_holds_no_code_or_style_of_its_own_and_names_no_other_host() {
    let app = with_page().await;
    let html = get(&app, "/").await.text.to_lowercase();
    for inline in [
        "<style",
        " style=",
        "javascript:",
        " onclick=",
        " onload=",
        "http:",
        "https:",
    ] {
        assert!(!html.contains(inline), "{inline}");
    }
    for script in html.split("<script").skip(1) {
        assert!(script.contains("src=\"/page/"), "{script}");
        assert!(script.contains("></script>"), "{script}");
    }
}

#[tokio::test]
async fn in_service_the_page_is_told_the_model_and_given_no_token() {
    let app = TestApp::builder()
        .env("AGENT_PAGE", "on")
        .env("CLAUDE_MODEL", "claude-opus-5")
        .start()
        .await;
    let told = json!({"version": env!("CARGO_PKG_VERSION"), "claude": {"kind": "anthropic", "model": "claude-opus-5"},
        "token": Value::Null, "demo": false, "max_photo_bytes": 5_242_880, "runs": Value::Null});
    assert_eq!(get(&app, "/page/config.json").await.ok(), told);
}

#[tokio::test]
async fn the_page_does_not_affect_other_routes() {
    let app = with_page().await;
    let health = get(&app, "/health").await;
    assert_eq!(
        health.header("content-security-policy"),
        Some("default-src 'none'; frame-ancestors 'none'")
    );
    assert_eq!(get(&app, "/page/none.js").await.error(), (404, "not_found"));
    let posted = Answer::of(app.request(Method::POST, "/").json(&user("hi"))).await;
    assert_eq!(posted.error(), (405, "method_not_allowed"));
}
