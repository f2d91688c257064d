//! `POST /chat/agui`: AG-UI 1.0.

mod requests;

use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    faces::{Thread, post, stable},
    fake_claude::Reply,
    test_app::TestApp,
    wait::within,
};

fn kinds(events: &[Value]) -> Vec<&str> {
    let kinds = events.iter().map(|event| event["type"].as_str());
    kinds.map(|kind| kind.expect("a type")).collect()
}

/// The events, but for the snapshot, with the ids of requests replaced, and those of messages by their numbers.
fn shown(events: &[Value]) -> Vec<Value> {
    let events = events
        .iter()
        .filter(|event| event["type"] != "MESSAGES_SNAPSHOT");
    let text = json!(events.collect::<Vec<_>>()).to_string();
    let mut ids: Vec<&str> = Vec::new();
    for id in text.split('"').filter(|text| text.starts_with("msg_")) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let ids = ids.iter().enumerate();
    let text = ids.fold(text.clone(), |text, (n, id)| {
        text.replace(&format!("\"{id}\""), &format!("\"m{}\"", n + 1))
    });
    let events: Value = serde_json::from_str(&text).unwrap();
    let ids = ["requestId", "fitness.progstrength/request_id"];
    stable(events, &ids).as_array().unwrap().clone()
}

fn usage(input: u64, output: u64) -> Value {
    json!([{"provider": "anthropic", "model": "claude-sonnet-4-6", "inputTokens": input, "outputTokens": output,
        "totalTokens": input + output, "cachedInputTokens": 0, "cacheWriteInputTokens": 0}])
}

fn finished(usage: &Value) -> Value {
    json!({"type": "RUN_FINISHED", "threadId": "th1", "runId": "r1", "outcome": {"type": "success"},
        "result": {"stopReason": "end_turn", "requestId": "<requestId>"}, "usage": usage})
}

