//! The blocks that are read back as what they were: those of a known type without any other field.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Block;

/// As [`Block`], but for [`Block::Opaque`].
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Known {
    Text {
        text: String,
    },
    Image {
        source: Value,
    },
    Document {
        source: Value,
        #[serde(default)]
        title: Option<String>,
        #[serde(default)]
        context: Option<String>,
    },
    ToolUse {
        id: String,
        name: String,
        input: Map<String, Value>,
    },
    ToolResult {
        tool_use_id: String,
        #[serde(default)]
        content: Vec<Block>,
        #[serde(default)]
        is_error: bool,
    },
    Thinking {
        thinking: String,
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
}

impl From<Known> for Block {
    fn from(known: Known) -> Self {
        match known {
            Known::Text { text } => Self::Text { text },
            Known::Image { source } => Self::Image { source },
            Known::Document {
                source,
                title,
                context,
            } => Self::Document {
                source,
                title,
                context,
            },
            Known::ToolUse { id, name, input } => Self::ToolUse { id, name, input },
            Known::ToolResult {
                tool_use_id,
                content,
                is_error,
            } => Self::ToolResult {
                tool_use_id,
                content,
                is_error,
            },
            Known::Thinking {
                thinking,
                signature,
            } => Self::Thinking {
                thinking,
                signature,
            },
            Known::RedactedThinking { data } => Self::RedactedThinking { data },
        }
    }
}
