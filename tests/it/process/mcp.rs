//! Log lines about the MCP server.

use super::*;
use crate::support::mcp_tools::{owned, read, tool};

const LATE: &str = "a tool call has ended after its turn was over";

/// A line without its time.
fn timeless(mut line: Value) -> Value {
    let time = line.as_object_mut().and_then(|l| l.remove("timestamp"));
    assert!(time.is_some_and(|time| time.is_string()), "{line}");
    line
}

#[tokio::test]
async fn a_warning_names_the_tools_that_are_left_out() {
    let service = Service::start(&[], &[]).await;
    let either = json!({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]});
    let odd_key = json!({"type": "object", "properties": {"what? no": {"type": "string"}}});
    service.mcp.set_tools(vec![
        tool("either", &either, &read()),
        tool("whoami", &owned(), &json!({})),
        tool("odd_key", &odd_key, &json!({})),
    ]);
    service.mcp.announce().await;
    let message = "tools left out: Claude's API would refuse their schemas";
    let warning = service.process.logged(message).await;
    assert_eq!(
        timeless(warning),
        json!({"level": "WARN", "target": "prog_strength_agent::agent::mcp::session::listing", "message": message,
            "tools": r#"["either (anyOf)", "odd_key (property name)"]"#})
    );
}

#[tokio::test]
async fn a_write_that_outlives_its_client_logs_its_end_with_the_request_id() {
    for streamed in [true, false] {
        let service = Service::start(&[], &[]).await;
        service
            .claude
            .push(Reply::tool("t1", "slow_write", json!({"key": "MARKER"})));
        let mut body = user("log it");
        body["stream"] = streamed.into();
        let request = service
            .post(&sams_token())
            .header("x-request-id", "the-id")
            .body(body.to_string());
        let turn = tokio::spawn(async { request.send().await?.bytes().await });
        service.mcp.called_tool("slow_write").await;
        turn.abort();
        assert_eq!(
            service.process.logged("chat").await["outcome"],
            "client_gone"
        );
        let lines = service.process.lines().join("\n");
        assert!(!lines.contains(LATE), "{lines}");
        service.mcp.gate.open(1);
        let late = service.process.logged(LATE).await;
        assert_eq!(
            timeless(late),
            json!({"level": "INFO", "target": "prog_strength_agent::agent::mcp::call", "message": LATE, "tool": "slow_write",
                "outcome": "ok", "span": {"name": "request", "request_id": "the-id"}})
        );
    }
}

#[tokio::test]
async fn connecting_to_the_tool_server_is_retried_with_growing_delays() {
    let unused = TcpSocket::new_v4().expect("a socket");
    let nowhere = "127.0.0.1:0".parse().expect("an address");
    unused.bind(nowhere).expect("a free port");
    let url = format!("http://{}/mcp", unused.local_addr().expect("bound"));
    let env = [
        ("ANTHROPIC_API_KEY", API_KEY),
        ("JWT_SIGNING_KEY", JWT_KEY),
        ("AGENT_HOST", "127.0.0.1"),
        ("AGENT_PORT", "0"),
        ("PROG_STRENGTH_MCP_URL", &url),
    ];
    let directory = Directory::new();
    let process = Process::start(&directory.0, &[], &env);
    let pauses = until("four tries", &process.out, |written| {
        let mut lines = as_json(&written.lines);
        lines.retain(|line| line["message"] == "no MCP session");
        let pauses = lines.iter().map(|line| line["retry_ms"].clone());
        Some(pauses.collect::<Vec<_>>()).filter(|pauses| pauses.len() == 4)
    })
    .await;
    for (pause, longest) in pauses.iter().zip([200, 400, 800, 1600]) {
        // Jitter shortens a delay by up to a quarter.
        let jittered = longest * 3 / 4..=longest;
        let pause = pause.as_u64().expect("milliseconds");
        assert!(jittered.contains(&pause), "{pauses:?}");
    }
}
