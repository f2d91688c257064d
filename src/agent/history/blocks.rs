//! Parses the content blocks of a client's messages, and drops the fields that Claude does not know.

mod source;

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::agent::{
    approvals::WAITING,
    claude::{ContentBlock, Role, is_id, is_opaque_type},
    json::{Invalid, JsonStr, Object, parse_list},
    tools::{InvalidInput, StrippedJson},
};
use source::{Source, parse_document, parse_image};

/// A content block, with the input fields that Claude knows and no others.
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
        title: Option<JsonStr<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<JsonStr<'a>>,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Cow<'a, RawValue>,
        /// The number of values in the input, those in texts included.
        #[serde(skip)]
        values: usize,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    Thinking {
        thinking: JsonStr<'a>,
        signature: JsonStr<'a>,
    },
    RedactedThinking {
        data: JsonStr<'a>,
    },
    /// A block of another type that Claude wrote.
    #[serde(untagged)]
    Opaque(Opaque),
}

/// A block as it was received, without `cache_control` and any `user_id`.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Opaque {
    json: Box<RawValue>,
    #[serde(skip)]
    pub(super) values: usize,
}

/// The client's text, or one of our own.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Text<'a> {
    Received(JsonStr<'a>),
    Own(&'static str),
}

impl Block<'_> {
    pub(super) fn own_text(text: &'static str) -> Self {
        let text = Text::Own(text);
        Self::Text { text }
    }

    /// True for a text that Claude refuses as empty.
    pub(super) fn is_blank_text(&self) -> bool {
        matches!(self, Self::Text { text: Text::Received(text) } if text.is_blank())
    }

    /// The number of images in the block.
    pub(super) fn images(&self) -> usize {
        match self {
            Self::Image { .. } => 1,
            Self::ToolResult { content, .. }
            | Self::Document {
                source: Source::Content { content },
                ..
            } => content.iter().map(Self::images).sum(),
            _ => 0,
        }
    }
}

impl ContentBlock for Block<'_> {
    fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking { .. } | Self::RedactedThinking { .. })
    }

    /// See [`WAITING`].
    fn is_waiting(&self) -> bool {
        let Self::ToolResult {
            content,
            is_error: false,
            ..
        } = self
        else {
            return false;
        };
        matches!(&content[..], [Self::Text { text: Text::Received(text) }] if text.is(WAITING))
    }
}

/// The content of a message.
pub(super) fn parse_content(
    role: Role,
    content: Option<&RawValue>,
) -> Result<Vec<Block<'_>>, Invalid> {
    parse_blocks(content, |kind, block| match (role, kind) {
        (_, "text") => parse_text(block),
        (Role::User, "image") => parse_image(block),
        (Role::User, "document") => parse_document(block),
        (Role::User, "tool_result") => parse_tool_result(block),
        (Role::Assistant, "tool_use") => parse_tool_use(block),
        (Role::Assistant, "thinking") => Ok(Block::Thinking {
            thinking: required_string(block, "thinking")?,
            signature: required_string(block, "signature")?,
        }),
        (Role::Assistant, "redacted_thinking") => Ok(Block::RedactedThinking {
            data: required_string(block, "data")?,
        }),
        (Role::User, _) => Err(Invalid::new(
            "a user message may hold blocks of type text, image, document and tool_result",
        )),
        (Role::Assistant, kind) if is_opaque_type(kind) => parse_opaque(block),
        (Role::Assistant, _) => Err(Invalid::new(
            "an assistant message may hold blocks of type text, tool_use, thinking and redacted_thinking",
        )),
    })
}

