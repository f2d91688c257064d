//! Connections that close before a response, and the headers of a request.

use super::app_with;
use crate::support::{fake_claude::Reply, raw_http, test_app::TestApp};

const NO_RETRIES: [(&str, &str); 1] = [("CLAUDE_MAX_RETRIES", "0")];

#[tokio::test]
async fn a_pooled_connection_that_closes_is_replaced_without_using_a_retry() {
    let replies = [Reply::text("one"), Reply::raw(""), Reply::text("two")];
    let app = app_with(&NO_RETRIES, replies).await;
    for expected in ["one", "two"] {
        let answer = app.ask("hi").await.ok();
        assert_eq!(answer["content"][0]["text"], expected);
    }
    assert_eq!(app.claude.asked().len(), 3);
    let metrics = app.get("/metrics").await.text;
    assert!(!metrics.contains("claude_retries_total{"), "{metrics}");
}

#[tokio::test]
async fn a_new_connection_that_closes_uses_a_retry() {
    let app = app_with(&NO_RETRIES, [Reply::raw("")]).await;
    assert_eq!(app.ask("hi").await.error(), (502, "model_error"));
    assert_eq!(app.claude.asked().len(), 1);
}

#[tokio::test]
async fn a_request_states_its_length_and_asks_for_no_compression() {
    let app = TestApp::with([Reply::text("hi")]).await;
    app.ask("hi").await.ok();
    let asked = &app.claude.asked()[0];
    let length = asked.headers["content-length"].to_str().unwrap();
    assert_eq!(length.parse(), Ok(asked.body.to_string().len()));
    assert_eq!(asked.headers.get("transfer-encoding"), None);
    assert_eq!(asked.headers["accept-encoding"], "identity");
}

#[tokio::test]
async fn what_follows_an_ambiguous_response_is_not_the_response_to_the_next_request() {
    let leftover = raw_http::answer(400, &[], b"the leftover");
    let text = || Reply::text("one").followed_by(leftover.clone());
    for (case, first) in [
        ("extra bytes", text()),
        ("both lengths", text().header("content-length", "9000")),
        ("close ignored", text().header("connection", "close")),
    ] {
        let app = app_with(&NO_RETRIES, [first, Reply::text("two")]).await;
        for expected in ["one", "two"] {
            let answer = app.ask("hi").await.ok();
            assert_eq!(answer["content"][0]["text"], expected, "{case}");
        }
        assert_eq!(app.claude.asked().len(), 2, "{case}");
    }
}

#[tokio::test]
async fn a_reset_after_an_informational_response_is_retried_on_a_new_connection() {
    let reset = Reply::raw("HTTP/1.1 100 Continue\r\n\r\n");
    let app = TestApp::with([Reply::text("one"), reset, Reply::text("two")]).await;
    for expected in ["one", "two"] {
        let answer = app.ask("hi").await.ok();
        assert_eq!(answer["content"][0]["text"], expected);
    }
}
