//! The blocks of a client's message, each with its input fields only; everything Claude would refuse inside one is named.

mod input;
mod source;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Invalid, place::Place};
use crate::{
    agent::claude::{Role, is_id},
    agent::json::{Fields, Node, Text},
};
use input::input;
use source::{Source, document, image};

/// A content block, with the input fields Claude knows and no others.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block<'a> {
    Text {
        text: Text<'a>,
    },
    Image {
        source: Source<'a>,
    },
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<Text<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<Text<'a>>,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Cow<'a, RawValue>,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    Thinking {
        thinking: Text<'a>,
        signature: Text<'a>,
    },
    RedactedThinking {
        data: Text<'a>,
    },
}

impl Block<'_> {
    /// Text that Claude would refuse as empty.
    pub(super) fn is_blank_text(&self) -> bool {
        matches!(self, Self::Text { text } if text.is_blank())
    }

    pub(super) fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking { .. } | Self::RedactedThinking { .. })
    }
}

/// A message's content: a string or a list of blocks.
pub(super) fn content<'a>(
    place: &Place<'_>,
    role: Role,
    content: Option<&Node<'a>>,
) -> Result<Vec<Block<'a>>, Invalid> {
    list(place, content, |place, kind, object| match (role, kind) {
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

/// Blocks, or a string, which is one block of text.
fn list<'a>(
    place: &Place<'_>,
    value: Option<&Node<'a>>,
    read: impl Fn(&Place<'_>, &str, &Fields<'a>) -> Result<Block<'a>, Invalid>,
) -> Result<Vec<Block<'a>>, Invalid> {
    let blocks = match value {
        Some(Node::List(blocks)) => blocks,
        other => {
            let why = "must be a string or a list of content blocks";
            let text = other.and_then(Text::of);
            let text = text.ok_or_else(|| Invalid::new(place, why))?;
            return Ok(vec![Block::Text { text }]);
        }
    };
    let read_one = |(at, block): (usize, &Node<'a>)| {
        let place = place.item(at);
        let Node::Object(object) = block else {
            return Err(Invalid::new(
                place,
                "must be a content block: an object with a `type`",
            ));
        };
        let kind = object.get("type").and_then(Text::of);
        let Some(kind) = kind else {
            return Err(Invalid::new(place.field("type"), "must be a string"));
        };
        read(&place, &kind.read(), object)
    };
    blocks.iter().enumerate().map(read_one).collect()
}

fn text<'a>(place: &Place<'_>, object: &Fields<'a>) -> Result<Block<'a>, Invalid> {
    Ok(Block::Text {
        text: string(place, object, "text")?,
    })
}

fn tool_use<'a>(place: &Place<'_>, object: &Fields<'a>) -> Result<Block<'a>, Invalid> {
    let name = string(place, object, "name")?.read();
    if !is_id(&name) || name.len() > 128 {
        return Err(Invalid::new(
            place.field("name"),
            "must be 1 to 128 of A-Z a-z 0-9 _ -",
        ));
    }
    let id = id(place, object, "id")?;
    let input = input(place, object)?;
    Ok(Block::ToolUse { id, name, input })
}

fn tool_result<'a>(place: &Place<'_>, object: &Fields<'a>) -> Result<Block<'a>, Invalid> {
    let tool_use_id = id(place, object, "tool_use_id")?;
    let is_error = object
        .boolean("is_error")
        .map_err(|why| Invalid::new(place.field("is_error"), why))?
        .unwrap_or(false);
    let content = object.get("content").map(|content| {
        let place = place.field("content");
        list(&place, Some(content), |place, kind, object| match kind {
            "text" => text(place, object),
            "image" => image(place, object),
            "document" => document(place, object),
            _ => Err(Invalid::new(
                place,
                "a tool result may hold blocks of type text, image and document",
            )),
        })
    });
    let mut content = content.transpose()?.unwrap_or_default();
    content.retain(|block| !block.is_blank_text());
    if is_error {
        // Claude accepts an error result only with text, and only text.
        content.retain(|block| matches!(block, Block::Text { .. }));
        if content.is_empty() {
            content.push(Block::Text {
                text: Text::Ours("The tool failed without saying why."),
            });
        }
    }
    Ok(Block::ToolResult {
        tool_use_id,
        content,
        is_error,
    })
}

fn id<'a>(
    place: &Place<'_>,
    object: &Fields<'a>,
    field: &'static str,
) -> Result<Cow<'a, str>, Invalid> {
    let id = string(place, object, field)?.read();
    if is_id(&id) {
        Ok(id)
    } else {
        Err(Invalid::new(
            place.field(field),
            "must match [A-Za-z0-9_-]+",
        ))
    }
}

fn string<'a>(
    place: &Place<'_>,
    object: &Fields<'a>,
    field: &'static str,
) -> Result<Text<'a>, Invalid> {
    optional_string(place, object, field)?
        .ok_or_else(|| Invalid::new(place.field(field), "is missing"))
}

fn optional_string<'a>(
    place: &Place<'_>,
    object: &Fields<'a>,
    field: &'static str,
) -> Result<Option<Text<'a>>, Invalid> {
    let text = object.text(field);
    text.map_err(|why| Invalid::new(place.field(field), why))
}
