//! The spans of chats and titles.

use std::time::Duration;

use http::Method;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};

use super::{SPAN, TRACE, traced, traceparent, with};
use crate::support::{
    fake_claude::Reply,
    otlp::{Collector, Span, only},
    test_app::{Answer, TestApp, user},
};

const AGENT: &str = "invoke_agent prog-strength";
const CHAT: &str = "chat claude-sonnet-4-6";
const TOOL: &str = "execute_tool whoami";

/// Reads the workouts, then answers.
fn replies() -> [Reply; 2] {
    [
        Reply::tool("toolu_1", "whoami", json!({})).usage(10, 20, 100, 1000),
        Reply::text("done").usage(1, 2, 3, 4),
    ]
}

/// A chat whose client names its span.
async fn chat(app: &TestApp) -> Value {
    let request = app.post("ann").header("traceparent", traceparent());
    let request = request.header("tracestate", "vendor=1");
    Answer::of(request.body(user("hello").to_string()))
        .await
        .ok()
}

fn chats(spans: &[Span]) -> [&Span; 2] {
    let chats = spans.iter().filter(|span| span.name == CHAT);
    <[&Span; 2]>::try_from(chats.collect::<Vec<_>>()).expect("two requests to Claude")
}

#[tokio::test]
async fn a_turn_is_one_trace_within_the_span_that_the_client_names() {
    let collector = Collector::start().await;
    let app = with(&collector, replies()).await;
    chat(&app).await;
    let spans = collector.spans("POST /chat", 1).await;
    assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:#?}");
    let (server, agent) = (only(&spans, "POST /chat"), only(&spans, AGENT));
    assert_eq!((&*server.parent, &agent.parent), (SPAN, &server.id));
    for part in chats(&spans).into_iter().chain([only(&spans, TOOL)]) {
        assert_eq!(part.parent, agent.id);
    }
    assert_eq!(spans.len(), 5);
    let kinds = [server, agent, chats(&spans)[0], only(&spans, TOOL)].map(|span| span.kind);
    let expected = [
        SpanKind::Server,
        SpanKind::Internal,
        SpanKind::Client,
        SpanKind::Internal,
    ];
    assert_eq!(kinds, expected);
    assert!(spans.iter().all(|span| !span.is_error));
}

#[tokio::test]
async fn spans_have_the_attributes_of_the_conventions() {
    let collector = Collector::start().await;
    let app = with(&collector, replies()).await;
    chat(&app).await;
    let spans = collector.spans("POST /chat", 1).await;
    let server = json!({"http.request.method": "POST", "http.route": "/chat", "url.path": "/chat", "url.scheme": "http",
        "http.response.status_code": 200});
    assert_eq!(json!(only(&spans, "POST /chat").attributes), server);
    let agent = json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "prog-strength",
        "gen_ai.request.model": "claude-sonnet-4-6", "gen_ai.response.finish_reasons": ["end_turn"],
        "gen_ai.usage.input_tokens": 1118, "gen_ai.usage.output_tokens": 22});
    assert_eq!(json!(only(&spans, AGENT).attributes), agent);
    let first = chats(&spans)[0];
    let mut chat = json!(first.attributes);
    let took = chat["gen_ai.response.time_to_first_chunk"].take();
    let took = took.as_f64().expect("seconds");
    assert!(
        took > 0.0 && took <= Duration::from_nanos(first.nanos).as_secs_f64(),
        "{took}"
    );
    let claude = url::Url::parse(app.claude.url()).expect("a URL");
    assert_eq!(
        chat,
        json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.stream": true,
            "gen_ai.request.model": "claude-sonnet-4-6", "gen_ai.request.max_tokens": 2048,
            "server.address": "127.0.0.1", "server.port": claude.port(),
            "gen_ai.response.id": "msg_fake", "gen_ai.response.model": "claude-sonnet-4-6",
            "gen_ai.response.finish_reasons": ["tool_use"], "gen_ai.response.time_to_first_chunk": null,
            // All input: 10, 100 written to the cache, 1000 read from it.
            "gen_ai.usage.input_tokens": 1110, "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_write.input_tokens": 100, "gen_ai.usage.cache_read.input_tokens": 1000})
    );
    let mut tool = json!(only(&spans, TOOL).attributes);
    let session = tool["mcp.session.id"].take();
    assert!(session.as_str().is_some_and(|id| !id.is_empty()));
    assert!(tool["jsonrpc.request.id"].take().is_string());
    let mcp = url::Url::parse(&app.mcp.url()).expect("a URL");
    assert_eq!(
        tool,
        json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "whoami", "gen_ai.tool.call.id": "toolu_1",
            "gen_ai.tool.type": "function", "mcp.method.name": "tools/call", "mcp.protocol.version": "2025-11-25",
            "mcp.session.id": null, "jsonrpc.request.id": null, "network.transport": "tcp",
            "server.address": "127.0.0.1", "server.port": mcp.port()})
    );
    let resource = &first.resource;
    assert_eq!(resource["service.name"], "prog-strength-agent");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn claude_and_the_tool_server_are_told_the_span_that_waits_for_them() {
    let collector = Collector::start().await;
    let app = with(&collector, replies()).await;
    chat(&app).await;
    let spans = collector.spans("POST /chat", 1).await;
    let asked = app.claude.asked();
    for (asked, span) in asked.iter().zip(chats(&spans)) {
        assert_eq!(asked.headers["traceparent"], span.traceparent());
        // It may be of the user.
        assert!(!asked.headers.contains_key("tracestate"));
    }
    let meta = &app.mcp.calls()[0].meta;
    assert_eq!(meta["traceparent"], only(&spans, TOOL).traceparent());
    assert_eq!(meta["tracestate"], "vendor=1");
    assert_eq!(meta["fitness.progstrength/user_id"], "ann");
}

