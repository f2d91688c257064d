//! Messages and content blocks in the format of Claude's Messages API, in which frontends keep the history too.

mod known;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use known::Known;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Assistant,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    pub role: Role,
    pub content: Vec<Block>,
}

impl Message {
    pub fn user(content: Vec<Block>) -> Self {
        Self {
            role: Role::User,
            content,
        }
    }

    pub fn assistant(content: Vec<Block>) -> Self {
        Self {
            role: Role::Assistant,
            content,
        }
    }
}

/// A content block, with the input fields that Claude knows and no others.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    Text {
        text: String,
    },
    /// PNG, JPEG, GIF or WebP, as base64 or by URL.
    Image {
        #[schema(value_type = Object)]
        source: Value,
    },
    /// A PDF as base64, plain text, or a URL.
    Document {
        #[schema(value_type = Object)]
        source: Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<String>,
    },
    /// A tool call by Claude. Assistant messages only.
    ToolUse {
        id: String,
        name: String,
        #[schema(value_type = Object)]
        input: Map<String, Value>,
    },
    /// A tool's result. User messages only.
    ToolResult {
        tool_use_id: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schema(no_recursion)]
        content: Vec<Block>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    Thinking {
        thinking: String,
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    /// A block of another type, sent back unchanged and in place.
    #[serde(untagged)]
    #[schema(value_type = Object)]
    Opaque(Value),
}

impl Block {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// True for a text that Claude refuses as empty.
    pub fn is_blank_text(&self) -> bool {
        matches!(self, Self::Text { text } if is_blank(text))
    }
}

/// A content block of a message.
pub trait ContentBlock: Serialize {
    fn is_thinking(&self) -> bool;

    /// True for a result in whose place another one may be put.
    fn is_waiting(&self) -> bool {
        false
    }
}

impl ContentBlock for Block {
    fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking { .. } | Self::RedactedThinking { .. })
    }
}

/// Reads a block that was serialized, unchanged: one with other fields than its type has is [`Block::Opaque`].
impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let block = Value::deserialize(deserializer)?;
        Ok(match Known::deserialize(&block) {
            Ok(known) => known.into(),
            Err(_) => Self::Opaque(block),
        })
    }
}

/// True for an unknown type of block that a history may hold in an assistant message: not a server tool's, and not a type
/// that Claude does not write.
pub fn is_opaque_type(block_type: &str) -> bool {
    const OTHERS: [&str; 9] = [
        "server_tool_use",
        "mcp_tool_use",
        "image",
        "document",
        "tool_result",
        "search_result",
        "video",
        "audio",
        "file",
    ];
    is_id(block_type) && !OTHERS.contains(&block_type) && !block_type.ends_with("_tool_result")
}

/// True if the API accepts `text` as the id of a tool call: `[A-Za-z0-9_-]+`. Tool names have the same characters.
pub fn is_id(text: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// True for only white space as Claude's API (Python) defines it, which includes the ASCII separators.
pub fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

#[cfg(test)]
mod tests;
