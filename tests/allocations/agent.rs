//! `POST /chat`: any body, parsed to a request for Claude.

use std::{collections::HashMap, future::pending, net::SocketAddr, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    response::{IntoResponse, Response},
    routing::post,
};
use http::StatusCode;
use http_body_util::BodyExt;
use prog_strength_agent::{
    agent::http::{app::App, serve},
    config::Config,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    CONSTANT, FACTOR, alone,
    bodies::{self, Kind},
    measure::{measured, request},
    mutation::{Mutation, mutation, size},
};

pub const KEY: &str = "a signing key for tests, 32 bytes+";
const CASES: u32 = 96;
const MAX_BYTES: usize = 8 << 20;

/// Bodies that are accepted.
static GOOD: [Kind; 3] = [
    Kind {
        name: "a long text",
        is_refused: false,
        size: MAX_BYTES,
        make: bodies::long_text,
    },
    Kind {
        name: "photos",
        is_refused: false,
        size: MAX_BYTES,
        make: bodies::photos,
    },
    Kind {
        name: "a conversation with tool calls",
        is_refused: false,
        size: MAX_BYTES,
        make: conversation,
    },
];

fn conversation(bytes: usize) -> Vec<u8> {
    let mut messages = Vec::new();
    let result = "a set of five ".repeat(300);
    for n in 0..bytes / 5000 {
        let id = format!("toolu_{n}");
        let input = json!({"limit": n, "user_id": "somebody else", "nested": {"user_id": 1}});
        messages.extend([
            json!({"role": "user", "content": "How was my \"week\"?\n"}),
            json!({"role": "assistant", "content": [
                {"type": "tool_use", "id": id, "name": "list_workouts", "input": input}]}),
            json!({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": id, "content": result}]}),
            json!({"role": "assistant", "content": [{"type": "text", "text": "Good."}]}),
        ]);
    }
    messages.push(json!({"role": "user", "content": "And today?"}));
    json!({"messages": messages}).to_string().into_bytes()
}

/// The same conversation for `useChat`, with a photo.
fn ui_conversation(bytes: usize) -> Vec<u8> {
    let (mut messages, result) = (Vec::new(), "a set of five ".repeat(300));
    let photo = format!(
        "data:image/png;base64,iVBORw0KGgo{}",
        "A".repeat(bytes / 8 * 4 + 1)
    );
    for n in 0..bytes / 10_000 {
        let output = json!({"content": [{"type": "text", "text": result}]});
        let call = json!({"type": "dynamic-tool", "toolName": "list_workouts", "toolCallId": format!("toolu_{n}"),
            "state": "output-available", "input": {"limit": n}, "output": output});
        let text = |text: &str| json!({"type": "text", "text": text});
        let steps = [
            json!({"type": "step-start"}),
            call,
            json!({"type": "step-start"}),
            text("Good."),
        ];
        messages.extend([
            json!({"id": "u", "role": "user", "parts": [text("How was my \"week\"?\n")]}),
            json!({"id": "a", "role": "assistant", "parts": steps}),
        ]);
    }
    let photo = json!({"type": "file", "mediaType": "image/png", "url": photo});
    messages.push(json!({"id": "u", "role": "user", "parts": [photo]}));
    json!({"id": "c", "messages": messages})
        .to_string()
        .into_bytes()
}

/// The same for a client of AG-UI, whose tool inputs are texts.
fn agui_conversation(bytes: usize) -> Vec<u8> {
    let (mut messages, result) = (Vec::new(), "a set of five ".repeat(300));
    for n in 0..bytes / 5000 {
        let (id, arguments) = (
            format!("toolu_{n}"),
            json!({"limit": n, "in": [[[n]]]}).to_string(),
        );
        let function = json!({"name": "list_workouts", "arguments": arguments});
        messages.extend([
            json!({"id": "u", "role": "user", "content": "How was my \"week\"?\n"}),
            json!({"id": "a", "role": "assistant", "toolCalls": [{"id": id, "type": "function", "function": function}]}),
            json!({"id": "t", "role": "tool", "toolCallId": id, "content": result}),
            json!({"id": "b", "role": "assistant", "content": "Good."}),
        ]);
    }
    messages.push(json!({"id": "u", "role": "user", "content": "And today?"}));
    json!({"threadId": "t", "runId": "r", "messages": messages})
        .to_string()
        .into_bytes()
}

#[test]
fn any_body_of_a_chat_allocates_at_most_three_times_its_size_and_24_mb() {
    holds(
        "/chat",
        &bodies::ALL.iter().chain(&GOOD).collect::<Vec<_>>(),
    );
}

#[test]
fn any_body_of_chat_ui_allocates_at_most_three_times_its_size_and_24_mb() {
    holds("/chat/ui", &[&of_face(ui_conversation)]);
}

#[test]
fn any_body_of_chat_agui_allocates_at_most_three_times_its_size_and_24_mb() {
    holds("/chat/agui", &[&of_face(agui_conversation)]);
}

fn of_face(make: fn(usize) -> Vec<u8>) -> Kind {
    Kind {
        name: "a conversation of the face",
        is_refused: false,
        size: MAX_BYTES,
        make,
    }
}

fn holds(path: &str, kinds: &[&Kind]) {
    let _alone = alone();
    let runtime = Runtime::new().expect("a runtime");
    let agent = runtime.block_on(start());
    let token = token();
    let names = kinds.iter().map(|kind| kind.name).collect::<Vec<_>>();
    let case = (prop::sample::select(names), size(MAX_BYTES), mutation());
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 20,
        ..ProptestConfig::with_cases(CASES)
    };
    let check = |(name, size, mutation): (&str, usize, Mutation)| {
        let kind = kinds.iter().find(|kind| kind.name == name);
        let mut body = (kind.expect("a kind").make)(size);
        mutation.apply(&mut body);
        let length = body.len();
        let request = request(path, &token, "", &body);
        drop(body);
        let measured = measured(agent, &request);
        let bound = FACTOR * length + CONSTANT;
        prop_assert!(
            measured.peak <= bound,
            "{} bytes for {length} bytes of {name}, answered with {}",
            measured.peak,
            measured.status
        );
        Ok(())
    };
    TestRunner::new(config)
        .run(&case, check)
        .expect("the bound holds");
}

/// An agent between a Claude that refuses every request and a tool server with one tool.
async fn start() -> SocketAddr {
    let peers = Router::new()
        .route("/v1/messages", post(refuse))
        .route("/mcp", post(tool_server));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let peer = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, peers).await });
    let env = HashMap::from([
        ("ANTHROPIC_API_KEY", "k".to_owned()),
        ("ANTHROPIC_BASE_URL", format!("http://{peer}")),
        ("PROG_STRENGTH_MCP_URL", format!("http://{peer}/mcp")),
        ("JWT_SIGNING_KEY", KEY.to_owned()),
        ("RATE_LIMIT_MAX", "0".to_owned()),
    ]);
    let env = env.into_iter().map(|(name, value)| (name.into(), value));
    let app = App::new(Config::from_iter(env).expect("good settings")).expect("an app");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let agent = listener.local_addr().expect("bound");
    tokio::spawn(serve::run(listener, app, pending()));
    let client = reqwest::Client::builder().no_proxy().build();
    let client = client.expect("a client");
    let is_ready = async || {
        let answer = client.get(format!("http://{agent}/ready")).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    };
    while !is_ready().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    agent
}

/// Reads the request without keeping it.
async fn refuse(mut body: Body) -> StatusCode {
    while let Some(Ok(_)) = body.frame().await {}
    StatusCode::BAD_REQUEST
}

async fn tool_server(Json(message): Json<Value>) -> Response {
    let result = match message["method"].as_str() {
        Some("initialize") => {
            json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
            "serverInfo": {"name": "test", "version": "1"}})
        }
        Some("tools/list") => {
            json!({"tools": [{"name": "list_workouts", "inputSchema": {"type": "object"}}]})
        }
        _ => json!({}),
    };
    if message["id"].is_null() {
        return StatusCode::ACCEPTED.into_response();
    }
    let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
    ([("mcp-session-id", "s")], Json(answer)).into_response()
}

/// A user's token, good for the test.
pub fn token() -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    let claims = json!({"sub": "sam", "exp": now.as_secs() + 3600});
    let key = jsonwebtoken::EncodingKey::from_secret(KEY.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token")
}
