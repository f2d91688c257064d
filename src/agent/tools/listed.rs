//! Tools as an MCP server lists them.

use std::{borrow::Cow, fmt};

use serde_json::{Map, Value};

/// The name of a tool that has none, for the log.
pub const UNNAMED: &str = "(without a name)";

/// A tool as the MCP server lists it (`tools/list`).
#[derive(Debug, Clone, PartialEq)]
pub struct ListedTool {
    pub name: String,
    pub description: Option<String>,
    pub input_schema: Map<String, Value>,
    pub read_only: bool,
    pub idempotent: bool,
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
