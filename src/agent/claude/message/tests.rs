use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read_back(message: &Message) -> Message {
    let stored = serde_json::to_string(message).unwrap();
    serde_json::from_str(&stored).unwrap()
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            objects(inner).prop_map(Value::from),
        ]
    })
}

fn objects(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let fields = prop::collection::vec(("[a-z_]{1,6}", values), 0..3);
    fields.prop_map(|fields| fields.into_iter().collect())
}

/// A block that Claude may send and this service does not know, or knows with fewer fields.
fn opaque() -> impl Strategy<Value = Block> {
    const KINDS: [&str; 5] = ["text", "thinking", "tool_use", "tool_result", "web_search"];
    (prop::sample::select(&KINDS[..]), objects(values())).prop_map(|(kind, mut fields)| {
        fields.insert("type".into(), kind.into());
        fields.insert("other".into(), json!([{"text": "x"}]));
        Block::Opaque(fields.into())
    })
}

fn blocks() -> impl Strategy<Value = Block> {
    let text = any::<String>().prop_map(Block::text);
    let image = values().prop_map(|source| Block::Image { source });
    let document = (values(), any::<Option<String>>(), any::<Option<String>>());
    let document = document.prop_map(|(source, title, context)| Block::Document {
        source,
        title,
        context,
    });
    let call = (any::<String>(), any::<String>(), objects(values()));
    let call = call.prop_map(|(id, name, input)| Block::ToolUse { id, name, input });
    let thinking = (any::<String>(), any::<String>());
    let thinking = thinking.prop_map(|(thinking, signature)| Block::Thinking {
        thinking,
        signature,
    });
    let redacted = any::<String>().prop_map(|data| Block::RedactedThinking { data });
    let simple = prop_oneof![text, image, document, call, thinking, redacted, opaque()];
    simple.prop_recursive(1, 4, 3, |inner| {
        let content = prop::collection::vec(inner, 0..3);
        let result = (any::<String>(), content, any::<bool>());
        result.prop_map(|(tool_use_id, content, is_error)| Block::ToolResult {
            tool_use_id,
            content,
            is_error,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_stored_message_comes_back_equal(content in prop::collection::vec(blocks(), 0..4), of_user in any::<bool>()) {
        let message = if of_user { Message::user(content) } else { Message::assistant(content) };
        let back = read_back(&message);
        prop_assert_eq!(json!(back), json!(message));
        prop_assert_eq!(back, message);
    }
}

#[test]
fn a_text_with_citations_is_read_back_with_them() {
    let cited = json!({"type": "text", "text": "t", "citations": [{"cited_text": "c"}]});
    let message = Message::assistant(vec![Block::Opaque(cited)]);
    assert_eq!(read_back(&message), message);
}

#[test]
fn a_block_without_a_type_or_with_a_missing_field_is_opaque() {
    for block in [
        json!({"text": "t"}),
        json!({"type": "thinking", "thinking": "t"}),
        json!(5),
    ] {
        let read: Block = serde_json::from_value(block.clone()).unwrap();
        assert_eq!(read, Block::Opaque(block));
    }
}
