//! Tool names for Claude: replaces the characters that MCP allows and Claude's API refuses.

use std::{borrow::Cow, collections::HashSet};

/// The API takes 128 characters, its documentation promises 64.
const MAX_LENGTH: usize = 64;

/// Assigns unique names that Claude accepts. A name that needs no change is never assigned to another tool.
pub(super) struct NameMap {
    taken: HashSet<String>,
}

impl NameMap {
    pub(super) fn new<'a>(all: impl Iterator<Item = Cow<'a, str>>) -> Self {
        let acceptable = all.filter(|name| sanitize_name(name) == *name);
        Self {
            taken: acceptable.map(Cow::into_owned).collect(),
        }
    }

    pub(super) fn assign(&mut self, name: &str) -> String {
        let sanitized = sanitize_name(name);
        if sanitized == name {
            return sanitized;
        }
        self.free(sanitized)
    }

    /// `sanitized`, a name that Claude accepts, or, if it is taken, the same with a number.
    pub(super) fn free(&mut self, sanitized: String) -> String {
        let numbered = (2..).map(|n| {
            let suffix = format!("_{n}");
            let length = sanitized.len().min(MAX_LENGTH - suffix.len());
            format!("{}{suffix}", &sanitized[..length])
        });
        let mut candidates = std::iter::once(sanitized.clone()).chain(numbered);
        let free = candidates.find(|name| !self.taken.contains(name));
        let name = free.unwrap_or(sanitized);
        self.taken.insert(name.clone());
        name
    }
}

/// `name` with every character that Claude refuses replaced, cut to length. ASCII only.
pub fn sanitize_name(name: &str) -> String {
    let sanitize = |c: char| match c {
        c if c.is_ascii_alphanumeric() || c == '-' => c,
        _ => '_',
    };
    let name: String = name.chars().take(MAX_LENGTH).map(sanitize).collect();
    if name.is_empty() {
        "_".to_owned()
    } else {
        name
    }
}
