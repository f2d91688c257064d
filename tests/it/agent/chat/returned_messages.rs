//! The messages of an answer, appended to the history of the next request.

use serde_json::{Value, json};

use super::{continue_conversation, without_breakpoints};
use crate::support::{
    fake_claude::Reply,
    test_app::{TestApp, user},
};

#[tokio::test]
async fn a_history_with_the_returned_messages_appended_is_accepted() {
    let app = TestApp::with([
        Reply::empty()
            .thinking("hm", "sig")
            .and_text("One.")
            .and_tool("toolu_1", "list_workouts", json!({})),
        Reply::empty(),
        Reply::text("Still one."),
    ])
    .await;
    let mut request = user("how many?");
    let first = app.chat("sam", &request).await.ok();
    continue_conversation(&mut request, &first, "sure?");
    let second = app.chat("sam", &request).await.ok();
    assert_eq!(second["content"][0]["text"], "Still one.");
    // Two messages of one role in a row are one to Claude.
    let mut answered = first["messages"][1].clone();
    let results = answered["content"].as_array_mut().unwrap();
    results.push(json!({"type": "text", "text": "sure?"}));
    let question = json!({"role": "user", "content": [{"type": "text", "text": "how many?"}]});
    assert_eq!(
        without_breakpoints(&app.claude.bodies()[2]["messages"]),
        json!([question, first["messages"][0], answered])
    );
}

#[tokio::test]
async fn a_blank_text_in_a_reply_is_left_out_of_the_messages() {
    let app = TestApp::with([
        Reply::text("\n\n").and_tool("t1", "list_workouts", json!({})),
        Reply::text(" "),
        Reply::text("again"),
    ])
    .await;
    let mut request = user("go");
    let answer = app.chat("sam", &request).await.ok();
    continue_conversation(&mut request, &answer, "and now?");
    app.chat("sam", &request).await.ok();
}

/// A reply with a call of a server tool, whose input comes in pieces, and its result.
fn searching(id: &str) -> Reply {
    let call = |input: Value| json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": input});
    let pieces = ["", "{\"query\": ", "\"bench\"}"];
    let pieces = pieces.map(|piece| json!({"type": "input_json_delta", "partial_json": piece}));
    let page = json!({"type": "web_search_result", "url": "https://a.example", "title": "Bench",
        "encrypted_content": "eA=="});
    Reply::text("Searching.")
        .block(
            call(json!({})),
            pieces.to_vec(),
            call(json!({"query": "bench"})),
        )
        .and_block(json!({"type": "web_search_tool_result", "tool_use_id": id, "content": [page]}))
}

#[tokio::test]
async fn messages_of_a_paused_turn_are_accepted_again_without_the_server_tool_blocks() {
    let app = TestApp::with([
        searching("srvtoolu_1").stop("pause_turn"),
        searching("srvtoolu_2").and_tool("toolu_1", "list_workouts", json!({})),
        Reply::text("Found it."),
        Reply::text("Sure."),
    ])
    .await;
    let mut request = user("look it up");
    let answer = app.chat("sam", &request).await.ok();
    continue_conversation(&mut request, &answer, "sure?");
    app.chat("sam", &request).await.ok();
    let roles_and_types = |message: &Value| {
        let blocks = message["content"].as_array().unwrap().iter();
        let types: Vec<&str> = blocks
            .map(|block| block["type"].as_str().unwrap())
            .collect();
        format!("{}: {}", message["role"].as_str().unwrap(), types.join(" "))
    };
    let messages = app.claude.bodies()[3]["messages"].clone();
    let sent: Vec<String> = messages
        .as_array()
        .unwrap()
        .iter()
        .map(roles_and_types)
        .collect();
    assert_eq!(
        sent,
        [
            "user: text",
            "assistant: text text tool_use",
            "user: tool_result",
            "assistant: text",
            "user: text",
        ]
    );
}

/// A text of Claude's with two citations of a document.
fn cited(text: &str) -> Value {
    let citation = |at: u64| {
        json!({"type": "char_location", "cited_text": "5x5", "document_index": 0, "document_title": null,
            "start_char_index": at, "end_char_index": at + 3})
    };
    json!({"type": "text", "text": text, "citations": [citation(0), citation(9)]})
}

