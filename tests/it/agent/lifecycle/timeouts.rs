//! Turns that time out.

use serde_json::{Value, json};

use super::{over_and_counted, turn, two_writes, two_writes_interrupted, under_way};
use crate::{
    support::helpers::{good, last_content},
    support::{
        fake_claude::Reply,
        test_app::{TestApp, user},
        wait::within,
    },
};

/// A service with a short turn timeout, running [`two_writes`].
async fn hurried() -> TestApp {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "3")
        .start()
        .await;
    app.claude.push(two_writes());
    app
}

#[tokio::test]
async fn a_turn_out_of_time_ends_with_an_error_with_messages_and_the_write_finishes() {
    let app = hurried().await;
    let stream = app.ask_streaming("go").await;
    under_way(&app).await;
    let error = stream.last("error").await;
    let told = (&error["code"], &error["retryable"], &error["messages"]);
    assert_eq!(
        told,
        (&json!("timeout"), &json!(true), &two_writes_interrupted())
    );
    over_and_counted(&app).await;
    app.mcp.gate.open(1);
    app.mcp
        .until("the write ends", |memory| memory.finished == ["slow_write"])
        .await;
}

#[tokio::test]
async fn a_turn_out_of_time_is_a_504_with_the_same_messages_in_json() {
    let app = hurried().await;
    let turn = turn(&app, "go", false);
    under_way(&app).await;
    let answer = within("the answer", turn).await.expect("no panic");
    assert_eq!(answer.error(), (504, "timeout"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(answer.body["messages"], two_writes_interrupted());
}

#[tokio::test]
async fn a_turn_out_of_time_reports_earlier_rounds_too() {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "3")
        .start()
        .await;
    app.claude.push_all([
        Reply::tool("toolu_0", "list_exercises", json!({})),
        two_writes(),
    ]);
    let stream = app.ask_streaming("go").await;
    under_way(&app).await;
    let error = stream.last("error").await;
    let messages = error["messages"].as_array().expect("a list");
    let mut first = good(r#"[{"id":"bench-press","name":"Bench press"}]"#);
    first["tool_use_id"] = "toolu_0".into();
    assert_eq!(
        messages[..2],
        [
            json!({"role": "assistant",
                "content": [{"type": "tool_use", "id": "toolu_0", "name": "list_exercises", "input": {}}]}),
            json!({"role": "user", "content": [first]})
        ]
    );
    assert_eq!(json!(messages[2..]), two_writes_interrupted());
}

#[tokio::test]
async fn a_turn_out_of_time_can_be_sent_again_with_its_messages_appended() {
    for streamed in [true, false] {
        let app = hurried().await;
        let turn = turn(&app, "go", streamed);
        under_way(&app).await;
        let answer = within("the answer", turn).await.expect("no panic");
        let told = if streamed {
            let last = answer
                .text
                .trim_end()
                .rsplit_once("data: ")
                .expect("data")
                .1;
            serde_json::from_str::<Value>(last).expect("JSON")
        } else {
            answer.body
        };
        let mut history = user("go")["messages"].as_array().expect("a list").clone();
        history.extend(
            told["messages"]
                .as_array()
                .expect("the interrupted round")
                .clone(),
        );
        app.claude.push(Reply::text("Let me check."));
        app.chat("sam", &json!({"messages": history})).await.ok();
        assert_eq!(
            json!(last_content(&app.claude.bodies()[1])),
            two_writes_interrupted()[1]["content"]
        );
        app.claude.push(Reply::text("Sure."));
        history.push(json!({"role": "user", "content": "well?"}));
        app.chat("sam", &json!({"messages": history})).await.ok();
        assert_eq!(app.mcp.called().len(), 2, "nothing was done again");
    }
}

#[tokio::test]
async fn a_turn_out_of_time_while_claude_writes_is_a_timeout() {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "1")
        .start()
        .await;
    for streamed in [true, false] {
        app.claude.push(Reply::text("Hello").silence_after(3));
        let answer = within("the answer", turn(&app, "hi", streamed))
            .await
            .expect("no panic");
        if streamed {
            assert!(
                answer.text.contains(r#""code":"timeout""#),
                "{}",
                answer.text
            );
        } else {
            assert_eq!(answer.error(), (504, "timeout"));
            assert_eq!(answer.body["messages"], Value::Null);
        }
        app.claude.hung_up().await;
    }
}
