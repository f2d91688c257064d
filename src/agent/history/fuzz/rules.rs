//! The rules of the Messages API for `messages`, as its documentation and its errors state them.

use std::collections::HashSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

use crate::agent::claude::{is_blank, is_opaque_type};

type Rule = Result<(), &'static str>;

fn must(holds: bool, rule: &'static str) -> Rule {
    holds.then_some(()).ok_or(rule)
}

/// Checks that the API accepts these messages as a conversation; the error is the violated rule.
pub(in crate::agent) fn accepted(messages: &Value) -> Rule {
    let messages = messages.as_array().ok_or("messages is a list")?;
    must(!messages.is_empty(), "there is a message")?;
    let (mut ids, mut asked) = (HashSet::new(), Vec::new());
    for (at, message) in messages.iter().enumerate() {
        only(message, &["role", "content"])?;
        let role = if at % 2 == 0 { "user" } else { "assistant" };
        must(message["role"] == role, "roles alternate, the user's first")?;
        let blocks = message["content"].as_array().ok_or("content is a list")?;
        must(!blocks.is_empty(), "no message is empty")?;
        for block in blocks {
            self::block(block, role)?;
        }
        let of = |kind: &str, id: &str| -> Vec<String> {
            let of_kind = blocks.iter().filter(|block| block["type"] == kind);
            of_kind
                .filter_map(|block| block[id].as_str().map(str::to_owned))
                .collect()
        };
        let results = blocks
            .iter()
            .take_while(|block| block["type"] == "tool_result")
            .count();
        let answers = of("tool_result", "tool_use_id");
        must(answers.len() == results, "results come first")?;
        must(
            answers == asked,
            "each call has one result in the next message, in its order",
        )?;
        asked = of("tool_use", "id");
        must(
            asked.iter().all(|id| ids.insert(id.clone())),
            "ids are unique",
        )?;
        let last = blocks.last().and_then(|block| block["type"].as_str());
        must(
            role == "user" || !matches!(last, Some("thinking" | "redacted_thinking")),
            "an assistant's message does not end in thinking",
        )?;
    }
    must(messages.len() % 2 == 1, "the last message is the user's")
}

fn block(block: &Value, role: &str) -> Rule {
    match (role, block["type"].as_str().ok_or("a block has a type")?) {
        (_, "text") | ("user", "image" | "document") => shown(block),
        ("user", "tool_result") => result(block),
        ("assistant", "tool_use") => {
            only(block, &["type", "id", "name", "input"])?;
            must(
                is_id(&block["id"]) && is_id(&block["name"]),
                "ids and names are of letters, digits, _ and -",
            )?;
            must(
                block["name"].as_str().is_some_and(|name| name.len() <= 128),
                "a name has 128 characters at most",
            )?;
            must(block["input"].is_object(), "an input is an object")?;
            must(!names_a_user(&block["input"]), "no input names a user")
        }
        ("assistant", "thinking") => {
            only(block, &["type", "thinking", "signature"])?;
            must(
                block["thinking"].is_string() && block["signature"].is_string(),
                "thinking is signed",
            )
        }
        ("assistant", "redacted_thinking") => {
            only(block, &["type", "data"])?;
            must(block["data"].is_string(), "redacted thinking has data")
        }
        ("assistant", kind) if is_opaque_type(kind) => {
            must(block.get("cache_control").is_none(), "no cache_control")?;
            must(!names_a_user(block), "no unknown block names a user")
        }
        _ => Err("a block is of a type that its role may send"),
    }
}

fn result(result: &Value) -> Rule {
    only(result, &["type", "tool_use_id", "content", "is_error"])?;
    must(
        is_id(&result["tool_use_id"]),
        "ids are of letters, digits, _ and -",
    )?;
    let none = Vec::new();
    let content = match &result["content"] {
        Value::Null => &none,
        content => content.as_array().ok_or("a result's content is a list")?,
    };
    content.iter().try_for_each(shown)?;
    match &result["is_error"] {
        Value::Null | Value::Bool(false) => Ok(()),
        Value::Bool(true) => must(
            !content.is_empty() && content.iter().all(|block| block["type"] == "text"),
            "an error is text alone, and not empty",
        ),
        _ => Err("is_error is a boolean"),
    }
}

