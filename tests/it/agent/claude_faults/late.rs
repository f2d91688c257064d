//! Silence, the end of the turn's time, and what a failed turn gives back.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use super::app_with;
use crate::support::{fake_claude::Reply, mcp_tools::bench_press, test_app::TestApp};

#[tokio::test]
async fn silence_is_a_timeout_and_not_tried_again() {
    let silent = [
        Reply::hang_before_headers(),
        Reply::text("hi").silence_after(0),
        Reply::text("hi").silence_after(3),
        Reply::text("hi").silence_after(5),
        Reply::tool("t1", "create_workout", bench_press()).silence_after(6),
    ];
    let cases = silent.into_iter().enumerate().map(|(n, reply)| async move {
        let app = app_with(&[("CLAUDE_IDLE_TIMEOUT_SECS", "1")], [reply.clone(), reply]).await;
        let started = Instant::now();
        assert_eq!(app.ask("hi").await.error(), (504, "timeout"), "{n}");
        assert!(
            (900..8000).contains(&started.elapsed().as_millis()),
            "{n}: {:?}",
            started.elapsed()
        );
        app.claude.hung_up().await;
        let error = app.ask_streaming("hi").await.last("error").await;
        assert_eq!(
            (&error["code"], &error["retryable"]),
            (&json!("timeout"), &json!(true)),
            "{n}"
        );
        app.claude.hung_up().await;
        assert_eq!(app.claude.asked().len(), 2, "{n}");
        assert_eq!(app.mcp.called(), [""; 0], "{n}");
    });
    join_all(cases).await;
}

#[tokio::test]
async fn pings_are_not_silence() {
    let reply = Reply::text("at last").pings_at(1, 5, Duration::from_millis(400));
    let app = app_with(&[("CLAUDE_IDLE_TIMEOUT_SECS", "1")], [reply]).await;
    assert_eq!(app.ask("hi").await.ok()["content"][0]["text"], "at last");
}

#[tokio::test]
async fn a_slow_tool_is_not_claudes_silence() {
    let app = app_with(
        &[("CLAUDE_IDLE_TIMEOUT_SECS", "1")],
        [
            Reply::tool("t1", "slow_write", json!({})),
            Reply::text("done"),
        ],
    )
    .await;
    let asking = app.ask("go");
    let opening = async {
        app.mcp.called_tool("slow_write").await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        app.mcp.gate.open_for_good();
    };
    let (answer, ()) = tokio::join!(asking, opening);
    assert_eq!(answer.ok()["content"][0]["text"], "done");
}

#[tokio::test]
async fn a_turn_that_takes_too_long_is_a_timeout_however_lively_claude_is() {
    let endless = || Reply::text("hi").pings_at(3, 100, Duration::from_millis(100));
    let app = app_with(&[("AGENT_TURN_TIMEOUT_SECS", "1")], [endless(), endless()]).await;
    let started = Instant::now();
    assert_eq!(app.ask("hi").await.error(), (504, "timeout"));
    assert!(
        (900..8000).contains(&started.elapsed().as_millis()),
        "{:?}",
        started.elapsed()
    );
    app.claude.hung_up().await;
    let error = app.ask_streaming("hi").await.last("error").await;
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("timeout"), &json!(true))
    );
    app.claude.hung_up().await;
}

#[tokio::test]
async fn a_failure_in_a_later_round_gives_back_the_rounds_whose_tools_have_run() {
    let rounds = || {
        [
            Reply::tool("t1", "create_workout", bench_press()).usage(7, 5, 0, 0),
            Reply::error(400, "invalid_request_error", "x"),
        ]
    };
    let app = TestApp::with(rounds().into_iter().chain(rounds())).await;
    let answer = app.ask("log it").await;
    assert_eq!(answer.error(), (502, "model_error"));
    let messages = json!([
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "create_workout", "input": bench_press()}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1",
            "content": [{"type": "text", "text": "{\"id\":\"w2\",\"created\":true}"}]}]}]);
    assert_eq!(answer.body["messages"], messages);
    let error = app.ask_streaming("log it").await.last("error").await;
    assert_eq!(error["messages"], messages);
    assert_eq!(error["usage"]["output_tokens"], 5);
}

#[tokio::test]
async fn the_messages_of_a_failed_turn_can_be_sent_back_and_nothing_is_logged_twice() {
    let app = TestApp::with([
        Reply::tool("t1", "create_workout", bench_press()),
        Reply::text("lo").cut_after(3),
        Reply::text("It is logged."),
    ])
    .await;
    let error = app.ask_streaming("log it").await.last("error").await;
    assert_eq!(error["retryable"], true);
    let mut messages = vec![json!({"role": "user", "content": "log it"})];
    messages.extend(error["messages"].as_array().unwrap().iter().cloned());
    let answer = app.chat("sam", &json!({"messages": messages})).await.ok();
    assert_eq!(answer["content"][0]["text"], "It is logged.");
    assert_eq!(app.mcp.called(), ["create_workout"]);
}

#[tokio::test]
async fn a_round_cut_off_by_time_says_what_is_known_of_each_call() {
    let app = app_with(
        &[("AGENT_TURN_TIMEOUT_SECS", "2")],
        [Reply::text("Now:")
            .and_tool("t1", "create_workout", bench_press())
            .and_tool("t2", "slow_write", json!({}))],
    )
    .await;
    let error = app.ask_streaming("go").await.last("error").await;
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("timeout"), &json!(true))
    );
    let content = error["messages"][1]["content"].clone();
    assert_eq!(
        content[0],
        json!({"type": "tool_result", "tool_use_id": "t1",
        "content": [{"type": "text", "text": "{\"id\":\"w2\",\"created\":true}"}]})
    );
    assert_eq!(
        (&content[1]["tool_use_id"], &content[1]["is_error"]),
        (&json!("t2"), &json!(true))
    );
    assert!(
        content[1]["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("unknown"),
        "{}",
        content[1]
    );
    app.mcp.gate.open_for_good();
    app.mcp
        .until("the write is let finish", |memory| {
            memory.finished == ["slow_write"]
        })
        .await;
}

#[tokio::test]
async fn a_round_cut_off_while_claude_still_writes_says_which_calls_have_run_and_which_have_not() {
    let calls = Reply::tool("t1", "list_workouts", json!({}))
        .and_tool("t2", "slow_read", json!({}))
        .and_tool("t3", "create_workout", bench_press());
    let app = app_with(
        &[("AGENT_TURN_TIMEOUT_SECS", "1")],
        [calls.silence_after(16)],
    )
    .await;
    let error = app.ask_streaming("go").await.last("error").await;
    assert_eq!(error["code"], "timeout");
    assert_eq!(
        error["messages"].as_array().map(Vec::len),
        Some(2),
        "{error}"
    );
    let results = error["messages"][1]["content"].clone();
    let (listed, words) = (&results[0], |n: usize| {
        results[n]["content"][0]["text"].to_string()
    });
    assert_eq!(
        (&listed["tool_use_id"], &listed["is_error"]),
        (&json!("t1"), &json!(null))
    );
    assert!(words(1).contains("unknown"), "{results}");
    assert!(words(2).contains("not run"), "{results}");
    assert!(!app.mcp.called().contains(&"create_workout".to_owned()));
}
