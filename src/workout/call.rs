//! One call: whose data, at what time, in which zone; and how it may fail.

use jiff::{Timestamp, tz::TimeZone};
use sqlx::Error as DbError;

use super::{
    catalogue::Catalogue,
    db::{Database, Scoped, UserId},
    store::Settings,
};

/// What every tool, resource and prompt is given.
pub struct Call<'a> {
    pub db: &'a Database,
    pub catalogue: &'a Catalogue,
    pub user: &'a UserId,
    pub now: Timestamp,
    /// The zone the caller named; else the user's setting counts.
    pub zone: Option<TimeZone>,
    /// The same call sent twice carries the same id.
    pub call_id: Option<String>,
}

/// A transaction, with what the user has set.
pub struct Opened {
    pub tx: Scoped,
    pub settings: Settings,
    pub zone: TimeZone,
}

impl Call<'_> {
    /// A consistent view of the user's data.
    pub async fn read(&self) -> Result<Opened, ToolError> {
        let tx = self.db.read(self.user).await?;
        self.opened(tx).await
    }

    /// A transaction that may write.
    pub async fn write(&self) -> Result<Opened, ToolError> {
        let tx = self.db.write(self.user).await?;
        self.opened(tx).await
    }

    async fn opened(&self, mut tx: Scoped) -> Result<Opened, ToolError> {
        let settings = tx.settings().await?;
        let zone = self.zone.clone().unwrap_or_else(|| settings.zone());
        Ok(Opened { tx, settings, zone })
    }
}

/// Why a tool gave no result. `Display` is what the model reads.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The caller can put it right; says where and how.
    #[error("{0}")]
    Input(String),
    #[error(
        "the training database cannot be used at the moment; nothing was changed; try again in a minute"
    )]
    Database(#[from] DbError),
    /// The user's hour is used up.
    #[error("{0}")]
    Limit(String),
    #[error(
        "outcome unknown, check first: this took too long and was given up; if it was to change something, see whether it did"
    )]
    Slow,
    #[error("outcome unknown, check first: an internal error; it has been logged")]
    Bug,
    /// The answer to a commit was lost.
    #[error(
        "outcome unknown, check first: the database broke off while the change was being written; see whether it is there before you try again"
    )]
    Commit(#[source] DbError),
}

impl ToolError {
    /// `place: what is wrong`.
    pub fn at(place: impl std::fmt::Display, what: impl std::fmt::Display) -> Self {
        Self::Input(format!("{place}: {what}"))
    }
}

/// What a tool answers: data by its output schema, and the same in short for people and models that read text.
pub struct Answer {
    pub structured: serde_json::Value,
    pub text: String,
}

/// A caller's text inside a message of ours: short, on one line, in quotes.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", brief(text, 60))
}

/// So much of the text, on one line.
pub fn brief(text: &str, max_chars: usize) -> String {
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
