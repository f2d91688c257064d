//! Turns that are cut off while calls wait, or while approved calls run.

use serde_json::{Value, json};

use super::{asking, error, going_on, result, with_policy, yes};
use crate::support::{
    fake_claude::Reply,
    helpers::{last_content, unknown},
    mcp_tools::bench_press,
    test_app::TestApp,
};

const CUT_OFF: &str = "the turn was cut off before the tool answered";

async fn with_little_time() -> TestApp {
    TestApp::builder()
        .env("AGENT_APPROVALS", "destructive")
        .env("AGENT_TURN_TIMEOUT_SECS", "1")
        .start()
        .await
}

#[tokio::test]
async fn a_held_call_of_a_turn_that_is_cut_off_was_not_run_and_nobody_is_asked() {
    let app = with_little_time().await;
    app.claude
        .push(Reply::tool("t1", "create_workout", bench_press()).and_tool(
            "t2",
            "slow_read",
            json!({}),
        ));
    let events = app.stream("sam", &asking("go")).await.rest().await;
    let (last, before) = events.split_last().unwrap();
    assert_eq!(
        (last.kind.as_str(), &last.data["code"]),
        ("error", &json!("timeout"))
    );
    assert!(
        before.iter().all(|event| event.kind != "approval_request"),
        "{before:?}"
    );
    let not_run = format!("not run: {CUT_OFF}. Nothing was changed by this call.");
    assert_eq!(
        last.data["messages"][1]["content"],
        json!([error("t1", &not_run), error("t2", &unknown(CUT_OFF))])
    );
    assert_eq!(app.mcp.called(), ["slow_read"]);
}

/// A request that approves a `fail` and a `slow_write`, of which the second does not end in time; and the error.
async fn cut_off(app: &TestApp) -> (Value, Value) {
    app.claude
        .push(Reply::tool("t1", "fail", json!({})).and_tool(
            "t2",
            "slow_write",
            json!({"key": "x"}),
        ));
    let request = asking("go");
    let asked = app.chat("sam", &request).await.ok();
    let answers = [super::answer(&asked, 1, true), yes(&asked)];
    let request = going_on(&request, &asked, &answers);
    let error = app.stream("sam", &request).await.last("error").await;
    (request, error)
}

#[tokio::test]
async fn approved_calls_that_are_cut_off_are_in_the_messages_of_the_error() {
    let app = with_little_time().await;
    let (_, last) = cut_off(&app).await;
    let content = json!([
        error("t1", "no such workout"),
        error("t2", &unknown(CUT_OFF))
    ]);
    assert_eq!(
        last["messages"],
        json!([{"role": "user", "content": content}])
    );
    assert_eq!(
        (&last["code"], &last["retryable"]),
        (&json!("timeout"), &json!(true))
    );
    app.mcp.gate.open_for_good();
    // A write is let finish.
    app.mcp
        .until("the write", |memory| memory.finished == ["slow_write"])
        .await;
}

#[tokio::test]
async fn the_same_request_with_the_messages_of_the_error_runs_no_call_again() {
    let app = with_little_time().await;
    let (mut request, last) = cut_off(&app).await;
    super::append(&mut request, &last);
    app.claude.push(Reply::text("I shall look."));
    let calls = app.mcp.calls().len();
    let answer = app.chat("sam", &request).await.ok();
    assert_eq!(app.mcp.calls().len(), calls);
    let told = app.claude.bodies().last().map(last_content).unwrap();
    assert_eq!(
        told,
        [
            error("t1", "no such workout"),
            error("t2", &unknown(CUT_OFF))
        ]
    );
    assert_eq!(answer["messages"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_failure_of_claude_after_an_approved_call_keeps_its_result() {
    let app = with_policy("destructive").await;
    app.claude
        .push(Reply::tool("t1", "create_workout", bench_press()));
    let request = asking("log it");
    let asked = app.chat("sam", &request).await.ok();
    let request = going_on(&request, &asked, &[yes(&asked)]);
    app.claude
        .push(Reply::error(400, "invalid_request_error", "no"));
    let problem = app.chat("sam", &request).await;
    assert_eq!(problem.error(), (502, "model_error"));
    let logged = result("t1", r#"{"id":"w2","created":true}"#);
    assert_eq!(
        problem.body["messages"],
        json!([{"role": "user", "content": [logged]}])
    );
}
