//! The server that a tool belongs to: its name, and what it is told about the user.

use std::{borrow::Cow, sync::Arc};

/// Between the name of a server and that of its tool.
const SEPARATOR: &str = "__";

/// What a server is told about the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Identity is enforced: `user_id` is stripped from schemas and inputs, and the caller's is injected.
    Own,
    /// Schemas and inputs stay as they are, and the server is not told who the user is.
    Foreign,
}

/// A server whose tools are offered.
#[derive(Debug, Clone)]
pub struct ToolServer {
    /// Empty for the only server of a chat.
    pub name: Arc<str>,
    pub profile: Profile,
    /// Its tools are offered as `name__tool`.
    pub prefixed: bool,
}

impl ToolServer {
    /// The only server of a chat.
    pub fn only() -> Self {
        Self {
            name: Arc::default(),
            profile: Profile::Own,
            prefixed: false,
        }
    }

    /// The name of its tool for Claude, before it is made acceptable and unique.
    pub(super) fn offered<'a>(&self, tool: &'a str) -> Cow<'a, str> {
        if self.prefixed {
            format!("{}{SEPARATOR}{tool}", self.name).into()
        } else {
            tool.into()
        }
    }
}
