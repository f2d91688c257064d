//! The turn in which the user is asked.

use serde_json::{Value, json};

use super::{UNCONFIRMED, asking, error, going_on, result, waiting, with_policy, yes};
use crate::support::{
    fake_claude::Reply,
    helpers::{last_content, metric},
    mcp_tools::bench_press,
    sse::stable,
    test_app::user,
};

/// The requests without their tokens, which are checked, and with the time left in place of the end.
fn shown(answer: &Value) -> Value {
    let mut requests = answer["approvals"].clone();
    for request in requests.as_array_mut().expect("approvals") {
        let token = request["token"].take();
        let parts = token.as_str().expect("a token").split('.').count();
        let expires = request["expires_at"].as_str().expect("a time");
        let left = expires.parse::<jiff::Timestamp>().expect("RFC 3339") - jiff::Timestamp::now();
        let left = left.total(jiff::Unit::Second).expect("seconds");
        assert!(parts == 2 && (590.0..=600.0).contains(&left), "{left}");
        request["expires_at"] = "<in 10 minutes>".into();
    }
    requests
}

#[tokio::test]
async fn a_held_call_is_not_sent_and_the_answer_asks_for_the_users_word() {
    let app = with_policy("destructive").await;
    let call = Reply::text("I will log it.").and_tool("toolu_1", "create_workout", bench_press());
    app.claude.push(call);
    let answer = app.chat("sam", &asking("log it")).await.ok();
    let said = json!({"type": "text", "text": "I will log it."});
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "create_workout", "input": bench_press()});
    assert_eq!(
        shown(&answer),
        json!([{"token": null, "tool_use_id": "toolu_1", "name": "create_workout", "title": "create_workout",
            "input": bench_press(), "destructive": true, "expires_at": "<in 10 minutes>"}])
    );
    let mut rest = stable(answer);
    rest.as_object_mut().unwrap().remove("approvals");
    assert_eq!(
        rest,
        json!({
            "stop_reason": "approval_required",
            "content": [said],
            "model": "claude-sonnet-4-6",
            "messages": [
                {"role": "assistant", "content": [said, call]},
                {"role": "user", "content": [waiting("toolu_1")]},
            ],
            "usage": rest["usage"],
            "request_id": "<request_id>",
        })
    );
    assert!(app.mcp.calls().is_empty());
    assert_eq!(
        metric(&app, "approvals_total{outcome=\"requested\"}").await,
        1
    );
}

#[tokio::test]
async fn a_stream_asks_by_an_event_before_done_and_has_no_result_of_the_call() {
    let app = with_policy("destructive").await;
    app.claude
        .push(Reply::tool("toolu_1", "create_workout", bench_press()));
    let events = app.stream("sam", &asking("log it")).await.rest().await;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let expected = [
        "model_chosen",
        "tool_use_start",
        "tool_use",
        "approval_request",
        "done",
    ];
    assert_eq!(kinds, expected);
    let mut asked = events[3].data.clone();
    asked.as_object_mut().unwrap().remove("type");
    assert_eq!(events[4].data["approvals"], json!([asked]));
    assert_eq!(events[4].data["stop_reason"], "approval_required");
    assert_eq!(events[4].data["content"], json!([]));
}

#[tokio::test]
async fn calls_that_need_no_word_run_beside_held_ones_and_results_keep_the_order() {
    let app = with_policy("destructive").await;
    app.claude.push(
        Reply::tool("t1", "create_workout", bench_press())
            .and_tool("t2", "list_workouts", json!({}))
            .and_tool("t3", "slow_write", json!({"key": "x"}))
            .and_tool("t4", "no_such_tool", json!({})),
    );
    let answer = app.chat("sam", &asking("go")).await.ok();
    let content = json!([
        waiting("t1"),
        result("t2", r#"[{"id":"w1","name":"Push day"}]"#),
        waiting("t3"),
        error(
            "t4",
            "There is no tool named no_such_tool. Nothing was run."
        ),
    ]);
    assert_eq!(
        answer["messages"][1],
        json!({"role": "user", "content": content})
    );
    let asked = shown(&answer);
    assert_eq!(
        json!([asked[0]["tool_use_id"], asked[1]["tool_use_id"]]),
        json!(["t1", "t3"])
    );
    assert_eq!(asked.as_array().unwrap().len(), 2);
    assert_eq!(app.mcp.called(), ["list_workouts"]);
}

#[tokio::test]
async fn a_client_that_cannot_ask_is_not_asked_and_claude_is_told() {
    let app = with_policy("destructive").await;
    for approvals in [None, Some(json!(null))] {
        app.claude.push_all([
            Reply::tool("toolu_1", "create_workout", bench_press()),
            Reply::text("I may not."),
        ]);
        let mut request = user("log it");
        if let Some(approvals) = approvals {
            request["approvals"] = approvals;
        }
        let answer = app.chat("sam", &request).await.ok();
        assert_eq!(answer["stop_reason"], "end_turn");
        assert_eq!(answer.get("approvals"), None);
        let told = app.claude.bodies().last().map(last_content);
        assert_eq!(told, Some(vec![error("toolu_1", UNCONFIRMED)]));
    }
    assert!(app.mcp.calls().is_empty());
    assert_eq!(
        metric(&app, "approvals_total{outcome=\"unavailable\"}").await,
        2
    );
    assert_eq!(
        metric(&app, "approvals_total{outcome=\"requested\"}").await,
        0
    );
}

#[tokio::test]
async fn without_the_setting_nothing_is_held() {
    let app = crate::support::test_app::TestApp::with([
        Reply::tool("toolu_1", "create_workout", bench_press()),
        Reply::text("Logged."),
    ])
    .await;
    let answer = app.chat("sam", &asking("log it")).await.ok();
    assert_eq!(
        (&answer["stop_reason"], answer.get("approvals")),
        (&json!("end_turn"), None)
    );
    assert_eq!(app.mcp.called(), ["create_workout"]);
}

#[tokio::test]
async fn a_reply_that_does_not_stop_for_its_calls_asks_nothing() {
    let app = with_policy("destructive").await;
    let cut = Reply::text("Hm.").and_tool("t1", "create_workout", bench_press());
    app.claude.push(cut.stop("max_tokens"));
    let answer = app.chat("sam", &asking("log it")).await.ok();
    assert_eq!(
        (&answer["stop_reason"], answer.get("approvals")),
        (&json!("max_tokens"), None)
    );
    assert_eq!(answer["messages"].as_array().map(Vec::len), Some(1));
    assert!(app.mcp.calls().is_empty());
}

#[tokio::test]
async fn claude_never_sees_a_token_and_the_user_is_in_no_input() {
    let app = with_policy("writes").await;
    let input = json!({"note": "hi", "user_id": "mallory"});
    app.claude
        .push_all([Reply::tool("t1", "whoami", input), Reply::text("Done.")]);
    let request = asking("who am I?");
    let asked = app.chat("sam", &request).await.ok();
    assert_eq!(asked["approvals"][0]["input"], json!({"note": "hi"}));
    let request = going_on(&request, &asked, &[yes(&asked)]);
    app.chat("sam", &request).await.ok();
    assert_eq!(
        app.mcp.calls()[0].arguments,
        json!({"note": "hi", "user_id": "sam"})
    );
    let token = asked["approvals"][0]["token"].as_str().unwrap();
    for body in app.claude.bodies() {
        let body = body.to_string();
        let about_user = body.contains("mallory") || body.contains(token);
        assert!(!about_user, "{body}");
    }
}
