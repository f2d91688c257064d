//! Replies that Claude refuses, and what else it says about its stop reason and its tokens.

use serde_json::{Value, json};

use super::continue_conversation;
use crate::support::{
    fake_claude::Reply,
    mcp_tools::bench_press,
    test_app::{TestApp, user},
};

fn details() -> Value {
    json!({"type": "refusal", "category": "general_harms", "explanation": "No."})
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

#[tokio::test]
async fn the_text_of_a_refused_reply_is_shown_and_left_out_of_the_messages() {
    let refused = || Reply::text("I could").refused(details());
    let app = TestApp::with([refused(), refused()]).await;
    let answer = app.ask("hi").await.ok();
    let done = app.ask_streaming("hi").await.last("done").await;
    for answer in [answer, done] {
        assert_eq!(answer["stop_reason"], "refusal");
        assert_eq!(answer["stop_details"], details());
        let text = json!([{"type": "text", "text": "I could"}]);
        assert_eq!(answer["content"], text);
        assert!(is_empty_list(&answer["messages"]), "{answer}");
    }
}

#[tokio::test]
async fn an_empty_refusal_gets_a_sentence_which_is_a_text_delta_too() {
    let empty = || Reply::empty().refused(details());
    let thought = || Reply::empty().thinking("", "c2ln").stop("refusal");
    let app = TestApp::with([empty(), empty(), thought()]).await;
    let answer = app.ask("hi").await.ok();
    let text = answer["content"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.len() > 10, "{answer}");
    assert!(is_empty_list(&answer["messages"]), "{answer}");
    let events = app.ask_streaming("hi").await.rest().await;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["model_chosen", "text_delta", "done"]);
    assert_eq!(events[1].data["text"], *text);
    assert_eq!(events[2].data["content"], answer["content"]);
    let answer = app.ask("hi").await.ok();
    assert_eq!(answer["content"][1]["text"], *text);
    assert_eq!(answer.get("stop_details"), None);
}

#[tokio::test]
async fn the_rounds_before_a_refusal_are_in_the_messages() {
    let app = TestApp::with([
        Reply::tool("t1", "list_workouts", json!({})),
        Reply::text("I could").refused(details()),
        Reply::text("Yes."),
    ])
    .await;
    let mut request = user("how many?");
    let answer = app.chat("sam", &request).await.ok();
    assert_eq!(answer["messages"].as_array().unwrap().len(), 2);
    continue_conversation(&mut request, &answer, "sure?");
    assert_eq!(
        app.chat("sam", &request).await.ok()["stop_reason"],
        "end_turn"
    );
}

#[tokio::test]
async fn stop_details_of_other_stop_reasons_are_passed_on() {
    let app = TestApp::with([Reply::text("x").refused(details()).stop("end_turn")]).await;
    assert_eq!(app.ask("hi").await.ok()["stop_details"], details());
}

#[tokio::test]
async fn thinking_tokens_are_summed_where_claude_tells_them() {
    let usage = |tokens: u64| json!({"output_tokens": 50, "output_tokens_details": {"thinking_tokens": tokens}});
    let app = TestApp::with([
        Reply::tool("t1", "list_workouts", json!({})).usage_at_end(usage(30)),
        Reply::text("one").usage_at_end(usage(12)),
        Reply::text("two"),
    ])
    .await;
    let answer = app.ask("hi").await.ok();
    assert_eq!(answer["usage"]["thinking_tokens"], 42);
    assert_eq!(answer["usage"]["output_tokens"], 100);
    let answer = app.ask("hi").await.ok();
    assert_eq!(answer["usage"].get("thinking_tokens"), None);
}

#[tokio::test]
async fn the_calls_of_a_refused_reply_are_not_run_and_left_out() {
    let call = |text: &str| {
        let reply = match text {
            "" => Reply::empty(),
            text => Reply::text(text),
        };
        // A read may have been started early.
        reply
            .and_tool("t1", "list_workouts", json!({}))
            .and_tool("t2", "create_workout", bench_press())
            .refused(details())
    };
    let app = TestApp::with([call("I could"), call("I could"), call("")]).await;
    let answer = app.ask("hi").await.ok();
    let done = app.ask_streaming("hi").await.last("done").await;
    for answer in [answer, done] {
        assert_eq!(
            (&answer["stop_reason"], &answer["stop_details"]),
            (&json!("refusal"), &details())
        );
        let text = json!([{"type": "text", "text": "I could"}]);
        assert_eq!(answer["content"], text);
        assert!(is_empty_list(&answer["messages"]), "{answer}");
    }
    let answer = app.ask("hi").await.ok();
    assert_eq!(answer["content"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["content"][0]["type"], "text");
    assert!(!app.mcp.called().contains(&"create_workout".to_owned()));
}
