//! What spans hold of messages, tools and users: nothing, or what was asked for.

use serde_json::{Value, json};

use super::{traced, with};
use crate::support::{
    fake_claude::Reply,
    otlp::{Collector, only},
    test_app::{Answer, TestApp},
};

const CAPTURE: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
/// In the user's message, Claude's reply, a tool's input and its result.
const MARKERS: [&str; 4] = ["MARKER-said", "MARKER-replied", "MARKER-input", "MARKER-id"];

/// A turn with all markers, by a user whose id and name are markers.
async fn marked_turn(app: &TestApp) {
    app.claude.push_all([
        Reply::tool(
            "t1",
            "whoami",
            json!({"note": MARKERS[2], "user_id": "user-made-up"}),
        ),
        Reply::text(MARKERS[1]),
    ]);
    let body = json!({"messages": [{"role": "user", "content": MARKERS[0]}], "display_name": "MARKER-name"});
    let request = app.post(MARKERS[3]).header("x-request-id", "r1");
    Answer::of(request.body(body.to_string())).await.ok();
}

#[tokio::test]
async fn by_default_no_span_holds_messages_inputs_results_users_or_secrets() {
    let collector = Collector::start().await;
    let app = traced(&collector).env("ANTHROPIC_API_KEY", "sk-MARKER-key");
    let app = app.env("PROG_STRENGTH_MCP_TOKEN", "MARKER-token").env(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "authorization=Bearer%20MARKER-collector",
    );
    let app = app.start().await;
    marked_turn(&app).await;
    let failing = [Reply::error(400, "invalid_request_error", "MARKER-refusal")];
    app.claude.push_all(failing);
    app.chat(
        "MARKER-id",
        &json!({"messages": [{"role": "user", "content": "MARKER-said"}]}),
    )
    .await;
    collector.spans("POST /chat", 2).await;
    let token = app.token(MARKERS[3]);
    for text in [
        "MARKER",
        "user-made-up",
        "You are",
        "test tool",
        &token,
        "Today is",
    ] {
        assert!(!collector.holds(text), "{text}");
    }
    let headers = collector.received(|received| received.headers[0].clone());
    assert_eq!(headers["authorization"], "Bearer MARKER-collector");
}

#[tokio::test]
async fn on_request_spans_hold_messages_inputs_and_results_but_not_whom_the_server_was_told() {
    let collector = Collector::start().await;
    let app = traced(&collector).env(CAPTURE, "true").start().await;
    marked_turn(&app).await;
    let spans = collector.spans("POST /chat", 1).await;
    let read = |text: Value| -> Value {
        serde_json::from_str(text.as_str().expect("text")).expect("JSON")
    };
    let chats: Vec<_> = spans
        .iter()
        .filter(|span| span.name.starts_with("chat "))
        .collect();
    let said = json!({"role": "user", "parts": [{"type": "text", "content": MARKERS[0]}]});
    assert_eq!(read(chats[0].get("gen_ai.input.messages")), json!([said]));
    let call = json!({"type": "tool_call", "id": "t1", "name": "whoami", "arguments": {"note": MARKERS[2]}});
    assert_eq!(
        read(chats[1].get("gen_ai.input.messages"))[1]["parts"],
        json!([call])
    );
    let replied =
        json!([{"role": "assistant", "parts": [{"type": "text", "content": MARKERS[1]}]}]);
    assert_eq!(read(chats[1].get("gen_ai.output.messages")), replied);
    let system = read(chats[0].get("gen_ai.system_instructions"));
    assert!(
        system[1]["content"]
            .as_str()
            .is_some_and(|it| it.contains("MARKER-name")),
        "{system}"
    );
    let tool = only(&spans, "execute_tool whoami");
    // As Claude wrote it, without the user that it made up and the one that the server was told.
    assert_eq!(
        read(tool.get("gen_ai.tool.call.arguments")),
        json!({"note": MARKERS[2]})
    );
    let result = read(tool.get("gen_ai.tool.call.result"));
    assert!(
        result[0]["content"]
            .as_str()
            .is_some_and(|it| it.contains(MARKERS[2])),
        "{result}"
    );
    assert!(!collector.holds("user-made-up"));
    assert!(!collector.holds(&app.token(MARKERS[3])));
}

#[tokio::test]
async fn by_default_spans_have_no_attributes_for_contents() {
    let collector = Collector::start().await;
    let app = with(&collector, []).await;
    marked_turn(&app).await;
    let spans = collector.spans("POST /chat", 1).await;
    let any = |name: &str| spans.iter().any(|span| span.attributes.contains_key(name));
    for name in [
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
    ] {
        assert!(!any(name), "{name}");
    }
}
