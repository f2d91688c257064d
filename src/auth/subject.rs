//! The subject of a token (`sub`): a user's id.

use std::{fmt, sync::Arc};

const MAX_CHARS: usize = 256;

/// A user's id: 1 to 256 characters, none of them a control character.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Subject(Arc<str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 256 characters without control characters")]
pub struct InvalidSubject;

impl Subject {
    pub fn parse(text: &str) -> Result<Self, InvalidSubject> {
        let valid =
            (1..=MAX_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        valid.then(|| Self(text.into())).ok_or(InvalidSubject)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
