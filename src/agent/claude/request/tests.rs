use serde_json::{Map, json};

use super::*;
use crate::{
    agent::claude::{Block, Message, Role},
    config::Config,
};

/// The model `m` with these settings and the system prompt.
fn model(settings: &[(&str, &str)], system: &str) -> Model {
    let base = [
        ("ANTHROPIC_API_KEY", "key"),
        ("JWT_SIGNING_KEY", "key"),
        ("CLAUDE_MAX_TOKENS", "5"),
    ];
    let all = base.iter().chain(settings);
    let all = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = Config::from_iter(all).unwrap().claude;
    Model::new("m\"", &config, system).unwrap()
}

#[test]
fn a_request_has_four_breakpoints_at_the_ends_of_tools_system_and_the_last_two_user_messages() {
    let call = Block::ToolUse {
        id: "t1".into(),
        name: "list".into(),
        input: Map::new(),
    };
    let result = Block::ToolResult {
        tool_use_id: "t1".into(),
        content: vec![],
        is_error: false,
    };
    let messages = [
        Message::user(vec![Block::text("old")]),
        Message::assistant(vec![Block::text("a")]),
        Message::user(vec![Block::text("new")]),
        Message::assistant(vec![call]),
        Message::user(vec![result]),
    ];
    let tools = ["a", "b"].map(|name| ToolSpec {
        name: name.into(),
        description: None,
        input_schema: json!({"type": "object"}),
    });
    let mark = json!({"type": "ephemeral"});
    let expected = json!({
        "model": "m\"", "max_tokens": 5, "stream": true,
        "system": [
            {"type": "text", "text": "stable", "cache_control": mark},
            {"type": "text", "text": "today"},
        ],
        "tools": [
            {"name": "a", "input_schema": {"type": "object"}},
            {"name": "b", "input_schema": {"type": "object"}, "cache_control": mark},
        ],
        "tool_choice": {"type": "none"},
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "old"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "a"}]},
            {"role": "user", "content": [{"type": "text", "text": "new", "cache_control": mark}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "list", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "cache_control": mark}]},
        ],
    });
    let model = model(&[], "stable");
    let tools = Tools::new(&tools);
    // Added one by one or several at once.
    for together in 1..=messages.len() {
        let mut conversation = Conversation::default();
        for messages in messages.chunks(together) {
            let with_roles = messages
                .iter()
                .map(|message| (message.role, &message.content[..]));
            conversation.extend(with_roles, &Bytes::new()).unwrap();
        }
        let request = Request {
            model: &model,
            user_context: "today",
            tools: &tools,
            may_use_tools: false,
            messages: &conversation,
        };
        let body = request.body().unwrap().concat();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
    }
}

#[test]
fn a_request_without_tools_escapes_its_texts_and_has_two_breakpoints() {
    let said = "a \"quoted\"\nline";
    let mut conversation = Conversation::default();
    let message = Message::user(vec![Block::text(said)]);
    conversation
        .extend([(message.role, &message.content[..])], &Bytes::new())
        .unwrap();
    conversation
        .extend::<Block, &[Block]>([], &Bytes::new())
        .unwrap();
    let request = Request {
        model: &model(&[], said),
        user_context: said,
        tools: &Tools::new(&[]),
        may_use_tools: false,
        messages: &conversation,
    };
    let mark = json!({"type": "ephemeral"});
    let text = json!({"type": "text", "text": said, "cache_control": mark});
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body().unwrap().concat()).unwrap(),
        json!({
            "model": "m\"", "max_tokens": 5, "stream": true,
            "system": [text, {"type": "text", "text": said}],
            "messages": [{"role": "user", "content": [text]}],
        })
    );
}

#[test]
fn an_hour_of_caching_is_on_every_breakpoint() {
    let model = model(&[("CLAUDE_CACHE_TTL", "1h")], "stable");
    let mut conversation = Conversation::default();
    let question = [Block::text("hi")];
    conversation
        .extend([(Role::User, &question[..])], &Bytes::new())
        .unwrap();
    let tool = ToolSpec {
        name: "a".into(),
        description: None,
        input_schema: json!({"type": "object"}),
    };
    let request = Request {
        model: &model,
        user_context: "today",
        tools: &Tools::new(&[tool]),
        may_use_tools: true,
        messages: &conversation,
    };
    let body = String::from_utf8(request.body().unwrap().concat()).unwrap();
    let mark = r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#;
    assert_eq!(body.matches(mark).count(), 3, "{body}");
    assert_eq!(body.matches("cache_control").count(), 3, "{body}");
}
