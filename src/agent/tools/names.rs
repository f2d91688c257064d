//! Tool names: MCP allows what Claude's API refuses.

use std::collections::HashSet;

/// The API takes 128 characters, its documentation promises 64.
const MAX: usize = 64;

/// Hands out names Claude accepts, each once. A name that is accepted as it stands is never given to another tool.
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    pub(super) fn new<'a>(all: impl Iterator<Item = &'a str>) -> Self {
        Self {
            taken: all
                .filter(|name| accepted(name) == *name)
                .map(str::to_owned)
                .collect(),
        }
    }

    pub(super) fn accepted(&mut self, name: &str) -> String {
        let plain = accepted(name);
        if plain == name {
            return plain;
        }
        let numbered = (2..).map(|n| {
            let suffix = format!("_{n}");
            let room = plain.len().min(MAX - suffix.len());
            format!("{}{suffix}", &plain[..room])
        });
        let free = std::iter::once(plain.clone())
            .chain(numbered)
            .find(|name| !self.taken.contains(name));
        let free = free.unwrap_or(plain);
        self.taken.insert(free.clone());
        free
    }
}

/// `name` with every character that Claude refuses replaced, cut to length. ASCII only.
pub fn accepted(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().take(MAX).map(plain).collect();
    if name.is_empty() {
        "_".to_owned()
    } else {
        name
    }
}
