//! Tool context: the database, catalogue, user, time and time zone of one MCP request.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    catalogue::Catalogue,
    dates,
    db::{Database, UserId, UserTransaction},
    error::ToolError,
    meta::Call,
    model::Settings,
};

const OTHER_ARGUMENTS: &str = "a call of this turn id and tool-use id was executed before, with other arguments; this one was not \
    executed and nothing was changed; it needs ids of its own";

/// The context of one request; every tool, resource and prompt receives it.
pub struct ToolContext<'a> {
    pub db: &'a Database,
    /// The exercises that all users have.
    pub shared: &'a Catalogue,
    /// `None` only for tools that concern no user.
    pub user: Option<&'a UserId>,
    pub now: Timestamp,
    /// The client's time zone; without it the user's setting applies.
    pub zone: Option<TimeZone>,
    /// The zone of users who have set none: the machine's over standard input and output, else UTC.
    pub default_zone: TimeZone,
    /// The idempotency key, if the client sent one.
    pub call: Option<Call>,
}

/// A transaction with the user's settings and time zone.
pub struct UserData {
    pub tx: UserTransaction,
    pub settings: Settings,
    pub zone: TimeZone,
    pub now: Timestamp,
    shared: Catalogue,
    call: Option<Call>,
}

/// A transaction that may write.
pub enum Write {
    /// The call is to be executed.
    First(UserData),
    /// A call of the same ids and arguments has been executed, and wrote the workout, plan or exercise of this id.
    Repeated(UserData, String),
}

impl ToolContext<'_> {
    /// Begins a read-only transaction: a consistent view of the user's data.
    pub async fn read(&self) -> Result<UserData, ToolError> {
        let tx = self.db.read(self.user()?).await?;
        self.user_data(tx).await
    }

    /// Begins a transaction that may write. A call with the ids of a completed one and other arguments is an error.
    pub async fn write(&self) -> Result<Write, ToolError> {
        let tx = self.db.write(self.user()?).await?;
        let mut user = self.user_data(tx).await?;
        let Some(call) = &self.call else {
            return Ok(Write::First(user));
        };
        match user.tx.completed_call(&call.id).await? {
            None => Ok(Write::First(user)),
            Some(earlier) if earlier.arguments == call.arguments => {
                Ok(Write::Repeated(user, earlier.result_id))
            }
            Some(_) => Err(ToolError::Input(OTHER_ARGUMENTS.to_owned())),
        }
    }

    /// The shared exercises, and the own ones of the user if there is one. A write looks its names up before it waits for its
    /// turn; a read has [`UserData::catalogue`].
    pub async fn catalogue(&self) -> Result<Catalogue, ToolError> {
        let Some(user) = self.user else {
            return Ok(self.shared.clone());
        };
        let own = self.db.read(user).await?.own_exercises().await?;
        Ok(self.shared.with_own(own))
    }

    fn user(&self) -> Result<&UserId, ToolError> {
        let missing = || ToolError::at("user_id", "is missing; name the user this is about");
        self.user.ok_or_else(missing)
    }

    async fn user_data(&self, mut tx: UserTransaction) -> Result<UserData, ToolError> {
        let settings = tx.settings().await?;
        let set = || settings.zone();
        let zone = self.zone.clone().or_else(set);
        let zone = zone.unwrap_or_else(|| self.default_zone.clone());
        let now = self.now;
        Ok(UserData {
            tx,
            settings,
            zone,
            now,
            shared: self.shared.clone(),
            call: self.call.clone(),
        })
    }
}

impl UserData {
    /// The shared exercises with the user's own, as this transaction sees them.
    pub async fn catalogue(&mut self) -> Result<Catalogue, ToolError> {
        Ok(self.shared.with_own(self.tx.own_exercises().await?))
    }

    pub fn today(&self) -> Date {
        dates::day(self.now, &self.zone)
    }

    /// The start of what is shown without a period: everything, unless the user has lowered the history limit.
    pub fn oldest(&self) -> Timestamp {
        if self.settings.history_is_capped() {
            self.days_ago(self.settings.max_history_days)
        } else {
            Timestamp::MIN
        }
    }

    /// The start of the last `days` days, today included.
    pub fn days_ago(&self, days: i64) -> Timestamp {
        dates::days_ago(days, &self.zone, self.now)
    }

    /// Commits, with the call and the id of the workout, plan or exercise that it wrote; a failure leaves the outcome unknown.
    pub async fn commit(mut self, result_id: &str) -> Result<(), ToolError> {
        if let Some(call) = &self.call {
            let tx = &mut self.tx;
            tx.insert_completed_call(call, result_id, self.now).await?;
        }
        self.tx.commit().await.map_err(ToolError::Commit)
    }
}
