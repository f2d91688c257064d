//! HTTP without turns: the small endpoints, headers, CORS, and errors before a stream begins.

mod bodies;
mod cors;
mod endpoints;
mod headers;
mod malformed;
mod metrics;
mod request_ids;
mod routes;
mod unauthorized;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::agent::limits::{connection, read_head};
use crate::support::helpers::metric;
use crate::support::{
    fake_claude::Reply,
    mcp_server::McpServer,
    mcp_tools,
    test_app::{Answer, JWT_KEY, TestApp, now, token, user},
    wait::{DEADLINE, Gate, within},
};

/// Without a session: its MCP server is gone.
async fn without_mcp() -> TestApp {
    let mut mcp = McpServer::start().await;
    mcp.stop().await;
    TestApp::builder().unready().start_with(mcp).await
}

/// The status line and headers, in lower case, and the body, read as far as `Content-Length` says.
async fn read_answer(stream: &mut TcpStream) -> (String, Value) {
    let head = read_head(stream).await.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    within("the answer's body", stream.read_exact(&mut body))
        .await
        .expect("a body");
    (head, serde_json::from_slice(&body).expect("JSON"))
}

/// The body without its id, which has to be the header's.
fn anonymous(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    assert_eq!(
        body["request_id"].as_str(),
        answer.header("x-request-id"),
        "{}",
        answer.text
    );
    body["request_id"] = "<id>".into();
    body
}

/// A problem as it has to be, without its id.
fn problem(status: u16, title: &str, code: &str, detail: &str) -> Value {
    json!({"type": "about:blank", "title": title, "status": status, "detail": detail, "error": detail,
        "code": code, "request_id": "<id>"})
}

fn assert_problem(answer: &Answer, expected: &Value) {
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.header("content-type"),
            &anonymous(answer)
        ),
        (
            u16::try_from(expected["status"].as_u64().expect("a number")).expect("a status"),
            Some("application/problem+json"),
            expected
        )
    );
}

fn is_uuid_v7(id: &str) -> bool {
    let sound = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'7',
        19 => b"89ab".contains(&byte),
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
    };
    id.len() == 36 && id.bytes().enumerate().all(sound)
}
