//! The log names what was seen when no MCP session is opened.

use super::*;
use crate::support::scripted_mcp::{ScriptedMcp, reply, result_of, streamed, typed, with_headers};

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
    let codings = as_json(&service.process.lines());
    let codings = codings.iter().filter(|line| line["message"] == message);
    let codings: Vec<_> = codings.map(|line| &line["coding"]).collect();
    assert_eq!(codings, ["x-gzip", "zstd"]);
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
