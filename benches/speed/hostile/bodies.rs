//! Bodies of `POST /chat` that cost far more than their size, or more than anybody needs. The test of allocations has them
//! too, in all sizes.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The last message of every body: the benchmark's fake Claude answers it with text.
const LAST: &str = r#"{"role":"user","content":"[[t00000000]]"}"#;
const MB: usize = 1 << 20;

/// A chat with this before the last message.
fn chat(messages: &str) -> Vec<u8> {
    format!(r#"{{"messages":[{messages},{LAST}]}}"#).into_bytes()
}

fn user(content: &str) -> Vec<u8> {
    chat(&format!(r#"{{"role":"user","content":{content}}}"#))
}

fn input(input: &str) -> Vec<u8> {
    let call =
        format!(r#"{{"type":"tool_use","id":"toolu_1","name":"list_workouts","input":{input}}}"#);
    let result = r#"{"type":"tool_result","tool_use_id":"toolu_1","content":"none"}"#;
    chat(&format!(
        r#"{{"role":"user","content":"hi"}},{{"role":"assistant","content":[{call}]}},{{"role":"user","content":[{result}]}}"#
    ))
}

/// `piece` as often as it fits into `bytes`, separated by commas.
fn list(piece: &str, bytes: usize) -> String {
    vec![piece; bytes / (piece.len() + 1)].join(",")
}

/// A text of this size.
pub fn long_text(bytes: usize) -> Vec<u8> {
    user(&format!("\"{}\"", "a".repeat(bytes)))
}

/// Four photos of together about this size.
pub fn photos(bytes: usize) -> Vec<u8> {
    let mut photo = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    photo.resize((bytes * 3 / 16).max(photo.len()), 0x5a);
    let data = STANDARD.encode(photo);
    let source = format!(r#"{{"type":"base64","media_type":"image/png","data":"{data}"}}"#);
    let block = format!(r#"{{"type":"image","source":{source}}}"#);
    user(&format!("[{}]", [block.as_str(); 4].join(",")))
}

/// A kind of body.
pub struct Kind {
    pub name: &'static str,
    /// True if a body of `size` must be refused.
    pub is_refused: bool,
    /// The usual size.
    pub size: usize,
    /// Makes a body of about this size.
    pub make: fn(usize) -> Vec<u8>,
}

const fn refused(name: &'static str, size: usize, make: fn(usize) -> Vec<u8>) -> Kind {
    Kind {
        name,
        is_refused: true,
        size,
        make,
    }
}

const fn any(name: &'static str, size: usize, make: fn(usize) -> Vec<u8>) -> Kind {
    Kind {
        name,
        is_refused: false,
        size,
        make,
    }
}

pub static ALL: [Kind; 14] = [
    refused("30 MB of JSON in a text of a tool input", 30 * MB, |size| {
        input(&format!(r#"{{"x":"[{}]"}}"#, list("{}", size)))
    }),
    refused(
        "60 kB of JSON in each of 500 texts of a tool input",
        30 * MB,
        |size| {
            let text = format!(r#""[{}]""#, list("{}", 60_000));
            input(&format!(r#"{{"x":[{}]}}"#, list(&text, size)))
        },
    ),
    refused(
        "7.6 MB of {\"a\":0} in an input with user_id",
        7_600_000,
        |size| {
            input(&format!(
                r#"{{"user_id":"x","x":[{}]}}"#,
                list(r#"{"a":0}"#, size)
            ))
        },
    ),
    refused("12 MB of unknown blocks", 12_000_000, |size| {
        user(&format!("[{}]", list(r#"{"type":"x"}"#, size)))
    }),
    refused("17 MB of text blocks", 17_000_000, |size| {
        user(&format!(
            "[{}]",
            list(r#"{"type":"text","text":"x"}"#, size)
        ))
    }),
    refused("100,000 nested lists", 200_000, |size| {
        input(&format!(
            r#"{{"x":{}{}}}"#,
            "[".repeat(size / 2),
            "]".repeat(size / 2)
        ))
    }),
    refused("100,001 values", 200_000, |size| {
        input(&format!(r#"{{"x":[{}0]}}"#, "0,".repeat(size / 2)))
    }),
    refused("a million empty messages", 3_000_000, |size| {
        chat(&list("{}", size))
    }),
    refused("30 MB of user_id keys", 30 * MB, |size| {
        input(&format!("{{{}}}", list(r#""user_id":0"#, size)))
    }),
    any("30 MB of backslashes in a text", 30 * MB, |size| {
        user(&format!("\"{}\"", r"\\".repeat(size / 2)))
    }),
    any("30 MB of escapes in a text", 30 * MB, |size| {
        user(&format!("\"{}\"", r"\u0001".repeat(size / 6)))
    }),
    any("30 MB of lone surrogates", 30 * MB, |size| {
        user(&format!("\"{}\"", r"\ud83d".repeat(size / 6)))
    }),
    any("a key of 30 MB", 30 * MB, |size| {
        format!(r#"{{"{}":0,"messages":[{LAST}]}}"#, "k".repeat(size)).into_bytes()
    }),
    any("a key of 30 MB in a tool input", 30 * MB, |size| {
        input(&format!(r#"{{"{}\n":0}}"#, "k".repeat(size)))
    }),
];
