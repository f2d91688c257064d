//! The blocks of a client's message, each with its input fields only; everything Claude would refuse inside one is named.

mod source;

use serde_json::{Map, Value};

use super::{Invalid, place::Place};
use crate::{
    claude::{Block, Role},
    tools::without_identity,
};
use source::{document, image};

type Object = Map<String, Value>;

/// A message's content: a string or a list of blocks.
pub(super) fn content(
    place: &Place<'_>,
    role: Role,
    content: Option<Value>,
) -> Result<Vec<Block>, Invalid> {
    match content {
        Some(Value::String(text)) => Ok(vec![Block::Text { text }]),
        Some(Value::Array(blocks)) => {
            list(place, blocks, |place, kind, object| match (role, kind) {
                (_, "text") => text(place, object),
                (Role::User, "image") => image(place, object),
                (Role::User, "document") => document(place, object),
                (Role::User, "tool_result") => tool_result(place, object),
                (Role::Assistant, "tool_use") => tool_use(place, object),
                (Role::Assistant, "thinking") => Ok(Block::Thinking {
                    thinking: string(place, object, "thinking")?,
                    signature: string(place, object, "signature")?,
                }),
                (Role::Assistant, "redacted_thinking") => Ok(Block::RedactedThinking {
                    data: string(place, object, "data")?,
                }),
                (Role::User, _) => Err(Invalid::new(
                    place,
                    "a user message may hold blocks of type text, image, document and tool_result",
                )),
                (Role::Assistant, _) => Err(Invalid::new(
                    place,
                    "an assistant message may hold blocks of type text, tool_use, thinking and redacted_thinking",
                )),
            })
        }
        _ => Err(Invalid::new(
            place,
            "must be a string or a list of content blocks",
        )),
    }
}

fn list(
    place: &Place<'_>,
    blocks: Vec<Value>,
    read: impl Fn(&Place<'_>, &str, &mut Object) -> Result<Block, Invalid>,
) -> Result<Vec<Block>, Invalid> {
    let read_one = |(at, block)| {
        let place = place.item(at);
        let Value::Object(mut object) = block else {
            return Err(Invalid::new(
                place,
                "must be a content block: an object with a `type`",
            ));
        };
        let Some(Value::String(kind)) = object.remove("type") else {
            return Err(Invalid::new(place.field("type"), "must be a string"));
        };
        read(&place, &kind, &mut object)
    };
    blocks.into_iter().enumerate().map(read_one).collect()
}

fn text(place: &Place<'_>, object: &mut Object) -> Result<Block, Invalid> {
    Ok(Block::Text {
        text: string(place, object, "text")?,
    })
}

fn tool_use(place: &Place<'_>, object: &mut Object) -> Result<Block, Invalid> {
    let name = string(place, object, "name")?;
    if !is_name(&name) || name.len() > 128 {
        return Err(Invalid::new(
            place.field("name"),
            "must be 1 to 128 of A-Z a-z 0-9 _ -",
        ));
    }
    let id = id(place, object, "id")?;
    let mut input = self::object(&place.field("input"), object, "input")?;
    without_identity(&mut input);
    Ok(Block::ToolUse { id, name, input })
}

fn tool_result(place: &Place<'_>, object: &mut Object) -> Result<Block, Invalid> {
    let tool_use_id = id(place, object, "tool_use_id")?;
    let is_error = match object.remove("is_error") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(is_error)) => is_error,
        Some(_) => {
            return Err(Invalid::new(place.field("is_error"), "must be a boolean"));
        }
    };
    let inner = place.field("content");
    let mut content = match object.remove("content") {
        None | Some(Value::Null) => vec![],
        Some(Value::String(text)) => vec![Block::Text { text }],
        Some(Value::Array(blocks)) => list(&inner, blocks, |place, kind, object| match kind {
            "text" => text(place, object),
            "image" => image(place, object),
            "document" => document(place, object),
            _ => Err(Invalid::new(
                place,
                "a tool result may hold blocks of type text, image and document",
            )),
        })?,
        Some(_) => {
            return Err(Invalid::new(
                inner,
                "must be a string or a list of content blocks",
            ));
        }
    };
    content.retain(|block| !block.is_blank_text());
    if is_error {
        // Claude accepts an error result only with text, and only text.
        content.retain(|block| matches!(block, Block::Text { .. }));
        if content.is_empty() {
            content.push(Block::text("The tool failed without saying why."));
        }
    }
    Ok(Block::ToolResult {
        tool_use_id,
        content,
        is_error,
    })
}

fn id(place: &Place<'_>, object: &mut Object, field: &'static str) -> Result<String, Invalid> {
    let id = string(place, object, field)?;
    if is_name(&id) {
        Ok(id)
    } else {
        Err(Invalid::new(
            place.field(field),
            "must match [A-Za-z0-9_-]+",
        ))
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn string(place: &Place<'_>, object: &mut Object, field: &'static str) -> Result<String, Invalid> {
    optional_string(place, object, field)?
        .ok_or_else(|| Invalid::new(place.field(field), "is missing"))
}

fn optional_string(
    place: &Place<'_>,
    object: &mut Object,
    field: &'static str,
) -> Result<Option<String>, Invalid> {
    match object.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Invalid::new(place.field(field), "must be a string")),
    }
}

fn object(place: &Place<'_>, object: &mut Object, field: &'static str) -> Result<Object, Invalid> {
    match object.remove(field) {
        Some(Value::Object(inner)) => Ok(inner),
        _ => Err(Invalid::new(place, "must be an object")),
    }
}
