//! Each block type, with all its input fields and with unknown fields.

use super::*;

/// The block with fields that are not forwarded.
fn and_more(mut block: Value) -> Value {
    block["cache_control"] = json!({"type": "ephemeral"});
    block["citations"] = json!({"enabled": true});
    block["mystery"] = json!(1);
    block
}

fn source(kind: &str, fields: &[(&str, Value)]) -> Value {
    let mut source = json!({"type": kind});
    for (name, value) in fields {
        source[*name] = value.clone();
    }
    source
}

fn base64(media: &str, data: &str) -> Value {
    source(
        "base64",
        &[("media_type", json!(media)), ("data", json!(data))],
    )
}

fn pictures() -> [Value; 2] {
    [
        base64("image/gif", "R0lGODlhAQABAAAAACw="),
        source("url", &[("url", json!("https://example.org/squat.png"))]),
    ]
    .map(|source| json!({"type": "image", "source": source}))
}

fn documents() -> [Value; 5] {
    let words = |words: &str| json!({"type": "text", "text": words});
    let [picture, linked] = pictures();
    [
        base64("application/pdf", "JVBERi0xLjQK"),
        source("text", &[("media_type", json!("text/plain")), ("data", json!("Squat 5x5"))]),
        source("content", &[("content", json!([words("Bench"), picture, linked]))]),
        source("content", &[("content", json!([words("Press")]))]),
        source("url", &[("url", json!("https://example.org/plan.pdf"))]),
    ]
    .map(|source| json!({"type": "document", "source": source, "title": "Plan", "context": "Week 3"}))
}

/// The blocks of a client, with unknown fields on each block and each source, at any depth.
fn as_sent(block: &Value) -> Value {
    let mut sent = and_more(block.clone());
    if let Some(source) = sent.get_mut("source") {
        *source = and_more(source.take());
    }
    for list in ["/content", "/source/content"] {
        let blocks = sent.pointer_mut(list).and_then(Value::as_array_mut);
        for block in blocks.into_iter().flatten() {
            *block = as_sent(block);
        }
    }
    sent
}

fn conversation(messages: [Vec<Value>; 3], block: impl Fn(&Value) -> Value) -> Value {
    let roles = ["user", "assistant", "user"];
    let message = |(role, blocks): (&str, Vec<Value>)| {
        let content: Vec<Value> = blocks.iter().map(&block).collect();
        json!({"role": role, "content": content})
    };
    roles.into_iter().zip(messages).map(message).collect()
}

#[test]
fn every_block_type_is_forwarded_with_exactly_its_input_fields() {
    let words = json!({"type": "text", "text": "what is this?"});
    let given: Vec<Value> = [vec![words.clone()], pictures().into(), documents().into()].concat();
    let input = json!({"cache_control": 1, "citations": 2});
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "draw", "input": input});
    let result = |id: &str, content: &[Value]| json!({"type": "tool_result", "tool_use_id": id, "content": content});
    let mut failed = result("t2", std::slice::from_ref(&words));
    failed["is_error"] = true.into();
    let messages = [
        given.clone(),
        vec![
            json!({"type": "thinking", "thinking": "A squat.", "signature": "c2ln"}),
            json!({"type": "redacted_thinking", "data": "ZGF0YQ=="}),
            json!({"type": "text", "text": "Let me draw it."}),
            call("t1"),
            call("t2"),
        ],
        vec![result("t1", &given), failed, words],
    ];
    assert_eq!(
        forwarded(&conversation(messages.clone(), as_sent)),
        conversation(messages, Value::clone)
    );
}

#[test]
fn a_document_content_string_is_forwarded_as_a_text_block() {
    let sent =
        json!({"type": "document", "source": {"type": "content", "content": "Deadlift 1x5"}});
    assert_eq!(
        forwarded(&json!([{"role": "user", "content": [sent]}])),
        json!([{"role": "user", "content": [
            {"type": "document", "source": {"type": "content", "content": text("Deadlift 1x5")}}]}])
    );
}

#[test]
fn unknown_blocks_of_the_assistant_are_forwarded_in_place_as_received() {
    let block = r#"{"type": "fallback", "trigger": null, "from": {"b": 1.50, "a": [1e2]}, "cache_control": {"type": "ephemeral"}}"#;
    let history = format!(
        r#"[{{"role": "user", "content": "a"}},
            {{"role": "assistant", "content": [{{"type": "text", "text": "b"}}, {block}, {{"type": "text", "text": "c"}}]}},
            {{"role": "user", "content": "d"}}]"#
    );
    let raw = serde_json::from_str(&history).unwrap();
    let history = super::super::parse(raw, &bytes::Bytes::new()).unwrap();
    let expected = r#"{"type":"fallback","trigger":null,"from":{"b": 1.50, "a": [1e2]}}"#;
    let json = history.conversation.json();
    assert!(json.contains(expected), "{json}");
}

#[test]
fn an_unknown_block_beyond_the_limits_of_tool_inputs_is_refused() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let many = format!("[{}1]", "1,".repeat(1_000_000));
    for value in [deep, many] {
        let history = format!(
            r#"[{{"role": "assistant", "content": [{{"type": "fallback", "from": {value}}}]}}, {{"role": "user", "content": "d"}}]"#
        );
        let raw = serde_json::from_str(&history).unwrap();
        assert!(super::super::parse(raw, &bytes::Bytes::new()).is_err());
    }
}
