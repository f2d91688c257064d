//! The turn after the user's answer.

use serde_json::{Value, json};

use super::{WAITING, answer, append, asking, error, going_on, result, waiting, with_policy, yes};
use crate::support::{
    fake_claude::{Reply, remove_breakpoints},
    helpers::{last_content, metric, take_turn_id},
    mcp_tools::bench_press,
    sse::shown,
    test_app::TestApp,
};

const LOGGED: &str = r#"{"id":"w2","created":true}"#;
const DECLINED: &str = "The user declined. Nothing was run.";

/// A request and the answer that asks about one call of `create_workout`.
async fn asked(app: &TestApp) -> (Value, Value) {
    let call = Reply::text("I will.").and_tool("toolu_1", "create_workout", bench_press());
    app.claude.push(call);
    let request = asking("log it");
    let asked = app.chat("sam", &request).await.ok();
    assert_eq!(asked["stop_reason"], "approval_required");
    (request, asked)
}

#[tokio::test]
async fn an_approved_call_runs_before_claude_is_asked_and_its_result_replaces_the_waiting_one() {
    let app = with_policy("destructive").await;
    let (request, asked) = asked(&app).await;
    app.claude.push(Reply::text("Logged."));
    let next = going_on(&request, &asked, &[yes(&asked)]);
    let events = app.stream("sam", &next).await.rest().await;
    let done = json!({"role": "assistant", "content": [{"type": "text", "text": "Logged."}]});
    let results = json!([result("toolu_1", LOGGED)]);
    let mut expected = json!([
        {"type": "model_chosen", "model": "claude-sonnet-4-6"},
        {"type": "tool_result", "id": "toolu_1", "name": "create_workout", "is_error": false, "duration_ms": "<duration_ms>"},
        {"type": "text_delta", "text": "Logged."},
        {"type": "done", "stop_reason": "end_turn", "model": "claude-sonnet-4-6", "content": done["content"],
            "messages": [{"role": "user", "content": results}, done], "request_id": "<request_id>"},
    ]);
    let events = shown(&events);
    expected[3]["usage"] = events[3]["usage"].clone();
    assert_eq!(events, expected);
    let bodies = app.claude.bodies();
    assert_eq!(json!(last_content(&bodies[1])), results);
    assert!(!bodies[1].to_string().contains(WAITING));
    assert_eq!(
        metric(&app, "approvals_total{outcome=\"approved\"}").await,
        1
    );
}

#[tokio::test]
async fn an_approved_call_carries_the_ids_of_the_turn_that_asked() {
    let app = with_policy("destructive").await;
    app.claude.push_all([
        Reply::tool("t0", "list_workouts", json!({})),
        Reply::tool("toolu_1", "create_workout", bench_press()),
        Reply::tool("t2", "list_workouts", json!({})),
        Reply::text("Logged."),
    ]);
    let request = asking("log it");
    let asked = app.chat("sam", &request).await.ok();
    let next = going_on(&request, &asked, &[yes(&asked)]);
    app.chat("sam", &next).await.ok();
    let mut calls = app.mcp.calls();
    let turns: Vec<String> = calls
        .iter_mut()
        .map(|it| take_turn_id(&mut it.meta))
        .collect();
    let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["list_workouts", "create_workout", "list_workouts"]);
    assert!(turns[0] == turns[1] && turns[1] != turns[2], "{turns:?}");
    assert_eq!(calls[1].meta["fitness.progstrength/tool_use_id"], "toolu_1");
    assert_eq!(calls[1].meta["fitness.progstrength/user_id"], "sam");
}

#[tokio::test]
async fn a_declined_call_does_not_run_and_claude_gets_the_reason() {
    let app = with_policy("destructive").await;
    let long = "é".repeat(600);
    let reasons = [json!(null), json!(" "), json!("it was 190"), json!(long)];
    for reason in reasons {
        let (request, asked) = asked(&app).await;
        app.claude.push(Reply::text("Then not."));
        let mut no = answer(&asked, 0, false);
        no["reason"] = reason.clone();
        let next = going_on(&request, &asked, &[no]);
        let events = app.stream("sam", &next).await.rest().await;
        let told = match reason.as_str().unwrap_or_default().trim() {
            "" => DECLINED.to_owned(),
            reason => {
                let reason: String = reason.chars().take(500).collect();
                format!("{DECLINED} The reason: {reason}")
            }
        };
        let told = error("toolu_1", &told);
        assert_eq!(events[1].kind, "tool_result");
        assert_eq!(events[1].data["is_error"], true);
        assert_eq!(events[3].data["messages"][0]["content"], json!([told]));
        let body = app.claude.bodies().pop().unwrap();
        assert_eq!(last_content(&body), [told]);
    }
    assert!(app.mcp.calls().is_empty());
    assert_eq!(
        metric(&app, "approvals_total{outcome=\"declined\"}").await,
        4
    );
}

#[tokio::test]
async fn a_user_who_goes_on_without_an_answer_runs_nothing() {
    let app = with_policy("destructive").await;
    for (approvals, words) in [
        (json!(null), None),
        (json!([]), None),
        (json!([]), Some("rather show me my workouts")),
    ] {
        let (request, asked) = asked(&app).await;
        app.claude.push(Reply::text("All right."));
        let mut next = going_on(&request, &asked, &[]);
        next["approvals"] = approvals;
        if let Some(words) = words {
            let said = json!({"role": "user", "content": words});
            next["messages"].as_array_mut().unwrap().push(said);
        }
        let answer = app.chat("sam", &next).await.ok();
        assert_eq!(answer["messages"].as_array().map(Vec::len), Some(1));
        let body = app.claude.bodies().pop().unwrap();
        assert_eq!(last_content(&body)[0], waiting("toolu_1"));
    }
    assert!(app.mcp.calls().is_empty());
}

