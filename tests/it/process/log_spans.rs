//! Request ids of log lines, and log levels.

use super::*;

const DROPPED: &str = "left out of the history what Claude would refuse";
const DEBUG: (&str, &str) = ("RUST_LOG", "prog_strength_agent=debug");

/// A history with something to drop.
fn cut_history() -> Value {
    let call = json!({"type": "tool_use", "id": "t0", "name": "x", "input": {}});
    json!({"messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "text", "text": "b"}, call]},
        {"role": "user", "content": "c"},
    ]})
}

/// A service that has nothing more to say by itself, and how much it has said.
async fn quiet() -> (Service, usize) {
    let service = Service::start(&[], &[DEBUG]).await;
    service.process.logged("MCP session is up").await;
    let before = service.process.lines().len();
    (service, before)
}

/// Id and message of each line: `/ready` may still be among them, with ids of its own.
fn told(lines: &[String]) -> Vec<(String, String)> {
    let told = as_json(lines).into_iter().map(|line| {
        let id = line["span"]["request_id"].as_str();
        let id = id.unwrap_or_else(|| panic!("a line without an id: {line}"));
        let message = line["message"].as_str().expect("a message");
        (id.to_owned(), message.to_owned())
    });
    told.collect()
}

fn assert_told(lines: &[String], expected: &[(&str, &str)]) {
    let told = told(lines);
    for (id, message) in expected {
        let line = ((*id).to_owned(), (*message).to_owned());
        assert!(told.contains(&line), "{line:?} is not in {told:#?}");
    }
}

/// A stream under this id.
async fn stream(service: &Service, id: &str, body: &Value) -> Sse {
    let mut body = body.clone();
    body["stream"] = true.into();
    let request = service.post(&sams_token()).header("x-request-id", id);
    let sent = within("the stream's head", request.body(body.to_string()).send()).await;
    Sse::new(sent.expect("an answer"))
}

/// Claude is busy at first, and refuses in the end.
fn troubled() -> [Reply; 3] {
    [
        Reply::error(529, "overloaded_error", "later").header("retry-after-ms", "1"),
        Reply::tool("t1", "rpc_error", json!({})),
        Reply::error(400, "invalid_request_error", "no"),
    ]
}

#[tokio::test]
async fn every_log_line_of_a_request_carries_its_id() {
    let (service, before) = quiet().await;
    service.claude.push_all(troubled());
    let (status, _) = service.chat(&sams_token(), "the-id", &cut_history()).await;
    assert_eq!(status, 502);
    service.process.logged("chat").await;
    service.chat("bad", "another-id", &cut_history()).await;
    let refused = |written: &Written| (chat_lines(&written.lines).len() == 2).then_some(());
    until("the other line", &service.process.out, refused).await;
    assert_told(
        &service.process.lines()[before..],
        &[
            ("the-id", DROPPED),
            ("the-id", "retrying the request to the model"),
            ("the-id", "a turn failed"),
            ("the-id", "chat"),
            ("another-id", "token refused"),
            ("another-id", "chat"),
        ],
    );
}

#[tokio::test]
async fn every_log_line_of_a_stream_carries_its_id() {
    let (service, before) = quiet().await;
    service.claude.push_all(troubled());
    let stream = stream(&service, "the-id", &cut_history()).await;
    assert_eq!(stream.last("error").await["code"], "model_error");
    service.process.logged("chat").await;
    assert_told(
        &service.process.lines()[before..],
        &[
            ("the-id", DROPPED),
            ("the-id", "retrying the request to the model"),
            ("the-id", "a turn failed"),
            ("the-id", "chat"),
        ],
    );
}

#[tokio::test]
async fn a_write_that_outlives_its_stream_is_logged_under_its_id() {
    let (service, before) = quiet().await;
    service
        .claude
        .push(Reply::tool("t1", "slow_write", json!({})));
    let stream = stream(&service, "the-id", &user("go")).await;
    service.mcp.called_tool("slow_write").await;
    drop(stream);
    service.process.logged("chat").await;
    service.mcp.gate.open(1);
    let left = "a tool call has ended after its turn was over";
    let line = service.process.logged(left).await;
    assert_eq!([&line["tool"], &line["outcome"]], ["slow_write", "ok"]);
    assert_told(
        &service.process.lines()[before..],
        &[("the-id", "chat"), ("the-id", left)],
    );
}

#[tokio::test]
async fn dropped_history_parts_are_logged_at_debug_level_only() {
    for (env, level) in [(&[DEBUG][..], Some("DEBUG")), (&[], None)] {
        let service = Service::start(&[], env).await;
        service.claude.push(Reply::text("hi"));
        service.chat(&sams_token(), "the-id", &cut_history()).await;
        service.process.logged("chat").await;
        let lines = as_json(&service.process.lines());
        let dropped = lines.iter().find(|line| line["message"] == DROPPED);
        assert_eq!(dropped.and_then(|line| line["level"].as_str()), level);
        assert!(
            dropped.is_none_or(|line| line["blocks"] == 1),
            "{dropped:?}"
        );
    }
}
