//! Approvals in the words of each face.

use serde_json::{Value, json};

use super::history::assert_same;
use crate::support::{
    answer::Answer,
    faces::{Thread, UiChat, post},
    fake_claude::{Reply, remove_breakpoints},
    mcp_tools::bench_press,
    test_app::TestApp,
};

async fn app() -> TestApp {
    TestApp::builder()
        .env("AGENT_APPROVALS", "writes")
        .env("CLAUDE_MODEL", "claude-sonnet-5-5")
        .start()
        .await
}

/// Two held calls around a read, the answer after the approvals, and another turn.
fn replies() -> Vec<Reply> {
    vec![
        Reply::empty()
            .thinking("I log both.", "")
            .and_text("Logging.")
            .and_tool("t1", "create_workout", bench_press())
            .and_tool("t2", "list_workouts", json!({}))
            .and_tool("t3", "fail", json!({"key": "b"})),
        Reply::empty().thinking("So.", "").and_text("Done."),
        Reply::empty().thinking("Hm.", "").and_text("Sure."),
    ]
}

fn requests(app: &TestApp) -> Vec<Value> {
    let bodies = app.claude.bodies().into_iter();
    let requests = bodies.map(|mut body| {
        remove_breakpoints(&mut body);
        body["messages"].take()
    });
    requests.collect()
}

/// The same conversation by `/chat`: the first call is approved, the second one declined.
async fn through_chat() -> Vec<Value> {
    let app = app().await;
    app.claude.push_all(replies());
    let mut request = json!({"messages": [{"role": "user", "content": "log it"}], "approvals": []});
    let done = app.chat("sam", &request).await.ok();
    let add = |request: &mut Value, done: &Value| {
        let messages = request["messages"].as_array_mut().unwrap();
        messages.extend(done["messages"].as_array().unwrap().clone());
    };
    add(&mut request, &done);
    let [first, second] = &done["approvals"].as_array().unwrap()[..] else {
        panic!("{done}")
    };
    request["approvals"] = json!([
        {"token": first["token"], "approved": true},
        {"token": second["token"], "approved": false, "reason": "not today"},
    ]);
    let done = app.chat("sam", &request).await.ok();
    add(&mut request, &done);
    request["approvals"] = json!([]);
    let messages = request["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "user", "content": "sure?"}));
    app.chat("sam", &request).await.ok();
    requests(&app)
}

fn of_kind<'a>(chunks: &'a [Value], kind: &str) -> Vec<&'a Value> {
    chunks
        .iter()
        .filter(|chunk| chunk["type"] == kind)
        .collect()
}

#[tokio::test]
async fn a_chat_of_the_ai_sdk_asks_and_goes_on_in_the_same_message() {
    let expected = through_chat().await;
    let app = app().await;
    app.claude.push_all(replies());
    let mut chat = UiChat::default();
    let chunks = chat.send(&app, "log it").await;
    let asked = of_kind(&chunks, "tool-approval-request");
    let ids: Vec<_> = asked.iter().map(|chunk| &chunk["toolCallId"]).collect();
    assert_eq!(ids, ["t1", "t3"]);
    let keys = [
        "type",
        "approvalId",
        "toolCallId",
        "approvalDescriptor",
        "signature",
    ];
    assert_eq!(
        asked[0].as_object().unwrap().keys().collect::<Vec<_>>(),
        keys
    );
    let descriptor = asked[0]["approvalDescriptor"].as_object().unwrap();
    assert_eq!(
        descriptor.keys().collect::<Vec<_>>(),
        ["title", "destructive", "expiresAt"]
    );
    let finish = chunks.last().unwrap();
    assert_eq!(finish["finishReason"], "tool-calls");
    assert_eq!(
        finish["messageMetadata"]["stop_reason"],
        "approval_required"
    );
    assert!(
        !finish["messageMetadata"]
            .as_object()
            .unwrap()
            .contains_key("left_out")
    );
    assert_eq!(app.mcp.called(), ["list_workouts"]);
    chat.answer("t1", true, None);
    chat.answer("t3", false, Some("not today"));
    let message = chat.last()["id"].clone();
    let chunks = chat.submit(&app).await;
    assert_eq!(
        (&chunks[0]["type"], &chunks[0]["messageId"]),
        (&json!("start"), &message)
    );
    let before_step = chunks
        .iter()
        .take_while(|chunk| chunk["type"] != "start-step");
    let mut results: Vec<_> = before_step
        .skip(1)
        .map(|chunk| chunk["type"].as_str().unwrap())
        .collect();
    results.sort_unstable();
    assert_eq!(results, ["tool-output-available", "tool-output-denied"]);
    assert_eq!(
        of_kind(&chunks, "tool-output-denied"),
        [&json!({"type": "tool-output-denied", "toolCallId": "t3"})]
    );
    assert!(
        of_kind(&chunks, "tool-input-start").is_empty(),
        "{chunks:#?}"
    );
    assert_eq!(app.mcp.called(), ["list_workouts", "create_workout"]);
    assert_eq!(chat.messages.len(), 2);
    chat.send(&app, "sure?").await;
    assert_same(&requests(&app), &expected);
}

