//! How a stream ends.

use super::*;
use crate::support::wait::Gate;

/// The finish reason of a turn with this reply, and the metadata.
async fn finish(reply: Reply) -> (Value, Value) {
    let app = TestApp::with([reply]).await;
    let chunks = UiChat::default().send(&app, "go").await;
    let last = chunks.last().unwrap();
    assert_eq!(last["type"], "finish");
    (
        last["finishReason"].clone(),
        last["messageMetadata"].clone(),
    )
}

#[tokio::test]
async fn the_finish_reason_is_in_the_words_of_the_sdk_and_the_stop_reason_in_the_metadata() {
    for (stop_reason, expected) in [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("something_new", "other"),
    ] {
        let (reason, metadata) = finish(Reply::text("Hm.").stop(stop_reason)).await;
        assert_eq!(
            (reason, &metadata["stop_reason"]),
            (json!(expected), &json!(stop_reason))
        );
    }
    let details = json!({"type": "refusal", "category": null});
    let (reason, metadata) = finish(Reply::text("I could").refused(details.clone())).await;
    assert_eq!(
        (reason, &metadata["stop_details"]),
        (json!("content-filter"), &details)
    );
}

#[tokio::test]
async fn a_call_that_the_reply_cuts_off_is_an_error_and_left_out_of_the_history() {
    let app = TestApp::with([
        Reply::text("Now.")
            .and_tool("t1", "list_workouts", json!({}))
            .and_tool("t2", "slow_write", json!({"key": "a"}))
            .stop("max_tokens"),
        Reply::text("Again."),
    ])
    .await;
    let mut chat = UiChat::default();
    let chunks = chat.send(&app, "go").await;
    let last = chunks.last().unwrap();
    assert_eq!(last["messageMetadata"]["left_out"], json!(["t1", "t2"]));
    let not_run = json!({"type": "tool-output-error", "toolCallId": "t2", "dynamic": true,
        "errorText": "not run: the reply ended before it was complete"});
    assert!(chunks.contains(&not_run), "{chunks:#?}");
    assert_eq!(
        app.mcp
            .called()
            .iter()
            .filter(|name| *name == "slow_write")
            .count(),
        0
    );
    chat.send(&app, "again").await;
    let messages = app.claude.bodies()[1]["messages"].clone();
    let said = json!([{"type": "text", "text": "Now."}]);
    assert_eq!(messages[1], json!({"role": "assistant", "content": said}));
}

#[tokio::test]
async fn a_refused_reply_is_shown_and_left_out_of_the_history() {
    let app = TestApp::with([
        Reply::text("I could").refused(json!({"type": "refusal"})),
        Reply::text("Fine."),
    ])
    .await;
    let mut chat = UiChat::default();
    chat.send(&app, "do it").await;
    assert_eq!(chat.last()["parts"][1]["text"], "I could");
    chat.send(&app, "something else").await;
    let messages = &app.claude.bodies()[1]["messages"];
    assert_eq!(messages.as_array().unwrap().len(), 1, "{messages}");
}

#[tokio::test]
async fn a_failure_closes_what_is_open_and_is_the_last_chunk() {
    let app = TestApp::with([Reply::texts(&["One", " two"]).cut_after(4)]).await;
    let chunks = UiChat::default().send(&app, "count").await;
    let [.., metadata, error] = &chunks[..] else {
        panic!("{chunks:?}")
    };
    assert_eq!(
        kinds(&chunks),
        [
            "start",
            "start-step",
            "text-start",
            "text-delta",
            "text-delta",
            "text-end",
            "finish-step",
            "message-metadata",
            "error"
        ]
    );
    assert_eq!(
        *error,
        json!({"type": "error", "errorText": "The model could not be used."})
    );
    assert_eq!(
        shown(std::slice::from_ref(metadata))[0],
        json!({"type": "message-metadata", "messageMetadata": {"code": "model_error", "retryable": true,
            "usage": usage(10, 1), "request_id": "<request_id>"}})
    );
}

#[tokio::test]
async fn a_call_that_the_end_of_time_cuts_off_gets_its_outcome_before_the_error() {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "1")
        .start()
        .await;
    app.claude
        .push(Reply::tool("t1", "list_workouts", json!({})).and_tool(
            "t2",
            "slow_write",
            json!({"key": "a"}),
        ));
    let mut chat = UiChat::default();
    let chunks = chat.send(&app, "log it").await;
    assert_eq!(chunks.last().unwrap()["type"], "error");
    let cut_off = chunks
        .iter()
        .find(|chunk| chunk["type"] == "tool-output-error")
        .unwrap();
    let text = cut_off["errorText"].as_str().unwrap();
    assert!(
        cut_off["toolCallId"] == "t2" && text.starts_with("outcome unknown"),
        "{cut_off}"
    );
    app.mcp.gate.open_for_good();
    app.claude.push(Reply::text("I look first."));
    chat.send(&app, "and?").await;
    let results = app.claude.bodies()[1]["messages"][2]["content"].clone();
    assert_eq!(results[1]["content"][0]["text"], text);
    assert_eq!(
        (&results[1]["is_error"], &results[2]["text"]),
        (&json!(true), &json!("and?"))
    );
}

#[tokio::test]
async fn a_read_of_a_reply_that_fails_is_left_out_of_the_history() {
    let gate = Gate::new();
    let app = TestApp::start().await;
    let reply = Reply::tool("t1", "list_workouts", json!({})).and_text("So");
    app.claude.push(reply.gate_at(6, &gate).cut_after(7));
    let opened = gate.clone();
    let mcp = async {
        app.mcp.called_tool("list_workouts").await;
        opened.open_for_good();
    };
    let mut chat = UiChat::default();
    let (chunks, ()) = tokio::join!(chat.send(&app, "go"), mcp);
    assert_eq!(chunks.last().unwrap()["type"], "error");
    assert_eq!(chat.last()["metadata"]["left_out"], json!(["t1"]));
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_turn() {
    let app = TestApp::start().await;
    app.claude
        .push(Reply::texts(&["One", "two"]).silence_after(3));
    let mut chat = UiChat::default();
    chat.messages
        .push(json!({"id": "u1", "role": "user", "parts": [{"type": "text", "text": "count"}]}));
    let request = post(&app, "/chat/ui", "sam").body(chat.request().to_string());
    let mut response = request.send().await.unwrap();
    let mut seen = String::new();
    while !seen.contains("text-delta") {
        let chunk = within("a chunk", response.chunk()).await.unwrap().unwrap();
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    drop(response);
    app.claude.hung_up().await;
}