#[tokio::test]
async fn without_an_endpoint_a_clients_span_goes_nowhere() {
    let app = TestApp::with(replies()).await;
    chat(&app).await;
    assert!(!app.claude.asked()[0].headers.contains_key("traceparent"));
    let meta = &app.mcp.calls()[0].meta;
    assert!(
        meta.get("traceparent").is_none() && meta.get("tracestate").is_none(),
        "{meta}"
    );
}

#[tokio::test]
async fn a_malformed_traceparent_begins_a_trace_of_the_services_own() {
    let collector = Collector::start().await;
    let app = with(&collector, [Reply::text("hi")]).await;
    let request = app.post("ann").header("traceparent", "00-what-01");
    Answer::of(request.body(user("hello").to_string()))
        .await
        .ok();
    let spans = collector.spans("POST /chat", 1).await;
    let server = only(&spans, "POST /chat");
    assert_eq!(server.parent, "");
    assert_eq!(server.trace.len(), 32);
    assert_eq!(only(&spans, AGENT).trace, server.trace);
}

#[tokio::test]
async fn what_the_client_or_the_sampler_leaves_out_is_not_exported_and_says_so_to_others() {
    for (sampler, flags) in [("parentbased_always_on", "00"), ("always_off", "01")] {
        let collector = Collector::start().await;
        let app = traced(&collector).env("OTEL_TRACES_SAMPLER", sampler);
        let app = app.start().await;
        app.claude.push_all(replies());
        let request = app
            .post("ann")
            .header("traceparent", format!("00-{TRACE}-{SPAN}-{flags}"));
        Answer::of(request.body(user("hello").to_string()))
            .await
            .ok();
        let told = app.claude.asked()[0].headers["traceparent"].clone();
        let told = told.to_str().expect("text");
        assert!(
            told.starts_with(&format!("00-{TRACE}-")) && told.ends_with("-00"),
            "{told}"
        );
        if sampler == "parentbased_always_on" {
            // What comes after it is exported, so that it has not been in vain to wait.
            app.claude.push(Reply::text("hi"));
            app.ask("again").await.ok();
            let spans = collector.spans("POST /chat", 1).await;
            assert!(spans.iter().all(|span| span.trace != TRACE), "{spans:#?}");
        }
    }
}

#[tokio::test]
async fn a_title_is_a_request_to_claude_within_the_http_request() {
    let collector = Collector::start().await;
    let app = with(&collector, [Reply::text("A title")]).await;
    let request = app.request(Method::POST, "/title");
    let request = request.bearer_auth(app.token("ann"));
    let request = request.header("content-type", "application/json");
    Answer::of(request.body(user("hello").to_string()))
        .await
        .ok();
    let spans = collector.spans("POST /title", 1).await;
    let (server, chat) = (only(&spans, "POST /title"), only(&spans, CHAT));
    assert_eq!((&chat.parent, spans.len()), (&server.id, 2));
    assert_eq!(chat.get("gen_ai.request.max_tokens"), 40);
}

#[tokio::test]
async fn probes_are_not_traced_and_unknown_paths_are_not_quoted() {
    let collector = Collector::start().await;
    let app = traced(&collector).start().await;
    for path in [
        "/health",
        "/ready",
        "/metrics",
        "/swordfish/secret?token=secret",
    ] {
        app.get(path).await;
    }
    let request = app.request(Method::from_bytes(b"SWORDFISH").expect("a method"), "/chat");
    assert_eq!(Answer::of(request).await.status, 405);
    let spans = collector.spans("HTTP /chat", 1).await;
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["GET", "HTTP /chat"]);
    assert_eq!(spans[0].get("http.response.status_code"), 404);
    assert_eq!(spans[1].get("http.request.method"), "_OTHER");
    assert!(!collector.holds("secret") && !collector.holds("SWORDFISH"));
}
