//! The history that is forwarded to Claude.

mod block_types;
mod images;
mod pairing;
mod refusals;
mod truncation;

use serde_json::{Value, json};

use super::fuzz::{parse, parse_body};

fn forwarded(messages: &Value) -> Value {
    parse(messages).unwrap().conversation.messages()
}

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

#[test]
fn extra_keys_blank_messages_and_blank_captions_are_dropped() {
    let sample: Value =
        serde_json::from_str(include_str!("../../../tests/samples/web-chat-request.json")).unwrap();
    let messages = forwarded(&sample["messages"]);
    assert_eq!(
        messages,
        json!([
            {"role": "user", "content": text("what chest exercises do I have?")},
            {"role": "assistant", "content": text("You have **12** chest exercises.")},
            {"role": "user", "content": [
                {"type": "text", "text": "log bench 3x5 at 185"},
                {"type": "image", "source": sample["messages"][4]["content"][0]["source"]},
            ]},
            {"role": "assistant", "content": text("Is this the session you mean?")},
            {"role": "user", "content": text("yes, log it")},
        ])
    );
}

#[test]
fn only_input_fields_are_forwarded() {
    let messages = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [
            {"type": "text", "text": "a", "citations": null, "cache_control": {"type": "ephemeral"}},
            {"type": "tool_use", "id": "t1", "name": "x", "input": {"b": 1, "a": 2, "user_id": "eve", "deep": [{"user_id": 1}]},
             "caller": {"type": "direct"}, "partial_json": ""},
        ]},
        {"role": "user", "content": [
            {"type": "text", "text": "thanks"},
            {"type": "tool_result", "tool_use_id": "t1", "content": "done", "is_error": null, "duration_ms": 5},
        ]},
    ]);
    assert_eq!(
        forwarded(&messages),
        json!([
            {"role": "user", "content": text("hi")},
            {"role": "assistant", "content": [
                {"type": "text", "text": "a"},
                {"type": "tool_use", "id": "t1", "name": "x", "input": {"b": 1, "a": 2, "deep": [{}]}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": text("done")},
                {"type": "text", "text": "thanks"},
            ]},
        ])
    );
}

#[test]
fn an_input_is_forwarded_unchanged_unless_it_contains_a_user_id() {
    let odd = r#"{"z" : 82.50, "a": [1e3, 123456789012345678901234567890], "é": "5 × 5"}"#;
    for (sent, expected) in [
        ("{}", Some("{}")),
        (odd, Some(odd)),
        (
            r#"{"z" : "\n", "a": "{\"b\" : 1}"}"#,
            Some(r#"{"z" : "\n", "a": "{\"b\" : 1}"}"#),
        ),
        (
            r#"{"z" : 1, "\u0075ser_id": "eve", "a": [{"user_id": 1}]}"#,
            Some(r#"{"z":1,"a":[{}]}"#),
        ),
        (
            r#"{"z": "{\"\\u0075ser_id\": 1, \"b\": 2}"}"#,
            Some(r#"{"z":"{\"b\":2}"}"#),
        ),
        (r#"{"z": [-1e400]}"#, None),
    ] {
        let call = format!(r#"{{"type": "tool_use", "id": "a", "name": "x", "input": {sent}}}"#);
        let result = r#"{"type": "tool_result", "tool_use_id": "a"}"#;
        let body = format!(
            r#"{{"messages": [{{"role": "assistant", "content": [{call}]}}, {{"role": "user", "content": [{result}]}}]}}"#
        );
        let forwarded = parse_body(body).map(|read| read.conversation.json());
        if let Some(input) = expected {
            let forwarded = forwarded.unwrap();
            let input = format!(r#""input":{input}}}]"#);
            assert!(forwarded.contains(&input), "{forwarded}");
        } else {
            let fault = forwarded.unwrap_err().to_string();
            let end = "nor hold a number beyond 1.7e308";
            assert!(fault.ends_with(end), "{fault}");
        }
    }
}

#[test]
fn unpaired_calls_and_results_are_dropped() {
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "x", "input": {}});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id});
    let messages = json!([
        {"role": "user", "content": [result("cut")]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}, call("lost")]},
        {"role": "user", "content": "go on"},
        {"role": "assistant", "content": [call("a"), call("b")]},
        {"role": "user", "content": [result("b"), result("b"), result("zzz")]},
        {"role": "assistant", "content": [call("b")]},
        {"role": "user", "content": [result("b"), {"type": "text", "text": "now"}]},
    ]);
    assert_eq!(
        forwarded(&messages),
        json!([
            {"role": "user", "content": text("go on")},
            {"role": "assistant", "content": [call("b")]},
            {"role": "user", "content": [result("b"), {"type": "text", "text": "now"}]},
        ])
    );
}

#[test]
fn dropped_blocks_and_empty_messages_are_counted() {
    for (message, dropped) in [
        (json!([]), 1),
        (json!(""), 1),
        (text(" "), 1),
        (
            json!([{"type": "text", "text": ""}, {"type": "text", "text": "x"}]),
            1,
        ),
        (json!("x"), 0),
    ] {
        let messages = json!([
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": message},
            {"role": "user", "content": "b"},
        ]);
        assert_eq!(parse(&messages).unwrap().dropped, dropped, "{message}");
    }
}

#[test]
fn a_history_that_begins_with_the_assistant_gets_a_user_message_before_it() {
    let messages =
        json!([{"role": "assistant", "content": "Log it?"}, {"role": "user", "content": "yes"}]);
    assert_eq!(
        forwarded(&messages)[1],
        json!({"role": "assistant", "content": text("Log it?")})
    );
}

#[test]
fn an_error_result_keeps_only_text_and_is_not_empty() {
    let png = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgoAAAANSUhEUg=="}});
    let messages = json!([
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "x", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": true, "content": [png]}]},
    ]);
    assert_eq!(
        forwarded(&messages)[2]["content"],
        json!([{"type": "tool_result", "tool_use_id": "t", "is_error": true, "content": text("The tool failed without saying why.")}])
    );
}

#[test]
fn the_first_of_two_results_is_kept() {
    let result =
        |said: &str| json!({"type": "tool_result", "tool_use_id": "t", "content": text(said)});
    let messages = json!([
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "x", "input": {}}]},
        {"role": "user", "content": [result("first"), result("second")]},
    ]);
    assert_eq!(forwarded(&messages)[2]["content"], json!([result("first")]));
}

#[test]
fn escaped_keys_roles_and_base64_are_understood() {
    let sent = r#"{"messages": [
        {"role": "\u0075ser", "content": [{"t\u0079pe": "ima\u0067e", "source":
            {"type": "base64", "media_type": "image\/jpeg", "data": "\/9j\/4AAQSkZJRgAB"}}]}]}"#;
    let history = parse_body(sent).unwrap();
    assert_eq!(
        history.conversation.messages(),
        json!([{"role": "user", "content": [{"type": "image", "source":
            {"type": "base64", "media_type": "image/jpeg", "data": "/9j/4AAQSkZJRgAB"}}]}])
    );
}

#[test]
fn a_large_photo_is_accepted_up_to_claudes_limit() {
    let photo = |quads: usize| {
        let data = "/9j/".repeat(quads);
        json!([{"role": "user", "content": [
            {"type": "text", "text": "look"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": data}},
        ]}])
    };
    let limit = 10 * 1024 * 1024 / 4;
    assert!(parse(&photo(1_750_000)).is_ok() && parse(&photo(limit)).is_ok());
    assert_eq!(
        parse(&photo(limit + 1)).unwrap_err().to_string(),
        "messages[0].content[1].source.data: must not be longer than 10485760 characters"
    );
}
