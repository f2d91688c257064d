//! Tool errors, and the quoting of caller text inside messages.

use sqlx::Error as DbError;

/// The error of a tool, resource or prompt. The model reads `Display`.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// Invalid input; the text says where and how to correct it.
    #[error("{0}")]
    Input(String),
    #[error(
        "the training database cannot be used at the moment; nothing was changed; try again in a minute"
    )]
    Database(#[from] DbError),
    /// The user's hourly limit is reached.
    #[error("{0}")]
    Limit(String),
    #[error(
        "outcome unknown, check first: this took too long and was given up; if it was to change something, see whether it did"
    )]
    Timeout,
    #[error("outcome unknown, check first: an internal error; it has been logged")]
    Internal,
    /// The connection failed during the commit, so that its outcome is unknown.
    #[error(
        "outcome unknown, check first: the database broke off while the change was being written; see whether it is there before you try again"
    )]
    Commit(#[source] DbError),
}

impl ToolError {
    /// An input error at a field: `place: what is wrong`.
    pub fn at(place: impl std::fmt::Display, what: impl std::fmt::Display) -> Self {
        Self::Input(format!("{place}: {what}"))
    }
}

/// A [`ToolError::Input`] at a field, with a message as in `format!`.
macro_rules! invalid {
    ($place:expr, $($message:tt)+) => {
        $crate::workout::error::ToolError::at($place, format_args!($($message)+))
    };
}
pub(in crate::workout) use invalid;

/// Quotes caller text for an error message: at most 60 characters, on one line, in quotes.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", truncated(text, 60))
}

/// The first `max_chars` characters, with control characters as spaces.
pub fn truncated(text: &str, max_chars: usize) -> String {
    let mut short: String = text
        .chars()
        .take(max_chars)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