#[tokio::test]
async fn a_turn_with_text_is_a_run_with_one_step() {
    let app = TestApp::with([Reply::texts(&["Hi, ", "Sam ☀"]).usage(3, 2, 4, 1)]).await;
    let events = Thread::default().send(&app, "hi").await;
    let used = json!([{"provider": "anthropic", "model": "claude-sonnet-4-6", "inputTokens": 8, "outputTokens": 2,
        "totalTokens": 10, "cachedInputTokens": 1, "cacheWriteInputTokens": 4}]);
    assert_eq!(
        shown(&events),
        [
            json!({"type": "RUN_STARTED", "threadId": "th1", "runId": "r1", "protocolVersion": "1.0"}),
            json!({"type": "STEP_STARTED", "stepName": "round-1"}),
            json!({"type": "TEXT_MESSAGE_START", "messageId": "m1", "role": "assistant"}),
            json!({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": "Hi, "}),
            json!({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": "Sam ☀"}),
            json!({"type": "TEXT_MESSAGE_END", "messageId": "m1"}),
            json!({"type": "STEP_FINISHED", "stepName": "round-1"}),
            finished(&used),
        ]
    );
}

#[tokio::test]
async fn calls_belong_to_the_message_of_their_round_and_have_results() {
    let app = TestApp::with([
        Reply::text("Let me look.")
            .and_tool("t1", "slow_write", json!({"key": "chest"}))
            .usage(10, 4, 0, 0),
        Reply::empty()
            .thinking("Hm.", "c2ln")
            .and_tool("t2", "fail", json!({}))
            .usage(20, 3, 0, 0),
        Reply::text("There.").usage(30, 2, 0, 0),
    ])
    .await;
    app.mcp.gate.open_for_good();
    let mut thread = Thread::default();
    let events = thread.send(&app, "chest?").await;
    let signed = r#"anthropic:{"type":"thinking","signature":"c2ln"}"#;
    let shown = shown(&events);
    let written = shown[8]["content"].clone();
    assert_eq!(
        shown,
        [
            json!({"type": "RUN_STARTED", "threadId": "th1", "runId": "r1", "protocolVersion": "1.0"}),
            json!({"type": "STEP_STARTED", "stepName": "round-1"}),
            json!({"type": "TEXT_MESSAGE_START", "messageId": "m1", "role": "assistant"}),
            json!({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": "Let me look."}),
            json!({"type": "TEXT_MESSAGE_END", "messageId": "m1"}),
            json!({"type": "TOOL_CALL_START", "toolCallId": "t1", "toolCallName": "slow_write", "parentMessageId": "m1"}),
            json!({"type": "TOOL_CALL_ARGS", "toolCallId": "t1", "delta": "{\"key\":\"chest\"}"}),
            json!({"type": "TOOL_CALL_END", "toolCallId": "t1"}),
            json!({"type": "TOOL_CALL_RESULT", "messageId": "m2", "toolCallId": "t1", "content": written, "role": "tool"}),
            json!({"type": "STEP_FINISHED", "stepName": "round-1"}),
            json!({"type": "STEP_STARTED", "stepName": "round-2"}),
            json!({"type": "REASONING_START", "messageId": "m3"}),
            json!({"type": "REASONING_MESSAGE_START", "messageId": "m3", "role": "reasoning"}),
            json!({"type": "REASONING_MESSAGE_CONTENT", "messageId": "m3", "delta": "Hm."}),
            json!({"type": "REASONING_MESSAGE_END", "messageId": "m3"}),
            json!({"type": "REASONING_ENCRYPTED_VALUE", "subtype": "message", "entityId": "m3", "encryptedValue": signed}),
            json!({"type": "REASONING_END", "messageId": "m3"}),
            json!({"type": "TOOL_CALL_START", "toolCallId": "t2", "toolCallName": "fail", "parentMessageId": "m4"}),
            json!({"type": "TOOL_CALL_ARGS", "toolCallId": "t2", "delta": "{}"}),
            json!({"type": "TOOL_CALL_END", "toolCallId": "t2"}),
            json!({"type": "TOOL_CALL_RESULT", "messageId": "m5", "toolCallId": "t2", "content": "no such workout", "role": "tool",
                "metadata": {"fitness.progstrength/is_error": true}}),
            json!({"type": "STEP_FINISHED", "stepName": "round-2"}),
            json!({"type": "STEP_STARTED", "stepName": "round-3"}),
            json!({"type": "TEXT_MESSAGE_START", "messageId": "m6", "role": "assistant"}),
            json!({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m6", "delta": "There."}),
            json!({"type": "TEXT_MESSAGE_END", "messageId": "m6"}),
            json!({"type": "STEP_FINISHED", "stepName": "round-3"}),
            finished(&usage(60, 9)),
        ]
    );
}

#[tokio::test]
async fn a_snapshot_before_the_end_has_the_messages_that_the_events_make() {
    let replies = || {
        [
            Reply::empty()
                .thinking("Hm.", "c2ln")
                .and_text("Look:")
                .and_tool("t1", "picture", json!({}))
                .and_tool("t2", "fail", json!({})),
            Reply::text("There."),
        ]
    };
    let mut threads = Vec::new();
    for ignores_snapshots in [true, false] {
        let app = TestApp::with(replies()).await;
        let mut thread = Thread {
            ignores_snapshots,
            ..Thread::default()
        };
        let events = thread.send(&app, "go").await;
        assert_eq!(kinds(&events)[events.len() - 2], "MESSAGES_SNAPSHOT");
        for message in &mut thread.messages {
            // Only a snapshot can say why a call has failed.
            let error = message.as_object_mut().unwrap().remove("error");
            assert_eq!(
                error.is_some(),
                !ignores_snapshots && message["toolCallId"] == "t2"
            );
            message["id"] = message["role"].clone();
        }
        threads.push(thread.messages);
    }
    assert_eq!(threads[0], threads[1]);
}

#[tokio::test]
async fn a_long_history_is_not_repeated() {
    let app = TestApp::with([Reply::text("Long.")]).await;
    let events = Thread::default().send(&app, "x".repeat(300_000)).await;
    assert!(!kinds(&events).contains(&"MESSAGES_SNAPSHOT"));
}

#[tokio::test]
async fn a_failure_closes_what_is_open_and_is_the_last_event() {
    let app = TestApp::with([Reply::texts(&["One", " two"]).cut_after(4)]).await;
    let events = shown(&Thread::default().send(&app, "count").await);
    assert_eq!(
        events[5..],
        [
            json!({"type": "TEXT_MESSAGE_END", "messageId": "m1"}),
            json!({"type": "STEP_FINISHED", "stepName": "round-1"}),
            json!({"type": "RUN_ERROR", "message": "The model could not be used.", "code": "model_error", "usage": usage(10, 1),
                "metadata": {"fitness.progstrength/request_id": "<fitness.progstrength/request_id>",
                    "fitness.progstrength/retryable": true}}),
        ]
    );
}

#[tokio::test]
async fn what_is_not_part_of_the_history_is_marked_and_left_out() {
    for reply in [
        Reply::text("Now.")
            .and_tool("t1", "slow_write", json!({}))
            .stop("max_tokens"),
        Reply::text("Now.")
            .and_tool("t1", "slow_write", json!({}))
            .refused(json!({"type": "refusal"})),
    ] {
        for ignores_snapshots in [false, true] {
            let app = TestApp::with([reply.clone(), Reply::text("Again.")]).await;
            let mut thread = Thread {
                ignores_snapshots,
                ..Thread::default()
            };
            let events = thread.send(&app, "go").await;
            let refused = events.last().unwrap()["result"]["stopReason"] == "refusal";
            let result = events
                .iter()
                .find(|event| event["type"] == "TOOL_CALL_RESULT")
                .unwrap();
            assert_eq!(
                result["content"],
                "not run: the reply ended before it was complete"
            );
            thread.send(&app, "again").await;
            let messages = app.claude.bodies()[1]["messages"].clone();
            let said = (!refused).then(|| json!({"type": "text", "text": "Now."}));
            assert_eq!(messages[1]["content"][0], json!(said));
            assert!(!messages.to_string().contains("t1"), "{messages}");
        }
    }
}

#[tokio::test]
async fn a_call_that_the_end_of_time_cuts_off_gets_its_outcome_before_the_error() {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "1")
        .start()
        .await;
    app.claude
        .push(Reply::tool("t1", "slow_write", json!({"key": "a"})));
    let mut thread = Thread::default();
    let events = thread.send(&app, "log it").await;
    let result = events
        .iter()
        .find(|event| event["type"] == "TOOL_CALL_RESULT")
        .unwrap();
    let text = result["content"].as_str().unwrap().to_owned();
    assert!(text.starts_with("outcome unknown"), "{text}");
    app.mcp.gate.open_for_good();
    app.claude.push(Reply::text("I look first."));
    thread.send(&app, "and?").await;
    let results = app.claude.bodies()[1]["messages"][2]["content"].clone();
    assert_eq!(
        (&results[0]["content"][0]["text"], &results[0]["is_error"]),
        (&json!(text), &json!(true))
    );
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_turn() {
    let app = TestApp::start().await;
    app.claude
        .push(Reply::texts(&["One", "two"]).silence_after(3));
    let mut thread = Thread::default();
    thread
        .messages
        .push(json!({"id": "u1", "role": "user", "content": "count"}));
    let request = post(&app, "/chat/agui", "sam").body(thread.request().to_string());
    let mut response = request.send().await.unwrap();
    let mut seen = String::new();
    while !seen.contains("TEXT_MESSAGE_CONTENT") {
        let chunk = within("a chunk", response.chunk()).await.unwrap().unwrap();
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    drop(response);
    app.claude.hung_up().await;
}
