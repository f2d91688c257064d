//! The spans of what fails, is repeated or is given up.

use serde_json::{Value, json};

use super::with;
use crate::support::{
    fake_claude::Reply,
    otlp::{Collector, only},
};

const AGENT: &str = "invoke_agent prog-strength";
const CHAT: &str = "chat claude-sonnet-4-6";

fn overloaded() -> Reply {
    Reply::error(529, "overloaded_error", "later").header("retry-after-ms", "1")
}

#[tokio::test]
async fn retries_are_events_of_the_request() {
    let collector = Collector::start().await;
    let app = with(&collector, [overloaded(), overloaded(), Reply::text("hi")]).await;
    app.ask("hello").await.ok();
    let spans = collector.spans("POST /chat", 1).await;
    let chat = only(&spans, CHAT);
    let event = |wait: &Value| {
        let attributes = [
            ("error.type", json!("529")),
            ("prog_strength.retry.wait", wait.clone()),
        ];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
        ("prog_strength.retry".to_owned(), attributes.into())
    };
    assert_eq!(chat.events, [event(&json!(0.001)), event(&json!(0.001))]);
    assert!(!chat.is_error);
    let told: Vec<_> = app
        .claude
        .asked()
        .into_iter()
        .map(|it| it.headers["traceparent"].clone())
        .collect();
    assert_eq!(told.last().expect("asked"), &chat.traceparent());
}

#[tokio::test]
async fn a_refused_request_fails_its_turn_and_its_http_request() {
    let collector = Collector::start().await;
    let app = with(
        &collector,
        [Reply::error(400, "invalid_request_error", "no")],
    )
    .await;
    assert_eq!(app.ask("hello").await.status, 502);
    let spans = collector.spans("POST /chat", 1).await;
    for (name, error_type) in [(CHAT, "400"), (AGENT, "model_error"), ("POST /chat", "502")] {
        let span = only(&spans, name);
        assert!(span.is_error, "{name}");
        assert_eq!(span.get("error.type"), error_type, "{name}");
    }
    let reasons = only(&spans, CHAT).get("gen_ai.response.finish_reasons");
    assert_eq!(reasons, json!(["error"]));
}

#[tokio::test]
async fn failed_tool_calls_have_the_type_of_their_error() {
    for (tool, error_type, code) in [
        ("fail", "tool_error", None),
        ("rpc_error", "-32603", Some("-32603")),
        ("no_such_tool", "invalid", None),
    ] {
        let collector = Collector::start().await;
        let replies = [Reply::tool("t1", tool, json!({})), Reply::text("so be it")];
        let app = with(&collector, replies).await;
        app.ask("go").await.ok();
        let spans = collector.spans("POST /chat", 1).await;
        let span = only(&spans, &format!("execute_tool {tool}"));
        assert!(span.is_error, "{tool}");
        assert_eq!(span.get("error.type"), error_type, "{tool}");
        assert_eq!(span.get("rpc.response.status_code"), json!(code), "{tool}");
        // The turn has not failed.
        assert!(!only(&spans, AGENT).is_error);
    }
}

#[tokio::test]
async fn what_a_client_gives_up_is_cancelled_and_a_write_ends_as_it_ended() {
    let collector = Collector::start().await;
    let app = with(&collector, [Reply::tool("t1", "slow_write", json!({}))]).await;
    let stream = app.ask_streaming("go").await;
    app.mcp.called_tool("slow_write").await;
    drop(stream);
    let spans = collector.spans(AGENT, 1).await;
    let agent = only(&spans, AGENT);
    assert_eq!(
        (agent.is_error, agent.get("error.type")),
        (true, json!("cancelled"))
    );
    app.mcp.gate.open(1);
    let spans = collector.spans("execute_tool slow_write", 1).await;
    assert!(!only(&spans, "execute_tool slow_write").is_error);
}

#[tokio::test]
async fn a_reply_that_is_cut_off_by_the_deadline_is_a_timeout() {
    let collector = Collector::start().await;
    let app = super::traced(&collector).env("AGENT_TURN_TIMEOUT_SECS", "1");
    let app = app.start().await;
    app.claude.push(Reply::hang_before_headers());
    assert_eq!(app.ask("go").await.status, 504);
    let spans = collector.spans("POST /chat", 1).await;
    assert_eq!(only(&spans, CHAT).get("error.type"), "timeout");
    assert_eq!(only(&spans, AGENT).get("error.type"), "timeout");
}
