//! Stop reasons, and whether tool calls are run.

use serde_json::json;

use crate::support::{fake_claude::Reply, mcp_tools::bench_press, test_app::TestApp};

#[tokio::test]
async fn other_stop_reasons_end_the_turn_and_are_reported_unchanged() {
    for reason in [
        "end_turn",
        "max_tokens",
        "refusal",
        "model_context_window_exceeded",
        "something_new",
    ] {
        let app = TestApp::with([Reply::text("as far as I got").stop(reason)]).await;
        let answer = app.ask("hi").await.ok();
        assert_eq!(answer["stop_reason"], reason);
        assert_eq!(answer["content"][0]["text"], "as far as I got");
    }
    let app = TestApp::with([Reply::text("until").stop_sequence("###")]).await;
    assert_eq!(app.ask("hi").await.ok()["stop_reason"], "stop_sequence");
}

#[tokio::test]
async fn tool_calls_under_other_stop_reasons_are_not_run() {
    for reason in [
        "end_turn",
        "max_tokens",
        "refusal",
        "stop_sequence",
        "something_new",
    ] {
        let app = TestApp::with([Reply::text("I would")
            .and_tool("t1", "create_workout", bench_press())
            .stop(reason)])
        .await;
        let answer = app.ask("log it").await.ok();
        assert_eq!(answer["stop_reason"], reason);
        assert_eq!(
            answer["content"],
            json!([{"type": "text", "text": "I would"}])
        );
        let said = json!([{"role": "assistant", "content": [{"type": "text", "text": "I would"}]}]);
        let expected = if reason == "refusal" { json!([]) } else { said };
        assert_eq!(answer["messages"], expected);
        assert_eq!(app.mcp.called(), [""; 0]);
    }
}

#[tokio::test]
async fn max_tokens_within_a_tool_call_runs_nothing_and_drops_the_calls_of_the_reply() {
    let app = TestApp::with([Reply::text("Both:")
        .and_tool("t1", "create_workout", bench_press())
        .and_tool_pieces("t2", "create_workout", &["", "{\"exercises\": [{\"exer"])
        .stop("max_tokens")])
    .await;
    let answer = app.ask("log both").await.ok();
    assert_eq!(answer["stop_reason"], "max_tokens");
    assert_eq!(
        answer["messages"],
        json!([{"role": "assistant", "content": [{"type": "text", "text": "Both:"}]}])
    );
    assert_eq!(app.mcp.called(), [""; 0]);
}

#[tokio::test]
async fn a_reply_without_stop_reason_ends_the_turn_and_runs_nothing() {
    let call = || Reply::text("I would").and_tool("t1", "create_workout", bench_press());
    // In place of what follows the call: a `message_delta` without a reason, or none at all.
    let silent = [
        call().two_message_deltas().ends_after(10),
        call().ends_after(9),
    ];
    for (n, reply) in silent.into_iter().enumerate() {
        let stop = json!({"type": "message_stop"});
        let reply = reply.unknown_event_at(10 - n, "message_stop", stop);
        let app = TestApp::with([reply]).await;
        let answer = app.ask("log it").await.ok();
        assert_ne!(answer["stop_reason"].as_str().unwrap_or_default(), "");
        let said = json!([{"type": "text", "text": "I would"}]);
        assert_eq!(answer["content"], said);
        assert_eq!(
            answer["messages"],
            json!([{"role": "assistant", "content": said}])
        );
        assert_eq!(app.mcp.called(), [""; 0]);
    }
}
