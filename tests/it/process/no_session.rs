//! The log names what was seen when no MCP session is opened.

use std::time::Duration;

use tokio::time::sleep;

use super::*;
use crate::support::{
    scripted_mcp::{ScriptedMcp, reply, result_of, streamed, typed, with_headers},
    wait::within,
};

/// An answer, and what the log says of it.
type Case = (fn(&Value) -> Vec<u8>, &'static str);

/// What the log says of a server that answers this method so.
async fn cause(method: &'static str, respond: fn(&Value) -> Vec<u8>) -> String {
    let server = ScriptedMcp::answering(method, respond).await;
    cause_at(server.url()).await
}

async fn cause_at(url: &str) -> String {
    let directory = Directory::new();
    let env = [
        ("ANTHROPIC_API_KEY", API_KEY),
        ("JWT_SIGNING_KEY", JWT_KEY),
        ("PROG_STRENGTH_MCP_URL", url),
        ("AGENT_HOST", "127.0.0.1"),
        ("AGENT_PORT", "0"),
    ];
    let process = Process::start(&directory.0, &[], &env);
    let line = process.logged("no MCP session").await;
    assert_eq!(line["level"], "WARN");
    line["error"].as_str().expect("text").to_owned()
}

fn coded(coding: &str) -> Vec<u8> {
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", coding),
    ];
    with_headers(200, &headers, b"\x1f\x8b\x08")
}

#[tokio::test]
async fn a_failed_handshake_is_logged_with_what_was_seen() {
    let cases: [Case; 16] = [
        (|_| coded("gzip"), "the content coding gzip"),
        (|_| coded("br"), "the content coding br"),
        (|_| coded("zstd"), "the content coding zstd"),
        (
            |_| typed(200, "text/html; charset=utf-8", "<html>"),
            "an answer of type text/html; charset=utf-8",
        ),
        (
            |_| with_headers(200, &[], b"{}"),
            "an answer without a content type",
        ),
        (|_| typed(500, "text/plain", "MARKER"), "HTTP 500"),
        (
            |_| typed(401, "text/plain", "no"),
            "HTTP 401: check PROG_STRENGTH_MCP_TOKEN",
        ),
        (
            |_| typed(403, "application/json", "{}"),
            "HTTP 403: check PROG_STRENGTH_MCP_TOKEN",
        ),
        (
            |_| typed(404, "text/plain", "no"),
            "HTTP 404: check PROG_STRENGTH_MCP_URL",
        ),
        (
            |_| with_headers(301, &[("location", "https://mcp.example.org/mcp?x=1")], b""),
            "HTTP 301, a redirect to https://mcp.example.org: check PROG_STRENGTH_MCP_URL",
        ),
        (
            |_| with_headers(308, &[("location", "http://other.example:81/")], b""),
            "HTTP 308, a redirect to http://other.example:81: check",
        ),
        (
            |_| typed(200, "application/json", "{\n  \"jsonrpc\": MARKER}"),
            "an answer that is not JSON (line 2, column 14)",
        ),
        (
            |_| typed(200, "application/json", "[1]"),
            "an answer that is not a JSON-RPC message",
        ),
        (
            |_| streamed("{\"jsonrpc\": MARKER}"),
            "an answer that is not JSON (line 1, column 13)",
        ),
        (
            |_| typed(202, "text/plain", ""),
            "HTTP 202 without an answer",
        ),
        (
            |message| result_of(message, &json!({"no": "MARKER"})),
            "the answer is not the result of `initialize`",
        ),
    ];
    let said = cases.map(|(respond, expected)| async move {
        let said = cause("initialize", respond).await;
        assert!(
            said.starts_with("the handshake failed: ") && said.contains(expected),
            "{said}"
        );
        assert!(
            !said.contains("MARKER") && !said.contains("127.0.0.1"),
            "{said}"
        );
        let names_setting = said.contains("PROG_STRENGTH_MCP");
        assert_eq!(names_setting, expected.contains("check"), "{said}");
    });
    futures_util::future::join_all(said).await;
}

