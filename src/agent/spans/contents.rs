//! Messages, inputs and results as the conventions for spans write them: JSON, within bounds.

use serde_json::{Map, Value, json};

use crate::agent::claude::{Block, Conversation, Request};

/// The most bytes of one attribute.
const MAX_ATTRIBUTE: usize = 32 * 1024;
/// The most bytes of a text in it. The rest of a longer one is left out.
const MAX_TEXT: usize = 8 * 1024;
/// Messages of a longer conversation are not recorded: it would have to be parsed.
const MAX_CONVERSATION: usize = 1024 * 1024;

/// The newest messages of a request that fit, in their order.
pub(super) fn input(conversation: &Conversation) -> Option<String> {
    let messages = conversation.parsed(MAX_CONVERSATION)?;
    let (mut kept, mut size) = (Vec::new(), "[]".len());
    for message in messages.iter().rev() {
        let message = self::message(message).to_string();
        size += message.len() + ",".len();
        if size > MAX_ATTRIBUTE {
            break;
        }
        kept.push(message);
    }
    kept.reverse();
    Some(format!("[{}]", kept.join(",")))
}

/// The system prompts of a request.
pub(super) fn system(request: &Request<'_>) -> String {
    let texts = request.system_texts().into_iter();
    let parts: Vec<Value> = texts.map(|text| text_part("text", &text)).collect();
    Value::from(parts).to_string()
}

/// A reply.
pub(super) fn output<'a>(blocks: impl Iterator<Item = &'a Block>) -> String {
    let parts = parts(blocks.map(|block| json!(block)));
    json!([{"role": "assistant", "parts": parts}]).to_string()
}

/// The input of a tool call.
pub(super) fn arguments(input: &Map<String, Value>) -> String {
    bounded(input.clone().into()).to_string()
}

/// The result of a tool call.
pub(super) fn result(content: &[Block]) -> String {
    let parts = parts(content.iter().map(|block| json!(block)));
    Value::from(parts).to_string()
}

/// From a message of Claude's API.
fn message(message: &Value) -> Value {
    let blocks = message["content"].as_array();
    let blocks = blocks.map(Vec::as_slice).unwrap_or_default();
    let is_result = |block: &Value| block["type"] == "tool_result";
    let role = match message["role"].as_str() {
        // Claude's API has no role for tools.
        Some("user") if !blocks.is_empty() && blocks.iter().all(is_result) => "tool",
        role => role.unwrap_or_default(),
    };
    json!({"role": role, "parts": parts(blocks.iter().cloned())})
}

/// As many parts as fit.
fn parts(blocks: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut left = MAX_ATTRIBUTE;
    let parts = blocks.map(|block| part(&block));
    let fitting = parts.take_while(|part| {
        let size = part.to_string().len();
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    });
    fitting.collect()
}

/// From a block of Claude's API. Of other types than these, the type alone: images are large, and the rest is opaque.
fn part(block: &Value) -> Value {
    let text = |name: &str| block[name].as_str().unwrap_or_default();
    match text("type") {
        "text" => text_part("text", text("text")),
        "thinking" => text_part("reasoning", text("thinking")),
        "tool_use" => {
            let arguments = bounded(block["input"].clone());
            json!({"type": "tool_call", "id": text("id"), "name": text("name"), "arguments": arguments})
        }
        "tool_result" => {
            let content = block["content"].as_array();
            let response = parts(content.into_iter().flatten().cloned());
            json!({"type": "tool_call_response", "id": text("tool_use_id"), "response": response})
        }
        other => json!({"type": other}),
    }
}

fn text_part(kind: &str, text: &str) -> Value {
    json!({"type": kind, "content": cut(text)})
}

/// A longer value is written as the beginning of its text.
fn bounded(value: Value) -> Value {
    let text = value.to_string();
    if text.len() <= MAX_TEXT {
        value
    } else {
        cut(&text).into()
    }
}

fn cut(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_TEXT);
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::claude::Message;

    fn conversation(messages: &[Message]) -> Conversation {
        let mut conversation = Conversation::default();
        let contents = messages.iter().map(|it| (it.role, &it.content[..]));
        conversation
            .extend(contents, &bytes::Bytes::new())
            .expect("JSON");
        conversation
    }

    fn read(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn messages_are_written_in_the_parts_of_the_conventions() {
        let call = json!({"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 1}});
        let image = json!({"type": "image", "source": {"type": "base64", "data": "AAAA"}});
        let answer = json!({"type": "tool_result", "tool_use_id": "t1",
            "content": [{"type": "text", "text": "seen"}, image]});
        let thinking = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
        let block = |value: &Value| serde_json::from_value::<Block>(value.clone()).unwrap();
        let messages = [
            Message::user(vec![Block::text("go")]),
            Message::assistant(vec![block(&thinking), block(&call)]),
            Message::user(vec![block(&answer)]),
        ];
        let written = input(&conversation(&messages)).unwrap();
        let call = json!({"type": "tool_call", "id": "t1", "name": "look", "arguments": {"at": 1}});
        assert_eq!(
            read(&written),
            json!([
                {"role": "user", "parts": [{"type": "text", "content": "go"}]},
                {"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}, call]},
                {"role": "tool", "parts": [{"type": "tool_call_response", "id": "t1",
                    "response": [{"type": "text", "content": "seen"}, {"type": "image"}]}]},
            ])
        );
    }

    #[test]
    fn what_is_recorded_is_bounded_and_stays_json() {
        let long = "ä".repeat(MAX_TEXT);
        let text = || Block::text(long.clone());
        let messages: Vec<_> = (0..9).map(|_| Message::user(vec![text()])).collect();
        let written = input(&conversation(&messages)).unwrap();
        let kept = read(&written).as_array().map_or(0, Vec::len);
        assert!(written.len() <= MAX_ATTRIBUTE && (1..9).contains(&kept));
        let many: Vec<Block> = (0..9).map(|_| text()).collect();
        let written = result(&many);
        assert!(written.len() <= MAX_ATTRIBUTE + 100, "{}", written.len());
        assert!(
            read(&written)[0]["content"]
                .as_str()
                .unwrap()
                .ends_with('…')
        );
        let input = Map::from_iter([("a".to_owned(), Value::from(long.clone()))]);
        assert!(read(&arguments(&input)).is_string());
        let huge = Message::user(vec![Block::text("x".repeat(MAX_CONVERSATION))]);
        assert_eq!(super::input(&conversation(&[huge])), None);
    }
}