#[tokio::test]
async fn a_thread_of_ag_ui_is_interrupted_and_resumed() {
    let expected = through_chat().await;
    for ignores_snapshots in [false, true] {
        let app = app().await;
        app.claude.push_all(replies());
        let mut thread = Thread {
            ignores_snapshots,
            ..Thread::default()
        };
        let events = thread.send(&app, "log it").await;
        let outcome = &events.last().unwrap()["outcome"];
        assert_eq!(outcome["type"], "interrupt");
        let [first, second] = &outcome["interrupts"].as_array().unwrap()[..] else {
            panic!("{outcome}")
        };
        let keys = [
            "id",
            "reason",
            "message",
            "toolCallId",
            "responseSchema",
            "expiresAt",
            "metadata",
        ];
        assert_eq!(first.as_object().unwrap().keys().collect::<Vec<_>>(), keys);
        assert_eq!(
            (&first["toolCallId"], &second["toolCallId"]),
            (&json!("t1"), &json!("t3"))
        );
        assert_eq!(first["reason"], "tool_call");
        assert_eq!(app.mcp.called(), ["list_workouts"]);
        let answers = [
            json!({"status": "resolved", "payload": {"approved": true}}),
            json!({"status": "resolved", "payload": {"approved": false, "reason": "not today"}}),
        ];
        let events = thread.resume(&app, &answers).await;
        let results = of_kind(&events, "TOOL_CALL_RESULT");
        assert_eq!(results.len(), 2);
        let declined = results.iter().find(|it| it["toolCallId"] == "t3").unwrap();
        assert_eq!(
            declined["metadata"],
            json!({"fitness.progstrength/is_error": true, "fitness.progstrength/declined": true})
        );
        assert!(of_kind(&events, "TOOL_CALL_START").is_empty());
        assert_eq!(app.mcp.called(), ["list_workouts", "create_workout"]);
        thread.send(&app, "sure?").await;
        assert_same(&requests(&app), &expected);
    }
}

#[tokio::test]
async fn a_cancelled_interrupt_declines_its_call() {
    let app = app().await;
    app.claude.push_all([
        Reply::tool("t1", "create_workout", bench_press()),
        Reply::text("Fine."),
    ]);
    let mut thread = Thread::default();
    thread.send(&app, "log it").await;
    thread.resume(&app, &[json!({"status": "cancelled"})]).await;
    assert!(app.mcp.called().is_empty());
    let result = app.claude.bodies()[1]["messages"][2]["content"][0].clone();
    assert_eq!(result["is_error"], true);
}

#[tokio::test]
async fn who_writes_something_else_runs_nothing() {
    let held = || {
        [
            Reply::tool("t1", "create_workout", bench_press()),
            Reply::text("Fine."),
        ]
    };
    let (ui, agui) = (app().await, app().await);
    ui.claude.push_all(held());
    let mut chat = UiChat::default();
    chat.send(&ui, "log it").await;
    chat.send(&ui, "no, wait").await;
    agui.claude.push_all(held());
    let mut thread = Thread::default();
    thread.send(&agui, "log it").await;
    thread.send(&agui, "no, wait").await;
    for app in [&ui, &agui] {
        assert!(app.mcp.called().is_empty());
        let results = app.claude.bodies()[1]["messages"][2]["content"].clone();
        let waits = "not run: waits for the user's confirmation";
        assert_eq!(results[0]["content"][0]["text"], waits);
        assert_eq!(results[1]["text"], "no, wait");
    }
}

#[tokio::test]
async fn an_answer_for_some_calls_or_with_a_changed_token_is_refused() {
    let app = app().await;
    app.claude.push_all(replies());
    app.claude.allow_unplayed();
    let mut chat = UiChat::default();
    chat.send(&app, "log it").await;
    chat.answer("t1", true, None);
    let send = |chat: &UiChat| post(&app, "/chat/ui", "sam").body(chat.request().to_string());
    let refused = async |chat: &UiChat| {
        let answer = Answer::of(send(chat)).await;
        (answer.status.as_u16(), answer.text)
    };
    let both = "messages[1]: must hold an answer for each of the 2 calls that wait";
    assert_eq!(refused(&chat).await, (422, both.to_owned()));
    chat.answer("t3", true, None);
    let parts = chat.messages[1]["parts"].as_array().unwrap();
    let first = parts.iter().position(|part| part["toolCallId"] == "t1");
    let foreign = format!(
        "messages[1].parts[{}].approval.signature: was not given to this user",
        first.unwrap()
    );
    let other = Answer::of(post(&app, "/chat/ui", "eve").body(chat.request().to_string())).await;
    assert_eq!((other.status.as_u16(), other.text), (422, foreign));
    let parts = chat.messages[1]["parts"].as_array_mut().unwrap();
    let part = parts
        .iter_mut()
        .find(|part| part["toolCallId"] == "t3")
        .unwrap();
    part["approval"]
        .as_object_mut()
        .unwrap()
        .remove("signature");
    let (status, text) = refused(&chat).await;
    assert!(
        status == 422 && text.ends_with(".approval.signature: is missing"),
        "{text}"
    );
    assert!(text.starts_with("messages[1].parts["), "{text}");
    assert_eq!(app.mcp.called(), ["list_workouts"]);
}

