//! The timing of events.

use std::time::Duration;

use serde_json::json;

use crate::support::{
    fake_claude::Reply,
    mcp_tools::bench_press,
    sse::Sse,
    test_app::{TestApp, user},
    wait::{Gate, pass},
};

#[tokio::test]
async fn text_is_streamed_delta_by_delta() {
    let gate = Gate::new();
    let app = TestApp::with([Reply::texts(&["a", "b", "c"]).gate_each(&gate)]).await;
    let mut stream = app.ask_streaming("abc").await;
    stream.expect("model_chosen").await;
    gate.open(2); // message_start, content_block_start
    for piece in ["a", "b", "c"] {
        gate.open(1); // nothing behind this delta has been written when it arrives
        assert_eq!(stream.expect("text_delta").await["text"], piece);
    }
    gate.open_for_good();
    stream.expect("done").await;
}

#[tokio::test]
async fn model_chosen_is_sent_before_claude_answers() {
    let app = TestApp::with([Reply::hang_before_headers()]).await;
    let mut stream = app.ask_streaming("hi").await;
    assert_eq!(
        stream.expect("model_chosen").await,
        json!({"type": "model_chosen", "model": "claude-sonnet-4-6"})
    );
    app.claude.asked_times(1).await;
    drop(stream);
    app.claude.hung_up().await;
}

#[tokio::test]
async fn a_tool_call_is_announced_before_its_input_is_complete() {
    let gate = Gate::new();
    let app = TestApp::with([
        Reply::tool("t1", "list_exercises", json!({"muscle_group": "chest"})).gate_at(2, &gate),
        Reply::text("ok"),
    ])
    .await;
    let mut stream = app.ask_streaming("hi").await;
    stream.expect("model_chosen").await;
    assert_eq!(
        stream.expect("tool_use_start").await,
        json!({"type": "tool_use_start", "id": "t1", "name": "list_exercises"})
    );
    gate.open_for_good();
    assert_eq!(
        stream.expect("tool_use").await["input"],
        json!({"muscle_group": "chest"})
    );
    stream.last("done").await;
}

#[tokio::test]
async fn a_read_only_tool_runs_and_answers_while_claude_still_writes() {
    let gate = Gate::new();
    let reply = Reply::tool("t1", "list_workouts", json!({})).and_text("meanwhile");
    let app = TestApp::with([reply.gate_at(6, &gate), Reply::text("ok")]).await;
    let mut stream = app.ask_streaming("hi").await;
    for kind in ["model_chosen", "tool_use_start", "tool_use", "tool_result"] {
        stream.expect(kind).await;
    }
    assert_eq!(app.claude.open_streams(), 1);
    gate.open_for_good();
    stream.expect("text_delta").await;
    stream.last("done").await;
    assert_eq!(app.mcp.called(), ["list_workouts"]);
}

#[tokio::test]
async fn a_tool_that_writes_waits_until_the_message_is_complete() {
    let gate = Gate::new();
    let reply = Reply::tool("t1", "create_workout", bench_press()).and_tool(
        "t2",
        "list_workouts",
        json!({}),
    );
    let app = TestApp::with([reply.gate_at(11, &gate), Reply::text("ok")]).await;
    let mut stream = app.ask_streaming("hi").await;
    for kind in [
        "model_chosen",
        "tool_use_start",
        "tool_use",
        "tool_use_start",
        "tool_use",
        "tool_result",
    ] {
        stream.expect(kind).await;
    }
    // The later read has answered; the earlier write has not begun.
    assert_eq!(app.mcp.called(), ["list_workouts"]);
    gate.open_for_good();
    assert_eq!(stream.expect("tool_result").await["id"], "t1");
    stream.last("done").await;
}

#[tokio::test]
async fn a_comment_comes_after_fifteen_seconds_of_silence() {
    let gate = Gate::new();
    let app = TestApp::with([Reply::text("hi").gate_at(0, &gate)]).await;
    let mut stream = app.ask_streaming("hi").await;
    stream.expect("model_chosen").await;
    let quiet = tokio::time::Instant::now();
    pass(Duration::from_secs(14)).await;
    assert_eq!(stream.next_comment().await, "keep-alive");
    assert!(
        (14_800..18_000).contains(&quiet.elapsed().as_millis()),
        "{:?}",
        quiet.elapsed()
    );
    gate.open_for_good();
    stream.expect("text_delta").await;
    stream.last("done").await;
}

#[tokio::test]
async fn two_turns_stream_at_the_same_time() {
    let gates = [Gate::new(), Gate::new()];
    let app = TestApp::with(
        gates
            .each_ref()
            .map(|gate| Reply::texts(&["a", "b"]).gate_at(3, gate)),
    )
    .await;
    let mut streams: Vec<Sse> = Vec::new();
    for sub in ["sam", "kim"] {
        let mut stream = app.stream(sub, &user("go")).await;
        stream.expect("model_chosen").await;
        assert_eq!(stream.expect("text_delta").await["text"], "a");
        streams.push(stream);
    }
    assert_eq!(app.claude.open_streams(), 2);
    gates.iter().for_each(Gate::open_for_good);
    for stream in streams {
        stream.last("done").await;
    }
}
