//! The spans of the workout server.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prog_strength_agent::{
    config::WorkoutConfig,
    workout::{
        db,
        serve::{over_http, server_state},
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{TRACE, traced, traceparent};
use crate::support::{
    fake_claude::Reply,
    otlp::{Collector, only},
    test_app::{Answer, JWT_KEY, user},
    workout::AGENT_TOKEN,
};

/// The workout server on a database of its own; its URL.
async fn server(collector: &Collector) -> (String, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}/log.db", folder.path().display());
    let settings = [
        ("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN),
        ("JWT_SIGNING_KEY", JWT_KEY),
        ("DATABASE_URL", &database),
    ];
    let settings = settings.into_iter().chain(collector.settings());
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = WorkoutConfig::from_iter(false, settings).expect("good settings");
    let db = db::open(&config.database_url).await.expect("a database");
    let state = server_state(&config, db).await.expect("a catalogue");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("bound"));
    tokio::spawn(async move { over_http(&config, state, listener, std::future::pending()).await });
    (url, folder)
}

#[tokio::test]
async fn a_tool_call_is_in_the_trace_of_the_chat_and_linked_to_its_http_request() {
    let collector = Collector::start().await;
    let (url, _folder) = server(&collector).await;
    let app = traced(&collector).mcp_url(&url);
    let app = app
        .env("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN)
        .start()
        .await;
    app.claude.push_all([
        Reply::tool("t1", "list_exercises", json!({})),
        Reply::text("done"),
    ]);
    let request = app.post("ann").header("traceparent", traceparent());
    Answer::of(request.body(user("hello").to_string()))
        .await
        .ok();
    collector.spans("POST /chat", 1).await;
    let call = "tools/call list_exercises";
    let spans = collector.spans(call, 1).await;
    let (asked, served) = (
        only(&spans, "execute_tool list_exercises"),
        only(&spans, call),
    );
    assert_eq!((&*served.trace, &served.parent), (TRACE, &asked.id));
    assert_eq!((served.kind, served.is_error), (SpanKind::Server, false));
    let http = collector.span(&served.links[0]).await;
    assert_eq!(
        (&*http.name, &*http.trace, &http.parent),
        ("POST /mcp", TRACE, &asked.id)
    );
    for name in [
        "mcp.session.id",
        "mcp.protocol.version",
        "jsonrpc.request.id",
    ] {
        assert_eq!(served.get(name), asked.get(name), "{name}");
    }
    assert_eq!(served.resource["service.name"], "prog-strength-workouts");
}

#[tokio::test]
async fn a_call_that_names_no_span_is_within_its_http_request_and_its_error_is_told() {
    let collector = Collector::start().await;
    let (url, _folder) = server(&collector).await;
    let http = reqwest::Client::builder().no_proxy().build();
    let http = http.expect("a client");
    let post = |message: &Value, session: Option<&str>| {
        let request = http.post(&url).bearer_auth(AGENT_TOKEN);
        let request = request.header("content-type", "application/json");
        let request = request.header("accept", "application/json, text/event-stream");
        let request = match session {
            Some(id) => request.header("mcp-session-id", id),
            None => request,
        };
        request.body(message.to_string())
    };
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
    let answer = Answer::of(post(&initialize, None)).await;
    let session = answer.header("mcp-session-id").expect("an id").to_owned();
    let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    Answer::of(post(&begun, Some(&session))).await;
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
        "name": "delete_workout", "arguments": {"user_id": "MARKER", "workout_id": "MARKER"}}});
    let answer = Answer::of(post(&call, Some(&session)).header("traceparent", traceparent())).await;
    assert!(answer.text.contains("isError"), "{}", answer.text);
    let spans = collector.spans("tools/call delete_workout", 1).await;
    let served = only(&spans, "tools/call delete_workout");
    assert_eq!(served.get("error.type"), "tool_error");
    assert_eq!((&*served.trace, served.links.len()), (TRACE, 0));
    let http = collector.span(&served.parent).await;
    assert_eq!(http.name, "POST /mcp");
    assert!(!collector.holds("MARKER"));
}