#[tokio::test]
async fn a_failed_notification_or_listing_is_logged_with_what_was_seen() {
    let said = cause("notifications/initialized", |_| {
        typed(503, "text/plain", "no")
    })
    .await;
    assert_eq!(said, "the handshake failed: HTTP 503");
    let cases: [Case; 6] = [
        (|_| coded("gzip"), "the content coding gzip"),
        (|_| typed(500, "text/plain", "no"), "HTTP 500"),
        (
            |message| typed(200, "application/json", &reply(message, "{\"tools\": {}}")),
            "`tools` is not a list (line 1, column ",
        ),
        (
            |message| typed(200, "application/json", &reply(message, "{}")),
            "a page without `tools` (line 1, column 2)",
        ),
        (
            |message| typed(200, "application/json", &reply(message, "{")),
            "an answer that is not JSON (line 1, column ",
        ),
        (
            |message| {
                let id = &message["id"];
                let error = json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32603, "message": "MARKER"}});
                typed(200, "application/json", &error.to_string())
            },
            "the server answered with error -32603",
        ),
    ];
    for (respond, expected) in cases {
        let said = cause("tools/list", respond).await;
        assert!(
            said.starts_with("the tools could not be listed: ") && said.contains(expected),
            "{said}"
        );
        assert!(!said.contains("MARKER"), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_logged_with_the_systems_reason() {
    let said = cause_at("http://127.0.0.1:9/mcp").await;
    assert!(
        said.contains("no connection (") && said.contains("refused"),
        "{said}"
    );
    let said = cause_at("http://no-such-host.invalid/mcp").await;
    assert!(
        said.contains("no connection (") || said.contains("the connection broke"),
        "{said}"
    );
}

#[tokio::test]
async fn a_compressed_answer_is_named_in_the_log_once_for_each_kind_of_request() {
    let server = ScriptedMcp::answering("tools/call", |_| coded("x-gzip")).await;
    let service = Service::start(&[], &[("PROG_STRENGTH_MCP_URL", server.url())]).await;
    service.claude.push_all([
        Reply::tool("t1", "echo", json!({})),
        Reply::status(200, b"\x28\xb5\x2f\xfd".to_vec()).header("content-encoding", "zstd"),
    ]);
    let (status, answer) = service.chat(&sams_token(), "id", &user("go")).await;
    assert_eq!(status, 502, "{answer}");
    let message = "a response cannot be read: it is compressed";
    let codings = || {
        let mut lines = as_json(&service.process.lines());
        lines.retain(|line| line["message"] == message);
        let codings = lines.iter_mut().map(|line| line["coding"].take());
        codings.collect::<Vec<_>>()
    };
    let logged = async {
        while codings().len() < 2 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    within("both are logged", logged).await;
    assert_eq!(codings(), ["x-gzip", "zstd"]);
}

#[tokio::test]
async fn a_protocol_version_that_is_not_spoken_is_named() {
    for version in ["2026-07-28", "2099-01-01", "MARK\nER"] {
        let server = ScriptedMcp::answering("initialize", move |message| {
            let result = json!({"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}});
            result_of(message, &result)
        });
        let server = server.await;
        let said = cause_at(server.url()).await;
        let shown = version.replace('\n', "");
        let expected =
            format!("the server speaks protocol version {shown}, which this client does not");
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_or_cannot_be_used_is_logged_as_that() {
    let cases: [Case; 9] = [
        (
            |_| typed(200, "text/event-stream", ": hi\n\n"),
            "an event stream that ended without an answer",
        ),
        (
            |_| {
                streamed(
                    r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#,
                )
            },
            "an event stream that ended without an answer",
        ),
        (
            |_| streamed("[1]"),
            "an answer that is not a JSON-RPC message",
        ),
        (
            |_| cut("text/event-stream", "data: {"),
            "the connection broke",
        ),
        (|_| cut("application/json", "{"), "the connection broke ("),
        (
            |_| typed(204, "text/plain", ""),
            "HTTP 204 without an answer",
        ),
        (
            |message| {
                let other = json!({"id": message["id"].as_u64().map(|id| id + 1)});
                typed(200, "application/json", &reply(&other, "{}"))
            },
            "an answer to another request",
        ),
        (
            |_| with_headers(200, &[("content-type", "application/json")], b"\xff"),
            "an answer that is not UTF-8",
        ),
        (
            |_| b"SSH-2.0-OpenSSH_9.6\r\n\r\n".to_vec(),
            "the connection broke (invalid HTTP version parsed)",
        ),
    ];
    let said = cases.map(|(respond, expected)| async move {
        for (method, heading) in [
            ("initialize", "the handshake failed: "),
            ("tools/list", "the tools could not be listed: "),
        ] {
            let said = cause(method, respond).await;
            assert!(
                said.starts_with(&format!("{heading}{expected}")),
                "{expected}: {said}"
            );
        }
    });
    futures_util::future::join_all(said).await;
}

/// A body whose chunks end without the last one.
fn cut(media_type: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    format!("{head}{:x}\r\n{body}\r\nno chunk\r\n", body.len()).into_bytes()
}

#[tokio::test]
async fn compressed_event_streams_and_errors_of_the_server_are_named_in_the_log() {
    let server = ScriptedMcp::start(|request, message| {
        let coded = |status: u16, media_type: &str, coding: &str| {
            let headers = [("content-type", media_type), ("content-encoding", coding)];
            Some(with_headers(status, &headers, b"\x1f\x8b"))
        };
        let result = json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "1"}});
        let session = [
            ("content-type", "application/json"),
            ("mcp-session-id", "s-1"),
        ];
        match (request.method.as_str(), message["method"].as_str()) {
            ("GET", _) => coded(200, "text/event-stream", "br"),
            (_, Some("initialize")) => {
                let body = reply(message, &result.to_string());
                Some(with_headers(200, &session, body.as_bytes()))
            }
            (_, Some("tools/call")) => coded(400, "application/json", "zstd"),
            _ => None,
        }
    });
    let server = server.await;
    let service = Service::start(&[], &[("PROG_STRENGTH_MCP_URL", server.url())]).await;
    let call = || [Reply::tool("t1", "echo", json!({})), Reply::text("hi")];
    for _ in 0..2 {
        service.claude.push_all(call());
        let (status, answer) = service.chat(&sams_token(), "id", &user("go")).await;
        assert_eq!(status, 200);
        let result = &answer["messages"][1]["content"][0]["content"][0]["text"];
        let result = result.as_str().expect("text");
        assert!(result.contains("(HTTP 400)"), "{result}");
    }
    let lines = as_json(&service.process.lines());
    let codings = lines
        .iter()
        .filter(|line| line["message"] == "a response cannot be read: it is compressed");
    let mut codings: Vec<_> = codings.filter_map(|line| line["coding"].as_str()).collect();
    codings.sort_unstable();
    codings.dedup();
    assert_eq!(codings, ["br", "zstd"]);
    assert_eq!(server.requests("initialize", |_, _| ()).len(), 1);
}

#[tokio::test]
async fn what_was_seen_in_place_of_the_answer_to_a_call_is_logged() {
    let cases: [Case; 4] = [
        (
            |_| with_headers(307, &[("location", "https://mcp.example.org/MARKER")], b""),
            "HTTP 307, a redirect to https://mcp.example.org: check PROG_STRENGTH_MCP_URL",
        ),
        (|_| typed(401, "text/plain", "MARKER"), "HTTP 401"),
        (
            |_| typed(200, "text/html", "MARKER"),
            "an answer of type text/html",
        ),
        (
            |_| typed(200, "application/json", "{MARKER"),
            "an answer that is not JSON (line 1, column 2)",
        ),
    ];
    for (respond, expected) in cases {
        let server = ScriptedMcp::answering("tools/call", respond).await;
        let service = Service::start(&[], &[("PROG_STRENGTH_MCP_URL", server.url())]).await;
        service
            .claude
            .push_all([Reply::tool("t1", "echo", json!({})), Reply::text("hi")]);
        let (status, _) = service.chat(&sams_token(), "id", &user("go")).await;
        assert_eq!(status, 200);
        let line = service.process.logged("a tool call was not answered").await;
        assert_eq!(
            (&line["seen"], &line["tool"]),
            (&json!(expected), &json!("echo"))
        );
    }
}