#[tokio::test]
async fn the_answer_at_a_call_is_for_this_call() {
    let app = app().await;
    app.claude.push_all(replies());
    app.claude.allow_unplayed();
    let mut chat = UiChat::default();
    chat.send(&app, "log it").await;
    chat.answer("t1", true, None);
    chat.answer("t3", false, None);
    let parts = chat.messages[1]["parts"].as_array_mut().unwrap();
    let at = |id: &str| parts.iter().position(|part| part["toolCallId"] == id);
    let (first, second) = (at("t1").unwrap(), at("t3").unwrap());
    let signature = parts[first]["approval"]["signature"].take();
    parts[first]["approval"]["signature"] = parts[second]["approval"]["signature"].take();
    parts[second]["approval"]["signature"] = signature;
    let sent = post(&app, "/chat/ui", "sam").body(chat.request().to_string());
    let answer = Answer::of(sent).await;
    let expected = format!("messages[1].parts[{first}].approval.signature: is for another call");
    assert_eq!((answer.status.as_u16(), answer.text), (422, expected));
    assert_eq!(app.mcp.called(), ["list_workouts"]);
}

#[tokio::test]
async fn a_long_reason_is_cut_in_later_turns_as_in_the_turn_of_the_answer() {
    let app = app().await;
    app.claude.push_all([
        Reply::tool("t1", "create_workout", bench_press()),
        Reply::text("Fine."),
        Reply::text("Sure."),
    ]);
    let mut chat = UiChat::default();
    chat.send(&app, "log it").await;
    chat.answer("t1", false, Some(&"é".repeat(600)));
    chat.submit(&app).await;
    chat.send(&app, "sure?").await;
    let cut = "é".repeat(500);
    let told = format!("Not run: the user declined. The reason: {cut}");
    for request in &requests(&app)[1..] {
        assert_eq!(request[2]["content"][0]["content"][0]["text"], told);
    }
}

#[tokio::test]
async fn a_run_is_not_resumed_with_some_answers_or_with_a_changed_token() {
    let app = app().await;
    app.claude.push_all(replies());
    app.claude.allow_unplayed();
    let mut thread = Thread::default();
    thread.send(&app, "log it").await;
    let ids: Vec<_> = thread
        .interrupts
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    let forged = "resume[1].interruptId: is not a token of this service, or has been changed";
    for (ids, expected) in [
        (
            &ids[1..],
            "resume: must hold an answer for each of the 2 calls that wait",
        ),
        (&[ids[0].clone(), json!("x.y")], forged),
    ] {
        let entry = |id| json!({"interruptId": id, "status": "cancelled"});
        let mut request = thread.request();
        request["resume"] = ids.iter().map(entry).collect();
        let sent = post(&app, "/chat/agui", "sam").body(request.to_string());
        let answer = Answer::of(sent).await;
        let detail = answer.body["detail"].as_str();
        assert_eq!((answer.status.as_u16(), detail), (422, Some(expected)));
    }
    assert_eq!(app.mcp.called(), ["list_workouts"]);
}

#[tokio::test]
async fn a_run_that_fails_after_its_approved_call_may_be_resumed_again() {
    let app = app().await;
    app.claude.push_all([
        Reply::tool("t1", "create_workout", bench_press()),
        Reply::text("So").cut_after(3),
        Reply::text("Fine."),
    ]);
    let mut thread = Thread::default();
    thread.send(&app, "log it").await;
    let approved = [json!({"status": "resolved", "payload": {"approved": true}})];
    let events = thread.resume(&app, &approved).await;
    assert_eq!(events.last().unwrap()["type"], "RUN_ERROR");
    thread
        .messages
        .push(json!({"id": "u2", "role": "user", "content": "and?"}));
    let events = thread.resume(&app, &approved).await;
    assert_eq!(events.last().unwrap()["type"], "RUN_FINISHED");
    assert_eq!(app.mcp.called(), ["create_workout"]);
}

#[tokio::test]
async fn an_interrupt_may_be_cancelled_together_with_the_next_message() {
    let app = app().await;
    app.claude.push_all([
        Reply::tool("t1", "create_workout", bench_press()),
        Reply::text("Fine."),
    ]);
    let mut thread = Thread::default();
    thread.send(&app, "log it").await;
    thread
        .messages
        .push(json!({"id": "u2", "role": "user", "content": "no, wait"}));
    thread.resume(&app, &[json!({"status": "cancelled"})]).await;
    let results = app.claude.bodies()[1]["messages"][2]["content"].clone();
    assert_eq!(
        (&results[0]["is_error"], &results[1]["text"]),
        (&json!(true), &json!("no, wait"))
    );
    assert!(app.mcp.called().is_empty());
}