/// The same as it is streamed.
fn citing(text: &str) -> Reply {
    let whole = cited(text);
    let citations = whole["citations"].as_array().unwrap().iter();
    let mut deltas: Vec<Value> = citations
        .map(|citation| json!({"type": "citations_delta", "citation": citation}))
        .collect();
    deltas.push(json!({"type": "text_delta", "text": text}));
    let start = json!({"type": "text", "text": "", "citations": []});
    Reply::empty().block(start, deltas, whole)
}

#[tokio::test]
async fn citations_are_in_the_content_and_the_messages_are_accepted_again() {
    let app = TestApp::with([
        citing("It says 5x5.").and_tool("toolu_1", "list_workouts", json!({})),
        citing("5x5 it is."),
        Reply::text("Yes."),
    ])
    .await;
    let source = json!({"type": "text", "media_type": "text/plain", "data": "5x5 and  5x5"});
    let plan = json!({"type": "document", "source": source, "citations": {"enabled": true}});
    let question = json!({"type": "text", "text": "what is my plan?"});
    let mut request = json!({"messages": [{"role": "user", "content": [plan, question]}]});
    let answer = app.chat("sam", &request).await.ok();
    assert_eq!(answer["content"], json!([cited("5x5 it is.")]));
    let sent_back = without_breakpoints(&app.claude.bodies()[1]["messages"][1]["content"]);
    assert_eq!(sent_back[0], cited("It says 5x5."));
    continue_conversation(&mut request, &answer, "sure?");
    app.chat("sam", &request).await.ok();
    let messages = &app.claude.bodies()[2]["messages"];
    assert_eq!(messages[1]["content"][0]["text"], "It says 5x5.");
    assert_eq!(messages[3]["content"][0]["text"], "5x5 it is.");
}

#[tokio::test]
async fn unknown_blocks_of_claudes_are_returned_and_accepted_again_in_place() {
    let fallback = json!({"type": "fallback", "to": {"model": "b"}, "from": {"model": "a"}, "trigger": "refusal"});
    let app = TestApp::with([
        Reply::text("Let me see.")
            .and_block(fallback.clone())
            .and_tool("toolu_1", "list_workouts", json!({})),
        Reply::text("One.").and_block(fallback.clone()),
        Reply::text("Sure."),
    ])
    .await;
    let mut request = user("how many?");
    let answer = app.chat("sam", &request).await.ok();
    assert_eq!(answer["messages"][0]["content"][1], fallback);
    assert_eq!(answer["messages"][2]["content"][1], fallback);
    continue_conversation(&mut request, &answer, "sure?");
    request["messages"][1]["content"][1]["cache_control"] = json!({"type": "ephemeral"});
    app.chat("sam", &request).await.ok();
    let bodies = app.claude.bodies();
    let messages = |at: usize| without_breakpoints(&bodies[at]["messages"]).to_string();
    let before = messages(1);
    assert!(
        messages(2).starts_with(before.trim_end_matches(']')),
        "{bodies:#?}"
    );
    assert_eq!(bodies[2]["messages"][3]["content"][1], fallback);
}

#[tokio::test]
async fn an_unknown_block_that_chat_would_refuse_is_left_out_of_the_messages() {
    let deep: Value = serde_json::from_str(&("[".repeat(122) + &"]".repeat(122))).unwrap();
    let long = json!("x".repeat(70_000)).to_string();
    for content in [deep, long.into()] {
        let block = json!({"type": "novelty", "content": content});
        let app = TestApp::with([Reply::text("One.").and_block(block), Reply::text("Sure.")]).await;
        let mut request = user("how many?");
        let answer = app.chat("sam", &request).await.ok();
        let kept = json!([{"type": "text", "text": "One."}]);
        assert_eq!(answer["messages"][0]["content"], kept);
        continue_conversation(&mut request, &answer, "sure?");
        app.chat("sam", &request).await.ok();
    }
}
