//! Property: any body is read as a request that Claude accepts, or refused with a place in it.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{agui, ui};
use crate::{
    agent::{history, http::chat::request::ReadRequest},
    fuzz::Choices,
    http::problem::Code,
    process::memory::json::count_values,
};

const ROLES: [&str; 6] = ["user", "assistant", "tool", "reasoning", "system", "bot"];
const TYPES: [&str; 12] = [
    "text",
    "file",
    "reasoning",
    "step-start",
    "dynamic-tool",
    "tool-list_workouts",
    "data-anthropic-block",
    "image",
    "document",
    "data",
    "url",
    "thinking",
];
const STATES: [&str; 7] = [
    "input-streaming",
    "input-available",
    "output-available",
    "output-error",
    "output-denied",
    "approval-requested",
    "approval-responded",
];
const TEXTS: [&str; 10] = [
    "t1",
    "t2",
    "list_workouts",
    "data:image/png;base64,iVBORw0KGgo=",
    "https://example.com/a.png",
    "image/png",
    "application/pdf",
    "{\"a\":1}",
    "anthropic:{\"type\":\"thinking\",\"signature\":\"s\"}",
    "left_out",
];

/// An object with fields of messages and parts of either face.
fn object(choices: &mut Choices<'_>, depth: usize) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("role", choices.pick(&ROLES).into());
    put("type", choices.pick(&TYPES).into());
    put("state", choices.pick(&STATES).into());
    for name in [
        "id",
        "text",
        "toolCallId",
        "toolName",
        "name",
        "mediaType",
        "url",
        "value",
        "errorText",
        "signature",
        "arguments",
    ] {
        if choices.byte() > 40 {
            put(name, choices.text(&TEXTS).into());
        }
    }
    for name in [
        "content",
        "output",
        "input",
        "data",
        "error",
        "encryptedValue",
    ] {
        match choices.below(4) {
            0 => {}
            1 => drop(put(name, choices.text(&TEXTS).into())),
            2 => drop(put(name, choices.json(2, &TEXTS))),
            _ => drop(put(name, objects(choices, depth))),
        }
    }
    if depth > 0 {
        for name in [
            "source",
            "function",
            "approval",
            "metadata",
            "providerMetadata",
            "anthropic",
        ] {
            if choices.flag() {
                put(name, object(choices, depth - 1));
            }
        }
        for name in ["parts", "toolCalls", "left_out"] {
            put(name, objects(choices, depth - 1));
        }
    }
    fields.into()
}

fn objects(choices: &mut Choices<'_>, depth: usize) -> Value {
    let count = choices.below(4);
    (0..count).map(|_| object(choices, depth)).collect()
}

fn check<T>(body: &Value, read: ReadRequest<T>) {
    let body = Bytes::from(body.to_string());
    let read = read(&body, count_values(&body));
    let parsed = read.and_then(|(request, _)| request.messages.parse(&body, true));
    match parsed {
        Ok(history) => {
            let messages = history.conversation.messages();
            let accepted = history::fuzz::accepted(&messages);
            assert_eq!(accepted, Ok(()), "{messages}");
        }
        Err(problem) => {
            assert_eq!(problem.code, Code::InvalidRequest, "{problem}");
            let detail = problem.to_string();
            let place = detail.split_once(": ").expect("a code").1;
            let known = ["messages", "resume", "approvals"];
            let is_known = known.iter().any(|field| place.starts_with(field));
            assert!(is_known, "{detail}");
        }
    }
}

proptest! {
    #[test]
    fn any_request_is_one_that_claude_accepts_or_refused_with_its_place(
        bytes in prop::collection::vec(any::<u8>(), 0..1500),
    ) {
        let mut choices = Choices::new(&bytes);
        let mut messages = objects(&mut choices, 2);
        let last = json!({"role": "user", "content": "hi", "parts": [{"type": "text", "text": "hi"}]});
        if let Some(messages) = messages.as_array_mut() {
            messages.push(last);
        }
        let resume = objects(&mut choices, 1);
        check(&json!({"messages": messages}), ui::read);
        check(&json!({"messages": messages, "threadId": "a", "runId": "b"}), agui::read);
        check(&json!({"messages": messages, "threadId": "a", "runId": "b", "resume": resume}), agui::read);
    }
}