#[tokio::test]
async fn answers_are_taken_in_any_order_and_results_stand_in_that_of_the_calls() {
    let app = with_policy("destructive").await;
    let slow = |key: &str| json!({"key": key});
    app.claude.push(
        Reply::tool("t1", "slow_write", slow("a"))
            .and_tool("t2", "create_workout", bench_press())
            .and_tool("t3", "list_exercises", json!({}))
            .and_tool("t4", "slow_write", slow("b"))
            .and_tool("t5", "fail", json!({})),
    );
    let request = asking("go");
    let asked = app.chat("sam", &request).await.ok();
    let answers = [
        answer(&asked, 3, true),
        answer(&asked, 1, false),
        answer(&asked, 2, true),
        answer(&asked, 0, true),
    ];
    let mut next = going_on(&request, &asked, &answers);
    let more = json!({"role": "user", "content": "and be quick"});
    next["messages"].as_array_mut().unwrap().push(more);
    app.claude.push(Reply::text("Done."));
    let running = async {
        // Both are on their way at once.
        app.mcp
            .until("both", |it| {
                it.calls
                    .iter()
                    .filter(|call| call.name == "slow_write")
                    .count()
                    == 2
            })
            .await;
        app.mcp.gate.open_for_good();
    };
    let (finished, ()) = tokio::join!(app.chat("sam", &next), running);
    let finished = finished.ok();
    let ids = |content: &Value| -> Vec<Value> {
        let blocks = content.as_array().unwrap().iter();
        blocks.map(|block| block["tool_use_id"].clone()).collect()
    };
    assert_eq!(
        ids(&finished["messages"][0]["content"]),
        ["t1", "t2", "t4", "t5"]
    );
    let sent = last_content(&app.claude.bodies()[1]);
    assert_eq!(ids(&json!(&sent[..5])), ["t1", "t2", "t3", "t4", "t5"]);
    assert_eq!(sent[1], error("t2", DECLINED));
    assert_eq!(sent[4], error("t5", "no such workout"));
    assert_eq!(sent[5]["text"], "and be quick");
    assert_eq!(sent.len(), 6);
    assert!(!app.mcp.called().contains(&"create_workout".to_owned()));
}

#[tokio::test]
async fn later_turns_send_the_same_bytes_so_that_thinking_stays_bound_and_caches_hit() {
    let app = TestApp::builder()
        .env("AGENT_APPROVALS", "destructive")
        .env("CLAUDE_MODEL", "claude-sonnet-5-5")
        .start()
        .await;
    let thoughtful = || Reply::empty().thinking("Let me see.", "");
    app.claude.push_all([
        thoughtful()
            .and_tool("t1", "create_workout", bench_press())
            .and_tool("t2", "list_workouts", json!({}))
            .and_tool("t3", "whoami", json!({"note": "x"})),
        thoughtful().and_tool("t4", "fail", json!({})),
        thoughtful().and_text("Two."),
        thoughtful().and_text("Three."),
    ]);
    let mut request = asking("go");
    let first = app.chat("sam", &request).await.ok();
    request = going_on(
        &request,
        &first,
        &[answer(&first, 1, true), answer(&first, 0, true)],
    );
    // The user is asked again.
    let second = app.chat("sam", &request).await.ok();
    assert_eq!(second["stop_reason"], "approval_required");
    request = going_on(&request, &second, &[yes(&second)]);
    let third = app.chat("sam", &request).await.ok();
    append(&mut request, &third);
    let said = json!({"role": "user", "content": "and?"});
    request["messages"].as_array_mut().unwrap().push(said);
    request["approvals"] = json!([]);
    app.chat("sam", &request).await.ok();
    // The fake of Claude refuses thinking after a changed beginning.
    assert_eq!(app.claude.refusals(), [""; 0]);
    let asked = app.claude.asked();
    for pair in asked.windows(2) {
        let [before, after] = [&pair[0].body, &pair[1].body].map(|body| {
            let mut messages = body["messages"].clone();
            remove_breakpoints(&mut messages);
            messages.to_string()
        });
        // Without the bracket at the end.
        let before = &before[..before.len() - 1];
        assert!(after.starts_with(before), "{before}\n{after}");
    }
    assert_eq!(asked.len(), 4);
    let mut called = app.mcp.called();
    // Approved together.
    called[1..3].sort();
    assert_eq!(
        called,
        ["list_workouts", "create_workout", "whoami", "fail"]
    );
}

#[tokio::test]
async fn a_reply_that_fails_after_an_approved_call_is_requested_again_and_the_call_is_not() {
    let app = with_policy("destructive").await;
    let (request, asked) = asked(&app).await;
    app.claude.push_all([
        Reply::error(529, "overloaded_error", "later").header("retry-after-ms", "1"),
        Reply::text("Logged."),
    ]);
    let next = going_on(&request, &asked, &[yes(&asked)]);
    let done = app.stream("sam", &next).await.last("done").await;
    assert_eq!(done["content"][0]["text"], "Logged.");
    assert_eq!(app.mcp.called(), ["create_workout"]);
    assert_eq!(metric(&app, "claude_retries_total").await, 1);
}
