//! Validates content blocks as the API does.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::checks::{Check, breakpoint, ensure, is_word, known_keys, names_user_id};

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    User,
    Assistant,
    /// Inside a `tool_result`, which may be an error.
    Result {
        error: bool,
    },
}

pub(super) fn check_block(at: &str, block: &Value, place: Place) -> Check {
    let kind = block["type"]
        .as_str()
        .ok_or_else(|| format!("{at}.type: Field required"))?;
    let fields = match (kind, place) {
        ("text", Place::Result { error }) => return result_text(at, block, error),
        ("text", _) => return text_block(at, block),
        (_, Place::Result { error: true }) => {
            return Err(format!(
                "{at}: all content must be type `text` if `is_error` is true"
            ));
        }
        ("image", Place::User | Place::Result { .. }) => image(at, block)?,
        ("document", Place::User | Place::Result { .. }) => document(at, block)?,
        ("tool_result", Place::User) => tool_result(at, block)?,
        ("tool_use", Place::Assistant) => tool_use(at, block)?,
        ("thinking", Place::Assistant) => {
            return opaque(at, block, &["type", "thinking", "signature"]);
        }
        ("redacted_thinking", Place::Assistant) => return opaque(at, block, &["type", "data"]),
        ("server_tool_use", Place::Assistant) => {
            known_keys(at, block, &["type", "id", "name", "input", "cache_control"])?
        }
        ("fallback", Place::Assistant) => {
            return known_keys(at, block, &["type", "from", "to", "trigger"]).map(drop);
        }
        (kind, Place::Assistant) if kind.ends_with("_tool_result") => known_keys(
            at,
            block,
            &["type", "tool_use_id", "content", "cache_control"],
        )?,
        _ => {
            return Err(format!(
                "{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
            ));
        }
    };
    breakpoint(at, fields)
}

pub(super) fn text_block(at: &str, block: &Value) -> Check {
    let fields = known_keys(at, block, &["type", "text", "cache_control", "citations"])?;
    let text = string(at, fields, "text")?;
    ensure(!text.is_empty(), || {
        format!("{at}: text content blocks must be non-empty")
    })?;
    ensure(!text.trim().is_empty(), || {
        format!("{at}: text content blocks must contain non-whitespace text")
    })?;
    breakpoint(at, fields)
}

fn result_text(at: &str, block: &Value, error: bool) -> Check {
    let fields = known_keys(at, block, &["type", "text", "cache_control"])?;
    let text = string(at, fields, "text")?;
    ensure(!text.is_empty(), || {
        format!("{at}: text content blocks must be non-empty")
    })?;
    ensure(!error || !text.trim().is_empty(), || {
        format!("{at}: a blank error")
    })?;
    breakpoint(at, fields)
}

fn opaque(at: &str, block: &Value, keys: &[&str]) -> Check {
    let fields = known_keys(at, block, keys)?;
    keys.iter()
        .try_for_each(|key| string(at, fields, key).map(drop))
}

fn tool_use<'a>(at: &str, block: &'a Value) -> Result<&'a Map<String, Value>, String> {
    let fields = known_keys(at, block, &["type", "id", "name", "input", "cache_control"])?;
    ensure(is_word(string(at, fields, "id")?), || {
        format!("{at}.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    })?;
    let name = string(at, fields, "name")?;
    ensure(is_word(name) && name.len() <= 200, || {
        format!("{at}.name: {name}")
    })?;
    let input = fields.get("input").filter(|input| input.is_object());
    let input = input.ok_or_else(|| format!("{at}.input: Input should be a valid dictionary"))?;
    ensure(!names_user_id(input), || {
        format!("{at}.input: speaks of user_id: {input}")
    })?;
    Ok(fields)
}

fn tool_result<'a>(at: &str, block: &'a Value) -> Result<&'a Map<String, Value>, String> {
    let fields = known_keys(
        at,
        block,
        &[
            "type",
            "tool_use_id",
            "content",
            "is_error",
            "cache_control",
        ],
    )?;
    ensure(is_word(string(at, fields, "tool_use_id")?), || {
        format!("{at}.tool_use_id: not an id")
    })?;
    let error = match fields.get("is_error") {
        None => false,
        Some(Value::Bool(error)) => *error,
        Some(_) => return Err(format!("{at}.is_error: Input should be a valid boolean")),
    };
    let filled = match fields.get("content") {
        None => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(blocks)) => {
            let place = Place::Result { error };
            let mut numbered = blocks.iter().enumerate();
            numbered.try_for_each(|(n, block)| {
                check_block(&format!("{at}.content.{n}"), block, place)
            })?;
            !blocks.is_empty()
        }
        Some(_) => {
            return Err(format!(
                "{at}.content: Input should be a valid string or list"
            ));
        }
    };
    ensure(filled || !error, || {
        format!("{at}: content cannot be empty if `is_error` is true")
    })?;
    Ok(fields)
}

fn image<'a>(at: &str, block: &'a Value) -> Result<&'a Map<String, Value>, String> {
    let fields = known_keys(at, block, &["type", "source", "cache_control"])?;
    let types = ["image/jpeg", "image/png", "image/gif", "image/webp"];
    source(&format!("{at}.source"), &block["source"], &types)?;
    Ok(fields)
}

fn document<'a>(at: &str, block: &'a Value) -> Result<&'a Map<String, Value>, String> {
    let fields = known_keys(
        at,
        block,
        &[
            "type",
            "source",
            "title",
            "context",
            "citations",
            "cache_control",
        ],
    )?;
    source(
        &format!("{at}.source"),
        &block["source"],
        &["application/pdf"],
    )?;
    Ok(fields)
}

fn source(at: &str, source: &Value, media_types: &[&str]) -> Check {
    let pdf = media_types == ["application/pdf"];
    match source["type"].as_str() {
        Some("base64") => {
            let fields = known_keys(at, source, &["type", "media_type", "data"])?;
            let media_type = string(at, fields, "media_type")?;
            ensure(media_types.contains(&media_type), || {
                format!("{at}.media_type: Input should be one of {media_types:?}")
            })?;
            let data = string(at, fields, "data")?;
            let bytes = STANDARD.decode(data);
            let bytes = bytes.map_err(|_| format!("{at}.data: Invalid base64 data"))?;
            ensure(media_type == type_of(&bytes), || {
                format!("{at}: Image does not match the provided media type {media_type}")
            })
        }
        Some("url") => string(at, known_keys(at, source, &["type", "url"])?, "url").map(drop),
        Some("file") => {
            string(at, known_keys(at, source, &["type", "file_id"])?, "file_id").map(drop)
        }
        Some("text") if pdf => {
            let fields = known_keys(at, source, &["type", "media_type", "data"])?;
            ensure(string(at, fields, "media_type")? == "text/plain", || {
                format!("{at}.media_type: not text/plain")
            })?;
            ensure(!string(at, fields, "data")?.is_empty(), || {
                format!("{at}.data: empty")
            })
        }
        Some("content") if pdf => known_keys(at, source, &["type", "content"]).map(drop),
        other => Err(format!("{at}.type: {other:?}")),
    }
}

/// By the first bytes, of which the real API reads more.
fn type_of(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        [b'%', b'P', b'D', b'F', ..] => "application/pdf",
        _ => "unknown",
    }
}

fn string<'a>(at: &str, fields: &'a Map<String, Value>, key: &str) -> Result<&'a str, String> {
    fields
        .get(key)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("{at}.{key}: Input should be a valid string"))
}
