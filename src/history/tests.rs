mod every_block;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::claude::Block;

fn forwarded(messages: Value) -> Value {
    serde_json::to_value(parse(messages).unwrap().messages).unwrap()
}

fn fault(messages: Value) -> String {
    parse(messages).unwrap_err().to_string()
}

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

#[test]
fn a_web_clients_history_is_cleaned_of_extra_keys_blank_bubbles_and_blank_captions() {
    let sample: Value =
        serde_json::from_str(include_str!("../../tests/samples/web-chat-request.json")).unwrap();
    let messages = forwarded(sample["messages"].clone());
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
        forwarded(messages),
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
fn calls_and_results_without_their_other_half_are_dropped() {
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
        forwarded(messages),
        json!([
            {"role": "user", "content": text("go on")},
            {"role": "assistant", "content": [call("b")]},
            {"role": "user", "content": [result("b"), {"type": "text", "text": "now"}]},
        ])
    );
}

#[test]
fn what_is_dropped_is_counted_and_so_is_a_message_without_content() {
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
        assert_eq!(parse(messages).unwrap().dropped, dropped, "{message}");
    }
}

#[test]
fn a_history_that_begins_with_the_assistant_keeps_its_context() {
    let messages =
        json!([{"role": "assistant", "content": "Log it?"}, {"role": "user", "content": "yes"}]);
    assert_eq!(
        forwarded(messages)[1],
        json!({"role": "assistant", "content": text("Log it?")})
    );
}

#[test]
fn an_error_result_is_text_alone_and_never_empty() {
    let png = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}});
    let messages = json!([
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "x", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": true, "content": [png]}]},
    ]);
    assert_eq!(
        forwarded(messages)[2]["content"],
        json!([{"type": "tool_result", "tool_use_id": "t", "is_error": true, "content": text("The tool failed without saying why.")}])
    );
}

#[test]
fn what_claude_would_refuse_inside_a_block_is_named_with_its_place() {
    let user = |block: Value| json!([{"role": "user", "content": [block]}]);
    let image = |source: Value| user(json!({"type": "image", "source": source}));
    let b64 = |media: &str, data: &str| {
        image(json!({"type": "base64", "media_type": media, "data": data}))
    };
    let assistant = |block: Value| json!([{"role": "assistant", "content": [block]}, {"role": "user", "content": "x"}]);
    for (messages, expected) in [
        (json!("x"), "messages: must be a list of messages"),
        (json!([]), "messages: must hold 1 to 100000 messages"),
        (
            json!([5]),
            "messages[0]: must be an object with `role` and `content`",
        ),
        (
            json!([{"role": "system", "content": "x"}]),
            "messages[0].role: must be `user` or `assistant`",
        ),
        (
            json!([{"role": "user"}]),
            "messages[0].content: must be a string or a list of content blocks",
        ),
        (
            json!([{"role": "user", "content": " \n"}]),
            "messages[0]: the last message must not be blank",
        ),
        (
            json!([{"role": "user", "content": []}]),
            "messages[0]: the last message must not be blank",
        ),
        (
            json!([{"role": "user", "content": [{"type": "text", "text": " "}, {"type": "text", "text": ""}]}]),
            "messages[0]: the last message must not be blank",
        ),
        (
            json!([{"role": "assistant", "content": "x"}]),
            "messages[0]: the last message must be the user's",
        ),
        (
            user(json!({"type": "text"})),
            "messages[0].content[0].text: is missing",
        ),
        (
            user(json!({"text": "x"})),
            "messages[0].content[0].type: must be a string",
        ),
        (
            user(json!({"type": "text", "text": 5})),
            "messages[0].content[0].text: must be a string",
        ),
        (
            user(json!({"type": "tool_use"})),
            "messages[0].content[0]: a user message may hold blocks of type text, image, document and tool_result",
        ),
        (
            assistant(json!({"type": "server_tool_use"})),
            "messages[0].content[0]: an assistant message may hold blocks of type text, tool_use, thinking and redacted_thinking",
        ),
        (
            b64("image/tiff", "aGk="),
            "messages[0].content[0].source.media_type: must be image/png, image/jpeg, image/gif, image/webp",
        ),
        (
            b64("image/png", "data:image/png;base64,aGk="),
            "messages[0].content[0].source.data: must be base64 (standard alphabet, padded, no line breaks)",
        ),
        (
            b64("image/png", &format!("{}=={}", "a".repeat(4094), "aGk=")),
            "messages[0].content[0].source.data: must be base64 (standard alphabet, padded, no line breaks)",
        ),
        (
            image(json!({"type": "file", "file_id": "f"})),
            "messages[0].content[0].source.type: must be base64 or url",
        ),
        (
            user(
                json!({"type": "document", "source": {"type": "base64", "media_type": "text/plain", "data": "aGk="}}),
            ),
            "messages[0].content[0].source.media_type: must be application/pdf",
        ),
        (
            assistant(json!({"type": "tool_use", "id": "a b", "name": "x", "input": {}})),
            "messages[0].content[0].id: must match [A-Za-z0-9_-]+",
        ),
        (
            assistant(json!({"type": "tool_use", "id": "a", "name": "x", "input": "{}"})),
            "messages[0].content[0].input: must be an object",
        ),
        (
            user(json!({"type": "tool_result", "tool_use_id": "t", "content": 5})),
            "messages[0].content[0].content: must be a string or a list of content blocks",
        ),
        (
            user(json!({"type": "tool_result", "tool_use_id": "t"})),
            "messages[0]: holds only results of tool calls that the message before does not make",
        ),
    ] {
        assert_eq!(fault(messages), expected);
    }
}

