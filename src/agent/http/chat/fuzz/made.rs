//! Bodies built from choices.

use serde_json::{Map, Value, json};

use crate::fuzz::Choices;

/// A marker in every text and key of a built body, which no error may repeat.
pub(super) const CANARY: &str = "zqz";
const WORDS: [&str; 8] = [
    "zqz",
    "zqz\u{0}\n\"",
    "🏋zqz",
    "role",
    "content",
    "type",
    "text",
    "user",
];
pub(super) const FIELDS: [&str; 6] = [
    "messages",
    "stream",
    "client_timezone",
    "display_name",
    "role",
    "content",
];

/// A body with the right fields, most of them of the right kind.
pub(super) fn built(choices: &mut Choices<'_>) -> Value {
    let mut body = Map::new();
    for _ in 0..choices.below(5) {
        body.insert(choices.pick(&FIELDS).into(), choices.json(2, &WORDS));
    }
    if choices.flag() {
        body.insert(
            "client_timezone".into(),
            choices
                .text(&["America/Denver", "UTC", " utc ", "zqz"])
                .into(),
        );
        body.insert(
            "display_name".into(),
            choices.text(&WORDS).repeat(choices.below(99)).into(),
        );
    }
    let messages: Vec<_> = (0..choices.below(5)).map(|_| message(choices)).collect();
    if choices.below(8) > 0 {
        body.insert("messages".into(), messages.into());
    }
    body.into()
}

fn message(choices: &mut Choices<'_>) -> Value {
    let mut message = choices.object(1, &WORDS);
    message.insert(
        "role".into(),
        choices.pick(&["user", "assistant", "zqz"]).into(),
    );
    let blocks = (0..choices.below(4)).map(|_| block(choices)).collect();
    let content = choices.json(1, &WORDS);
    message.insert(
        "content".into(),
        if choices.flag() { content } else { blocks },
    );
    message.into()
}

fn block(choices: &mut Choices<'_>) -> Value {
    let kinds = [
        "text",
        "image",
        "document",
        "tool_use",
        "tool_result",
        "thinking",
        "redacted_thinking",
        "zqz",
    ];
    let fields = [
        "text",
        "source",
        "id",
        "name",
        "input",
        "tool_use_id",
        "is_error",
        "thinking",
        "signature",
        "data",
        "title",
    ];
    let mut block = choices.object(2, &WORDS);
    for _ in 0..choices.below(5) {
        block.insert(choices.pick(&fields).into(), choices.json(2, &WORDS));
    }
    if choices.flag() {
        block.insert("source".into(), source(choices));
    }
    block.insert("type".into(), choices.pick(&kinds).into());
    block.into()
}

fn source(choices: &mut Choices<'_>) -> Value {
    let kind = choices.pick(&["base64", "url", "text", "content", "zqz"]);
    let media_type = choices.pick(&["image/png", "application/pdf", "text/plain", "zqz"]);
    json!({
        "type": kind, "media_type": media_type, "data": choices.text(&["JVBERi0", "zqz", "iVBORw0K\nGgoAAAAN", "iVBORw0KGgoAAAAN"]),
        "url": choices.text(&["https://zqz", "ftp://zqz", "http://", "zqz"]), "content": choices.json(1, &WORDS),
    })
}

/// Deeply nested brackets and keys, which could overflow the stack of a recursive parser.
pub(super) fn nested(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    while !choices.is_empty() {
        let part = choices.pick(&[
            "[",
            "{\"a\":",
            "]",
            "}",
            "{\"messages\":[",
            "1",
            ",",
            "\"[",
            "\"",
            "\\",
            "null",
        ]);
        let times = choices.below(256) * if choices.below(4) == 3 { 100 } else { 1 } + 1;
        text.extend(part.repeat(times).bytes());
        if text.len() > 100_000 {
            break;
        }
    }
    text
}
