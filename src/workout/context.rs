//! Tool context: the database, catalogue, user, time and time zone of one MCP request.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    catalogue::Catalogue,
    dates,
    db::{Database, UserId, UserTransaction},
    error::ToolError,
    model::Settings,
};

/// The context of one request; every tool, resource and prompt receives it.
pub struct ToolContext<'a> {
    pub db: &'a Database,
    pub catalogue: &'a Catalogue,
    /// `None` only for tools that concern no user.
    pub user: Option<&'a UserId>,
    pub now: Timestamp,
    /// The client's time zone; without it the user's setting applies.
    pub zone: Option<TimeZone>,
    /// Idempotency key: equal for a repeated call (see `meta::call_id`).
    pub call_id: Option<String>,
}

/// A transaction with the user's settings and time zone.
pub struct UserData {
    pub tx: UserTransaction,
    pub settings: Settings,
    pub zone: TimeZone,
    pub now: Timestamp,
}

impl ToolContext<'_> {
    /// Begins a read-only transaction: a consistent view of the user's data.
    pub async fn read(&self) -> Result<UserData, ToolError> {
        let tx = self.db.read(self.user()?).await?;
        self.user_data(tx).await
    }

    /// Begins a transaction that may write.
    pub async fn write(&self) -> Result<UserData, ToolError> {
        let tx = self.db.write(self.user()?).await?;
        self.user_data(tx).await
    }

    fn user(&self) -> Result<&UserId, ToolError> {
        let missing = || ToolError::at("user_id", "is missing; name the user this is about");
        self.user.ok_or_else(missing)
    }

    async fn user_data(&self, mut tx: UserTransaction) -> Result<UserData, ToolError> {
        let settings = tx.settings().await?;
        let zone = self.zone.clone().unwrap_or_else(|| settings.zone());
        let now = self.now;
        Ok(UserData {
            tx,
            settings,
            zone,
            now,
        })
    }
}

impl UserData {
    pub fn today(&self) -> Date {
        dates::day(self.now, &self.zone)
    }

    /// The start of the last `days` days, today included.
    pub fn days_ago(&self, days: i64) -> Timestamp {
        dates::days_ago(days, &self.zone, self.now)
    }

    /// Commits; a failure leaves the outcome unknown.
    pub async fn commit(self) -> Result<(), ToolError> {
        self.tx.commit().await.map_err(ToolError::Commit)
    }
}
