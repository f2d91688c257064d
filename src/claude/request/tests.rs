use bytes::Buf;
use serde_json::{Map, json};

use super::*;
use crate::claude::{Block, Message};

#[test]
fn a_request_has_at_most_four_breakpoints_where_the_next_request_finds_them() {
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
    let mut conversation = Conversation::default();
    let [first, rest @ ..] = messages.map(|message| (message.role, message));
    conversation.extend([first], 0).unwrap();
    conversation.extend(rest, 0).unwrap();
    let tools = ["a", "b"].map(|name| ToolSpec {
        name: name.into(),
        description: None,
        input_schema: json!({"type": "object"}),
    });
    let request = Request {
        prefix: &Prefix::of("m", 5, "stable").unwrap(),
        about: "today",
        tools: &Tools::of(&tools),
        tools_allowed: false,
        messages: &conversation,
    };
    let mark = json!({"type": "ephemeral"});
    assert_eq!(
        serde_json::from_reader::<_, Value>(request.body().unwrap().reader()).unwrap(),
        json!({
            "model": "m", "max_tokens": 5, "stream": true,
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
        })
    );
}