#[test]
fn a_photo_of_five_megabytes_is_accepted() {
    let data = "QUJD".repeat(1_750_000);
    let messages = json!([{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": data}}]}]);
    assert!(parse(messages).is_ok());
}

/// What Claude refuses about the shape of a conversation.
fn claude_accepts(messages: &[Message]) -> Result<(), String> {
    let ids = |message: &Message| -> Vec<String> {
        message
            .content
            .iter()
            .filter_map(|b| {
                if let Block::ToolUse { id, .. } = b {
                    Some(id.clone())
                } else {
                    None
                }
            })
            .collect()
    };
    let results = |message: &Message| -> Vec<String> {
        message
            .content
            .iter()
            .take_while(|b| matches!(b, Block::ToolResult { .. }))
            .filter_map(|b| {
                if let Block::ToolResult { tool_use_id, .. } = b {
                    Some(tool_use_id.clone())
                } else {
                    None
                }
            })
            .collect()
    };
    let mut seen = std::collections::HashSet::new();
    for (at, message) in messages.iter().enumerate() {
        let expected = if at % 2 == 0 {
            Role::User
        } else {
            Role::Assistant
        };
        if message.role != expected {
            return Err(format!("message {at}: roles do not alternate"));
        }
        if message.content.is_empty() || message.content.iter().any(Block::is_blank_text) {
            return Err(format!("message {at}: blank"));
        }
        if message.role == Role::Assistant && message.content.last().is_some_and(Block::is_thinking)
        {
            return Err(format!("message {at}: ends in thinking"));
        }
        let all = message
            .content
            .iter()
            .filter(|b| matches!(b, Block::ToolResult { .. }))
            .count();
        let asked = if at == 0 {
            vec![]
        } else {
            ids(&messages[at - 1])
        };
        if results(message) != asked || all != asked.len() {
            return Err(format!("message {at}: results do not answer {asked:?}"));
        }
        if !ids(message).into_iter().all(|id| seen.insert(id)) {
            return Err(format!("message {at}: an id is used twice"));
        }
    }
    match messages.last() {
        Some(last) if last.role == Role::User => Ok(()),
        _ => Err("does not end with the user".into()),
    }
}

fn any_block(role: &'static str) -> impl Strategy<Value = Value> {
    let id = prop::sample::select(vec!["t1", "t2", "t3"]);
    (0..5u8, id, prop::sample::select(vec!["", " ", "words"])).prop_map(move |(kind, id, text)| match (kind, role) {
        (0, "assistant") => json!({"type": "tool_use", "id": id, "name": "x", "input": {"user_id": "eve"}}),
        (0, _) => json!({"type": "tool_result", "tool_use_id": id, "content": text, "is_error": text.is_empty()}),
        (1, "assistant") => json!({"type": "tool_use", "id": id, "name": "x", "input": {}}),
        (1, _) => json!({"type": "tool_result", "tool_use_id": id}),
        (2, "assistant") => json!({"type": "thinking", "thinking": text, "signature": "s"}),
        _ => json!({"type": "text", "text": text}),
    })
}

fn any_message() -> impl Strategy<Value = Value> {
    prop::sample::select(vec!["user", "assistant"]).prop_flat_map(|role| {
        prop::collection::vec(any_block(role), 0..4)
            .prop_map(move |content| json!({"role": role, "content": content}))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_was_cut_claude_accepts_what_is_left(mut messages in prop::collection::vec(any_message(), 0..8)) {
        messages.push(json!({"role": "user", "content": "and now?"}));
        let history = parse(Value::Array(messages)).unwrap();
        prop_assert_eq!(claude_accepts(&history.messages), Ok(()));
        let text = serde_json::to_string(&history.messages).unwrap();
        prop_assert!(!text.contains("user_id"));
    }

    #[test]
    fn any_json_is_either_accepted_or_refused_with_a_place(messages in prop::collection::vec(any_message(), 1..6)) {
        if let Ok(history) = parse(Value::Array(messages)) {
            prop_assert_eq!(claude_accepts(&history.messages), Ok(()));
        }
    }
}