/// A text, an image or a document, with only its known fields.
fn shown(block: &Value) -> Rule {
    match block["type"].as_str() {
        Some("text") => {
            only(block, &["type", "text"])?;
            must(
                block["text"].as_str().is_some_and(|text| !is_blank(text)),
                "no text is blank",
            )
        }
        Some("image") => {
            only(block, &["type", "source"])?;
            source(
                &block["source"],
                &["image/png", "image/jpeg", "image/gif", "image/webp"],
            )
        }
        Some("document") => {
            only(block, &["type", "source", "title", "context"])?;
            let named = |field: &str| {
                block
                    .get(field)
                    .is_none_or(|text| text.as_str().is_some_and(|text| !text.is_empty()))
            };
            let title = block["title"].as_str().unwrap_or_default();
            must(
                title.chars().count() <= 500,
                "a title has 500 characters at most",
            )?;
            must(
                named("title") && named("context"),
                "a title or context is a text, and not empty",
            )?;
            source(&block["source"], &["application/pdf"])
        }
        _ => Err("what is shown is text, an image or a document"),
    }
}

fn source(source: &Value, media_types: &[&str]) -> Rule {
    match source["type"].as_str() {
        Some("url") => {
            only(source, &["type", "url"])?;
            must(
                source["url"]
                    .as_str()
                    .is_some_and(|url| url.trim_start().to_ascii_lowercase().starts_with("http")),
                "a URL is one of the web",
            )
        }
        Some("base64") => {
            only(source, &["type", "media_type", "data"])?;
            must(
                media_types
                    .iter()
                    .any(|known| source["media_type"] == *known),
                "the media type is a known one",
            )?;
            let data = source["data"].as_str().unwrap_or_default();
            let bytes = BASE64_STANDARD.decode(data).map_err(|_| "data is base64")?;
            must(
                bytes_of(&bytes) == source["media_type"].as_str(),
                "the media type is that of the bytes",
            )
        }
        Some("text") if media_types == ["application/pdf"] => {
            only(source, &["type", "media_type", "data"])?;
            must(source["media_type"] == "text/plain", "plain text says so")?;
            must(
                source["data"].as_str().is_some_and(|text| !is_blank(text)),
                "no text is blank",
            )
        }
        Some("content") if media_types == ["application/pdf"] => {
            only(source, &["type", "content"])?;
            let content = source["content"]
                .as_array()
                .ok_or("a document's content is a list")?;
            must(!content.is_empty(), "no document is empty")?;
            must(
                content.iter().all(|block| block["type"] != "document"),
                "no document holds another",
            )?;
            content.iter().try_for_each(shown)
        }
        _ => Err("a source is of a known type"),
    }
}

/// The media type that the first bytes stand for.
fn bytes_of(bytes: &[u8]) -> Option<&'static str> {
    let begins = |first: &[u8]| bytes.starts_with(first);
    if begins(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if begins(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if begins(b"GIF87a") || begins(b"GIF89a") {
        Some("image/gif")
    } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        begins(b"%PDF-").then_some("application/pdf")
    }
}

/// "Extra inputs are not permitted", at any level.
fn only(value: &Value, known: &[&str]) -> Rule {
    let keys = value.as_object().map(Map::keys).ok_or("it is an object")?;
    must(
        keys.into_iter().all(|key| known.contains(&key.as_str())),
        "extra inputs are not permitted",
    )
}

fn is_id(value: &Value) -> bool {
    let plain = |id: &str| {
        !id.is_empty()
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    value.as_str().is_some_and(plain)
}

fn names_a_user(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            object.contains_key("user_id") || object.values().any(names_a_user)
        }
        Value::Array(items) => items.iter().any(names_a_user),
        _ => false,
    }
}
