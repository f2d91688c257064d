//! Bodies of `POST /chat` that cost far more than their size, or more than anybody needs.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The last message of every body: the fake Claude answers it with text.
const LAST: &str = r#"{"role":"user","content":"[[t00000000]]"}"#;
const MB: usize = 1 << 20;

/// A short chat, whose marker selects the fake Claude's reply.
pub fn chat(marker: char, stream: bool) -> String {
    format!(
        r#"{{"stream":{stream},"messages":[{{"role":"user","content":"[[{marker}00000000]]"}}]}}"#
    )
}

/// A chat with this before the last message.
fn after(messages: &str) -> Vec<u8> {
    format!(r#"{{"messages":[{messages},{LAST}]}}"#).into_bytes()
}

fn user(content: &str) -> Vec<u8> {
    after(&format!(r#"{{"role":"user","content":{content}}}"#))
}

fn input(input: &str) -> Vec<u8> {
    let call =
        format!(r#"{{"type":"tool_use","id":"toolu_1","name":"list_workouts","input":{input}}}"#);
    let result = r#"{"type":"tool_result","tool_use_id":"toolu_1","content":"none"}"#;
    after(&format!(
        r#"{{"role":"user","content":"hi"}},{{"role":"assistant","content":[{call}]}},{{"role":"user","content":[{result}]}}"#
    ))
}

/// `piece` as often as it fits into `bytes`, separated by commas.
fn list(piece: &str, bytes: usize) -> String {
    vec![piece; bytes / (piece.len() + 1)].join(",")
}

/// A text of nearly 32 MB.
pub fn long_text() -> Vec<u8> {
    user(&format!("\"{}\"", "a".repeat(32 * MB - 1024)))
}

/// Four photos of 5 MB.
pub fn photos() -> Vec<u8> {
    let mut photo = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    photo.resize(5_000_000, 0x5a);
    let data = STANDARD.encode(photo);
    let source = format!(r#"{{"type":"base64","media_type":"image/png","data":"{data}"}}"#);
    let block = format!(r#"{{"type":"image","source":{source}}}"#);
    user(&format!("[{}]", vec![block.as_str(); 4].join(",")))
}

/// The bodies, with their names.
pub const ALL: [(&str, Refusal, fn() -> Vec<u8>); 14] = [
    (
        "30 MB of JSON in a text of a tool input",
        Refusal::Needed,
        || input(&format!(r#"{{"x":"[{}]"}}"#, list("{}", 30 * MB))),
    ),
    (
        "60 kB of JSON in each of 500 texts of a tool input",
        Refusal::Needed,
        || {
            let text = format!(r#""[{}]""#, list("{}", 60_000));
            input(&format!(r#"{{"x":[{}]}}"#, list(&text, 30 * MB)))
        },
    ),
    (
        "7.6 MB of {\"a\":0} in an input with user_id",
        Refusal::Needed,
        || {
            input(&format!(
                r#"{{"user_id":"x","x":[{}]}}"#,
                list(r#"{"a":0}"#, 7_600_000)
            ))
        },
    ),
    ("12 MB of unknown blocks", Refusal::Needed, || {
        user(&format!("[{}]", list(r#"{"type":"x"}"#, 12_000_000)))
    }),
    ("17 MB of text blocks", Refusal::Needed, || {
        user(&format!(
            "[{}]",
            list(r#"{"type":"text","text":"x"}"#, 17_000_000)
        ))
    }),
    ("100,000 nested lists", Refusal::Needed, || {
        input(&format!(
            r#"{{"x":{}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        ))
    }),
    ("100,001 values", Refusal::Needed, || {
        input(&format!(r#"{{"x":[{}0]}}"#, "0,".repeat(100_000)))
    }),
    ("a million empty messages", Refusal::Needed, || {
        after(&list("{}", 3_000_000))
    }),
    ("30 MB of backslashes in a text", Refusal::Possible, || {
        user(&format!("\"{}\"", r"\\".repeat(15 * MB)))
    }),
    ("30 MB of escapes in a text", Refusal::Possible, || {
        user(&format!("\"{}\"", r"\u0001".repeat(5 * MB)))
    }),
    ("a key of 30 MB", Refusal::Possible, || {
        format!(r#"{{"{}":0,"messages":[{LAST}]}}"#, "k".repeat(30 * MB)).into_bytes()
    }),
    ("a key of 30 MB in a tool input", Refusal::Possible, || {
        input(&format!(r#"{{"{}\n":0}}"#, "k".repeat(30 * MB)))
    }),
    ("30 MB of user_id keys", Refusal::Needed, || {
        input(&format!("{{{}}}", list(r#""user_id":0"#, 30 * MB)))
    }),
    ("30 MB of lone surrogates", Refusal::Possible, || {
        user(&format!("\"{}\"", r"\ud83d".repeat(5 * MB)))
    }),
];

/// Whether a body must be refused.
#[derive(Clone, Copy, PartialEq)]
pub enum Refusal {
    Needed,
    Possible,
}
