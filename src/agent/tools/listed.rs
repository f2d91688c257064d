//! Tools as an MCP server lists them.

use std::{borrow::Cow, fmt};

use serde_json::{Map, Value, json};

use super::Digest;

/// The name of a tool that has none, for the log.
pub const UNNAMED: &str = "(without a name)";

/// A tool as the MCP server lists it (`tools/list`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListedTool {
    pub name: String,
    /// For people: `annotations.title`, else `title`.
    pub title: Option<String>,
    pub description: Option<String>,
    pub input_schema: Map<String, Value>,
    pub read_only: bool,
    /// `destructiveHint`, if the server gives it.
    pub destructive: Option<bool>,
    pub idempotent: bool,
    /// `openWorldHint`, if the server gives it.
    pub open_world: Option<bool>,
}

impl ListedTool {
    /// A digest of all that says what the tool does.
    pub(super) fn definition(&self) -> Digest {
        Digest::of(&json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": Digest::of_object(&self.input_schema),
            "hints": [self.read_only, self.destructive, self.idempotent, self.open_world],
        }))
    }
}

/// A tool that Claude does not get, for the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Its name on the server.
    pub name: String,
    reason: Cow<'static, str>,
}

impl LeftOut {
    pub fn new(name: impl Into<String>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.reason)
    }
}