/// A list of blocks, or a string, which stands for one text block. `parse` gets the `type` of each block.
fn parse_blocks<'a>(
    content: Option<&'a RawValue>,
    parse: impl Fn(&str, &Object<'a>) -> Result<Block<'a>, Invalid>,
) -> Result<Vec<Block<'a>>, Invalid> {
    let expected = "must be a string or a list of content blocks";
    let content = content.ok_or_else(|| Invalid::new(expected))?;
    if let Some(text) = JsonStr::new(content) {
        let text = Text::Received(text);
        return Ok(vec![Block::Text { text }]);
    }
    let expected_item = "must be a content block: an object with a `type`";
    parse_list(content, expected, expected_item, |block| {
        let kind = block.get("type").and_then(JsonStr::new);
        let kind = kind.ok_or_else(|| Invalid::new("must be a string").in_field("type"))?;
        parse(&kind.unescape(), &block)
    })
}

fn parse_text<'a>(block: &Object<'a>) -> Result<Block<'a>, Invalid> {
    let text = Text::Received(required_string(block, "text")?);
    Ok(Block::Text { text })
}

fn parse_tool_use<'a>(block: &Object<'a>) -> Result<Block<'a>, Invalid> {
    let name = required_string(block, "name")?.unescape();
    if !is_id(&name) || name.len() > 128 {
        return Err(Invalid::new("must be 1 to 128 of A-Z a-z 0-9 _ -").in_field("name"));
    }
    let input = block.get("input").ok_or(InvalidInput::NotAnObject);
    let input = input.and_then(StrippedJson::new);
    let input = input.map_err(|invalid| Invalid::new(invalid.to_string()).in_field("input"))?;
    Ok(Block::ToolUse {
        id: parse_id(block, "id")?,
        name,
        input: input.json,
        values: input.values,
    })
}

fn parse_opaque<'a>(block: &Object<'a>) -> Result<Block<'a>, Invalid> {
    let invalid = |invalid: InvalidInput| Invalid::new(invalid.to_string());
    let kept = block.0.iter().filter(|(name, _)| name != "cache_control");
    let mut json = Vec::new();
    // In the order received: the block is bound to, and cached with, its bytes.
    let written = serde_json::Serializer::new(&mut json).collect_map(kept.map(|(k, v)| (k, v)));
    let json =
        written.and_then(|()| RawValue::from_string(String::from_utf8(json).unwrap_or_default()));
    let json = json.map_err(|_| invalid(InvalidInput::BeyondLimits))?;
    let StrippedJson { json, values } = StrippedJson::new(&json).map_err(invalid)?;
    Ok(Block::Opaque(Opaque {
        json: json.into_owned(),
        values,
    }))
}

fn parse_tool_result<'a>(block: &Object<'a>) -> Result<Block<'a>, Invalid> {
    let tool_use_id = parse_id(block, "tool_use_id")?;
    let is_error = block.boolean("is_error")?.unwrap_or(false);
    let mut content = match block.get("content") {
        None => vec![],
        content => parse_blocks(content, |kind, block| match kind {
            "text" => parse_text(block),
            "image" => parse_image(block),
            "document" => parse_document(block),
            _ => Err(Invalid::new(
                "a tool result may hold blocks of type text, image and document",
            )),
        })
        .map_err(|invalid| invalid.in_field("content"))?,
    };
    content.retain(|block| !block.is_blank_text());
    if is_error {
        // Claude accepts an error result only with text, and only text.
        content.retain(|block| matches!(block, Block::Text { .. }));
        if content.is_empty() {
            content.push(Block::own_text("The tool failed without saying why."));
        }
    }
    Ok(Block::ToolResult {
        tool_use_id,
        content,
        is_error,
    })
}

fn parse_id<'a>(block: &Object<'a>, field: &str) -> Result<Cow<'a, str>, Invalid> {
    let id = required_string(block, field)?.unescape();
    if is_id(&id) {
        return Ok(id);
    }
    Err(Invalid::new("must match [A-Za-z0-9_-]+").in_field(field))
}

fn required_string<'a>(object: &Object<'a>, field: &str) -> Result<JsonStr<'a>, Invalid> {
    let string = object.string(field)?;
    string.ok_or_else(|| Invalid::new("is missing").in_field(field))
}
