//! Concurrent tool calls, and early reads.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use crate::{
    support::helpers::{good, last_content, metric_becomes},
    support::{fake_claude::Reply, test_app::TestApp, wait::Gate},
};

/// Far below the time a call may take.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn tools_of_one_message_run_concurrently_and_results_go_back_in_the_order_asked() {
    let app = TestApp::start().await;
    app.claude.push_all([
        Reply::tool("toolu_1", "slow_write", json!({}))
            .and_tool("toolu_2", "slow_idempotent", json!({}))
            .and_tool("toolu_3", "fail", json!({})),
        Reply::text("done"),
    ]);
    let stream = app.ask_streaming("go").await;
    app.mcp.called_tool("slow_write").await;
    app.mcp.called_tool("slow_idempotent").await;
    app.mcp.called_tool("fail").await;
    // The last one asked for is answered while the others still run.
    metric_becomes(
        &app,
        r#"mcp_tool_calls_total{tool="fail",outcome="error"}"#,
        1,
    )
    .await;
    app.mcp.gate.open(2);
    let events = stream.rest().await;
    let first = events
        .iter()
        .find(|event| event.kind == "tool_result")
        .expect("a tool_result event");
    assert_eq!(first.data["id"], "toolu_3");
    let result = |id: &str, text: &str| {
        let mut result = good(text);
        result["tool_use_id"] = id.into();
        result
    };
    let mut failed = result("toolu_3", "no such workout");
    failed["is_error"] = true.into();
    assert_eq!(
        last_content(&app.claude.bodies()[1]),
        [
            result("toolu_1", "slow_write is done"),
            result("toolu_2", "slow_idempotent is done"),
            failed
        ]
    );
}

#[tokio::test]
async fn a_read_starts_while_claude_still_writes_and_a_write_does_not() {
    let app = TestApp::start().await;
    let gate = Gate::new();
    app.claude.push_all([
        // Both inputs are complete when the reply waits for the gate.
        Reply::tool("toolu_1", "whoami", json!({}))
            .and_tool("toolu_2", "slow_idempotent", json!({}))
            .and_tool("toolu_3", "list_exercises", json!({}))
            .gate_at(16, &gate),
        Reply::text("done"),
    ]);
    let mut stream = app.ask_streaming("go").await;
    for kind in [
        "model_chosen",
        "tool_use_start",
        "tool_use",
        "tool_use_start",
        "tool_use",
        "tool_use_start",
        "tool_use",
    ] {
        stream.expect(kind).await;
    }
    assert_eq!(stream.expect("tool_result").await["id"], "toolu_3");
    assert_eq!(app.mcp.called(), ["list_exercises"]);
    app.mcp.gate.open(1);
    gate.open(1);
    stream.last("done").await;
    let mut called = app.mcp.called();
    called.sort();
    assert_eq!(called, ["list_exercises", "slow_idempotent", "whoami"]);
}

#[tokio::test]
async fn results_of_early_reads_are_discarded_when_the_stop_reason_is_not_tool_use() {
    for reason in ["max_tokens", "end_turn", "refusal"] {
        let app = TestApp::start().await;
        let gate = Gate::new();
        app.claude.push(
            Reply::text("Let me see.")
                .and_tool("toolu_1", "list_exercises", json!({}))
                .and_tool("toolu_2", "slow_read", json!({}))
                .and_tool("toolu_3", "whoami", json!({}))
                .stop(reason)
                .gate_at(19, &gate),
        );
        let mut stream = app.ask_streaming("go").await;
        while stream
            .next_event()
            .await
            .is_some_and(|event| event.kind != "tool_result")
        {}
        app.mcp.called_tool("slow_read").await;
        gate.open(1);
        let done = timeout(AT_ONCE, stream.last("done"))
            .await
            .expect("the read in flight is not waited for");
        let content = json!([{"type": "text", "text": "Let me see."}]);
        assert_eq!(done["stop_reason"], reason);
        assert_eq!(done["content"], content);
        let said = json!([{"role": "assistant", "content": content}]);
        let expected = if reason == "refusal" { json!([]) } else { said };
        assert_eq!(done["messages"], expected);
        app.mcp
            .until("the read in flight is cancelled", |memory| {
                memory.cancelled == ["slow_read"]
            })
            .await;
        let mut called = app.mcp.called();
        called.sort();
        assert_eq!(called, ["list_exercises", "slow_read"]);
    }
}
