//! Conversations built from choices.

use serde_json::{Map, Value, json};

use crate::fuzz::Choices;

const IDS: [&str; 4] = ["t1", "t2", "t3", "t-4"];
const WORDS: [&str; 10] = [
    "words",
    "",
    " ",
    "\u{1f}",
    "\u{200b}",
    "user_id",
    "{\"user_id\":\"eve\"}",
    "type",
    "aGk=",
    "ü",
];
/// The first bytes of a PNG: clean, and with the flaws that are mended.
const PNG: [&str; 4] = [
    "iVBORw0KGgoAAAANSUhEUg==",
    "iVBORw0KGgoAAAANSUhEUg",
    "data:image/jpeg;base64,iVBORw0KGgoA\r\nAAANSUhEUg==\n",
    " iVBORw0KGgoAAAANSUhEUg=\n ",
];
/// The first bytes of a PDF, likewise.
const PDF: [&str; 3] = ["JVBERi0xLjc=", "JVBERi0xLjc", "JVBERi0x\nLjc="];

/// A message as frontends keep it, possibly truncated or with extra parts.
pub(super) fn message(choices: &mut Choices<'_>) -> Value {
    let role = choices.pick(&["user", "assistant"]);
    let content = match choices.below(6) {
        0 => choices.text(&WORDS).into(),
        n => (1..n).map(|_| block(choices, role)).collect(),
    };
    let mut message = Map::new();
    if choices.below(4) == 3 {
        message = choices.object(1, &WORDS);
    }
    message.extend([("role".into(), role.into()), ("content".into(), content)]);
    message.into()
}

fn block(choices: &mut Choices<'_>, role: &str) -> Value {
    let mut block = Map::new();
    if choices.below(4) == 3 {
        block = choices.object(
            1,
            &[
                "cache_control",
                "citations",
                "title",
                "context",
                "index",
                "user_id",
            ],
        );
        // An optional field of the wrong kind is refused, which other tests check.
        block.retain(|key, value| {
            !matches!(&**key, "title" | "context") || value.is_string() || value.is_null()
        });
    }
    let known = match (choices.below(6), role) {
        (0 | 1, "assistant") => {
            json!({"type": "tool_use", "id": choices.pick(&IDS), "name": "x", "input": choices.object(2, &WORDS)})
        }
        (2, "assistant") => {
            json!({"type": "thinking", "thinking": choices.text(&WORDS), "signature": "s"})
        }
        (3, "assistant") => json!({"type": "redacted_thinking", "data": "d"}),
        (4, "assistant") => json!({"type": "fallback", "from": choices.object(2, &WORDS)}),
        (0 | 1, _) => {
            let content = match choices.below(4) {
                0 => Value::Null,
                1 => choices.text(&WORDS).into(),
                n => (0..n).map(|_| seen(choices)).collect(),
            };
            json!({"type": "tool_result", "tool_use_id": choices.pick(&IDS), "content": content, "is_error": choices.pick(&[None, Some(false), Some(true)])})
        }
        (2 | 3, _) => seen(choices),
        _ => json!({"type": "text", "text": choices.text(&WORDS)}),
    };
    block.extend(known.as_object().cloned().unwrap_or_default());
    block.into()
}

/// The content of a user message or tool result: text, images and documents.
fn seen(choices: &mut Choices<'_>) -> Value {
    let text = |choices: &mut Choices<'_>| json!({"type": "text", "text": choices.text(&WORDS)});
    let image = |choices: &mut Choices<'_>| {
        let source = match choices.below(3) {
            0 => json!({"type": "url", "url": "https://example.com/a.png", "media_type": 5}),
            1 => json!({"type": "base64", "media_type": "image/gif", "data": choices.pick(&PNG)}),
            _ => {
                json!({"type": "base64", "media_type": " IMAGE/jpg; a=b", "data": "UklGRiQAAABXRUJQ", "url": null})
            }
        };
        json!({"type": "image", "source": source})
    };
    match choices.below(4) {
        0 => text(choices),
        1 => image(choices),
        _ => {
            let source = match choices.below(4) {
                0 => {
                    json!({"type": "text", "media_type": "text/plain", "data": choices.text(&WORDS[..1])})
                }
                1 => {
                    json!({"type": "base64", "media_type": "Application/PDF", "data": choices.pick(&PDF)})
                }
                2 => json!({"type": "content", "content": [text(choices), image(choices)]}),
                _ => json!({"type": "content", "content": choices.text(&WORDS)}),
            };
            json!({"type": "document", "source": source, "title": choices.pick(&[None, Some(""), Some("t")])})
        }
    }
}
