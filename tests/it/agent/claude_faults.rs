//! Errors and overload of Claude: retries, and the error the client gets.

mod broken_replies;
mod connections;
mod cut_off_turns;
mod encodings;
mod fallback;
mod retry_delays;
mod timeouts;

use serde_json::{Value, json};

use crate::support::{fake_claude::Reply, test_app::TestApp};

/// A failure with a short `retry-after-ms`.
fn quickly(reply: Reply) -> Reply {
    reply.header("retry-after-ms", "5")
}

fn overloaded() -> Reply {
    quickly(Reply::error(529, "overloaded_error", "Overloaded"))
}

async fn app_with(settings: &[(&str, &str)], replies: impl IntoIterator<Item = Reply>) -> TestApp {
    let builder = settings
        .iter()
        .fold(TestApp::builder(), |builder, (name, value)| {
            builder.env(name, value)
        });
    let app = builder.start().await;
    app.claude.push_all(replies);
    app
}

#[tokio::test]
async fn conflicts_rate_limits_and_server_errors_are_retried() {
    for status in [408, 409, 429, 500, 502, 503, 504, 520, 529] {
        let app = TestApp::with([
            quickly(Reply::status(status, "{}")),
            Reply::text("here I am"),
        ])
        .await;
        let answer = app.ask("hi").await.ok();
        assert_eq!(answer["content"][0]["text"], "here I am", "{status}");
    }
}

#[tokio::test]
async fn a_refused_request_or_key_is_not_retried_and_is_a_502_without_the_upstreams_words() {
    for status in [400, 401, 402, 403, 404, 413, 422] {
        let app = TestApp::with([Reply::error(status, "some_error", "the-upstreams-secret")]).await;
        let answer = app.ask("hi").await;
        assert_eq!(answer.error(), (502, "model_error"), "{status}");
        assert!(
            !answer.text.contains("secret") && !answer.text.contains("sk-test"),
            "{}",
            answer.text
        );
        assert_eq!(app.claude.asked().len(), 1);
    }
}

#[tokio::test]
async fn x_should_retry_overrides_the_status() {
    let app = TestApp::with([
        quickly(Reply::error(400, "invalid_request_error", "x").header("x-should-retry", "true")),
        Reply::text("second"),
        Reply::error(529, "overloaded_error", "x").header("x-should-retry", "false"),
    ])
    .await;
    assert_eq!(app.ask("hi").await.ok()["content"][0]["text"], "second");
    assert_eq!(app.ask("hi").await.error(), (503, "model_overloaded"));
    assert_eq!(app.claude.asked().len(), 3);
}

#[tokio::test]
async fn a_failure_is_retried_as_often_as_configured() {
    let app = app_with(
        &[("CLAUDE_MAX_RETRIES", "2")],
        [overloaded(), overloaded(), overloaded()],
    )
    .await;
    assert_eq!(app.ask("hi").await.error(), (503, "model_overloaded"));
    assert_eq!(app.claude.asked().len(), 3);
    let app = app_with(&[("CLAUDE_MAX_RETRIES", "0")], [overloaded()]).await;
    assert_eq!(app.ask("hi").await.error(), (503, "model_overloaded"));
}

#[tokio::test]
async fn after_all_retries_overload_is_a_503_with_retry_after_and_other_failures_a_502() {
    for (status, expected) in [
        (429, (503, "model_overloaded")),
        (503, (503, "model_overloaded")),
        (529, (503, "model_overloaded")),
        (408, (502, "model_error")),
        (409, (502, "model_error")),
        (500, (502, "model_error")),
        (502, (502, "model_error")),
        (504, (502, "model_error")),
    ] {
        let fails = || quickly(Reply::status(status, "{}"));
        let app = app_with(&[("CLAUDE_MAX_RETRIES", "1")], [fails(), fails()]).await;
        let answer = app.ask("hi").await;
        assert_eq!(answer.error(), expected, "{status}");
        assert!(
            expected.0 != 503 || answer.header("retry-after").is_some(),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_spend_limit_is_not_retried() {
    let body = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "spend",
        "details": {"error_code": "enforced_spend_limit_reached"}}});
    let app = TestApp::with([Reply::status(429, body.to_string())]).await;
    assert_eq!(app.ask("hi").await.error(), (502, "model_error"));
    assert_eq!(app.claude.asked().len(), 1);
}

#[tokio::test]
async fn an_html_error_page_is_classified_by_its_status() {
    let page = || {
        quickly(Reply::raw(
            "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\nretry-after-ms: 5\r\ncontent-length: 14\r\n\r\n<html>cf</html",
        ))
    };
    let app = app_with(&[("CLAUDE_MAX_RETRIES", "1")], [page(), page()]).await;
    let answer = app.ask("hi").await;
    assert_eq!(answer.error(), (502, "model_error"));
    assert!(!answer.text.contains("html"), "{}", answer.text);
    assert_eq!(app.claude.asked().len(), 2);
}

#[tokio::test]
async fn an_html_page_with_status_200_is_a_failure_and_not_retried() {
    let page = || {
        Reply::raw("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>")
    };
    let app = app_with(&[("CLAUDE_MAX_RETRIES", "1")], [page()]).await;
    assert_eq!(app.ask("hi").await.error(), (502, "model_error"));
    assert_eq!(app.claude.asked().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let app = TestApp::with([Reply::status(307, "").header("location", "/v1/messages")]).await;
    assert_eq!(app.ask("hi").await.error(), (502, "model_error"));
    assert_eq!(app.claude.asked().len(), 1);
}

#[tokio::test]
async fn an_unreachable_claude_is_a_502() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{closed}");
    let app = app_with(
        &[("ANTHROPIC_BASE_URL", &url), ("CLAUDE_MAX_RETRIES", "1")],
        [],
    )
    .await;
    let answer = app.ask("hi").await;
    assert_eq!(answer.error(), (502, "model_error"));
    assert!(
        !answer.text.contains(&closed.port().to_string()),
        "{}",
        answer.text
    );
    assert_eq!(app.get("/health").await.status, 200);
}

#[tokio::test]
async fn an_error_response_has_the_documented_shape() {
    let app = TestApp::with([Reply::error(
        401,
        "authentication_error",
        "invalid x-api-key",
    )])
    .await;
    let answer = app.ask("hi").await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let Value::Object(body) = &answer.body else {
        panic!("{}", answer.text)
    };
    assert_eq!(
        [&body["type"], &body["status"], &body["code"]],
        [&json!("about:blank"), &json!(502), &json!("model_error")]
    );
    assert_eq!(body["error"], body["detail"]);
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"));
    assert!(body["title"].is_string());
}
