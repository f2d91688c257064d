//! What a turn that was cut off tells of calls that had not begun.

use serde_json::{Value, json};

use super::app_with;
use crate::support::{fake_claude::Reply, mcp_tools::bench_press};

const NOT_RUN: &str =
    "not run: the turn was cut off before the tool answered. Nothing was changed by this call.";

const LITTLE_TIME: (&str, &str) = ("AGENT_TURN_TIMEOUT_SECS", "2");
const LITTLE_SILENCE: (&str, &str) = ("CLAUDE_IDLE_TIMEOUT_SECS", "1");

/// `messages` of a turn that ends in Claude's silence, as a problem or an event, and the tools that were called.
async fn left_of(replies: &[Reply], streamed: bool) -> (Value, Vec<String>) {
    left_by(LITTLE_TIME, replies, streamed).await
}

async fn left_by(limit: (&str, &str), replies: &[Reply], streamed: bool) -> (Value, Vec<String>) {
    let app = app_with(&[limit], replies.to_vec()).await;
    let mut failed = if streamed {
        app.ask_streaming("go").await.last("error").await
    } else {
        app.ask("go").await.body
    };
    assert_eq!(failed["code"], "timeout", "{failed}");
    (failed["messages"].take(), app.mcp.called())
}

/// A write that is complete and has not begun.
fn not_run(id: &str) -> Value {
    json!([
        {"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "create_workout", "input": bench_press()}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "is_error": true,
            "content": [{"type": "text", "text": NOT_RUN}]}]},
    ])
}

#[tokio::test]
async fn complete_calls_of_which_none_has_begun_stand_as_not_run_and_an_incomplete_one_not_at_all()
{
    // The write is complete, the message is not; or not even the write.
    let call = |id: &str| Reply::tool(id, "create_workout", bench_press());
    let alone = [call("t1").silence_after(6)];
    let second = [call("t1"), call("t2").silence_after(6)];
    let half = [call("t1").silence_after(3)];
    let (problem, event, problem_of_two, event_of_two, problem_of_half, event_of_half) = tokio::join!(
        left_of(&alone, false),
        left_of(&alone, true),
        left_of(&second, false),
        left_of(&second, true),
        left_of(&half, false),
        left_of(&half, true),
    );
    for told in [problem, event] {
        assert_eq!(told, (not_run("t1"), vec![]));
    }
    for (messages, called) in [problem_of_two, event_of_two] {
        assert_eq!(messages.as_array().map(Vec::len), Some(4), "{messages}");
        assert_eq!(messages[0]["content"][0]["id"], "t1");
        assert_eq!(json!([messages[2], messages[3]]), not_run("t2"));
        assert_eq!(called, ["create_workout"]);
    }
    assert_eq!(problem_of_half, (json!(null), vec![]));
    assert_eq!(event_of_half, (json!([]), vec![]));
}

#[tokio::test]
async fn a_write_that_has_not_begun_stands_as_not_run_beside_a_read_that_has_ended() {
    let calls = [Reply::text("Now:")
        .and_tool("t1", "list_workouts", json!({}))
        .and_tool("t2", "create_workout", bench_press())
        .silence_after(14)];
    let (problem, event) = tokio::join!(left_of(&calls, false), left_of(&calls, true));
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let messages = json!([
        {"role": "assistant", "content": [
            {"type": "text", "text": "Now:"},
            {"type": "tool_use", "id": "t1", "name": "list_workouts", "input": {}},
            {"type": "tool_use", "id": "t2", "name": "create_workout", "input": bench_press()}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t1", "content": text(r#"[{"id":"w1","name":"Push day"}]"#)},
            {"type": "tool_result", "tool_use_id": "t2", "content": text(NOT_RUN), "is_error": true}]}]);
    for told in [problem, event] {
        assert_eq!(told, (messages.clone(), vec!["list_workouts".to_owned()]));
    }
}

#[tokio::test]
async fn a_message_that_ends_in_too_long_a_silence_is_told_as_far_as_it_was_written() {
    let write = [Reply::tool("t1", "create_workout", bench_press()).silence_after(6)];
    let read = [Reply::text("Now:")
        .and_tool("t1", "list_workouts", json!({}))
        .silence_after(9)];
    let (problem, event, read_problem, read_event) = tokio::join!(
        left_by(LITTLE_SILENCE, &write, false),
        left_by(LITTLE_SILENCE, &write, true),
        left_by(LITTLE_SILENCE, &read, false),
        left_by(LITTLE_SILENCE, &read, true),
    );
    for told in [problem, event] {
        assert_eq!(told, (not_run("t1"), vec![]));
    }
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let messages = json!([
        {"role": "assistant", "content": [
            {"type": "text", "text": "Now:"},
            {"type": "tool_use", "id": "t1", "name": "list_workouts", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t1", "content": text(r#"[{"id":"w1","name":"Push day"}]"#)}]}]);
    for told in [read_problem, read_event] {
        assert_eq!(told, (messages.clone(), vec!["list_workouts".to_owned()]));
    }
}
