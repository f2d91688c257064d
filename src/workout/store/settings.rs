//! What a user has set about themselves.

use jiff::tz::TimeZone;
use sqlx::Row;

use crate::{workout::db::Scoped, workout::figures::units::Unit};

/// The defaults hold until the user sets something.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How far back anything looks, in days: 1 to 365.
    pub max_history_days: i64,
    /// Whether notes are shown to the assistant.
    pub include_notes: bool,
    /// Whether a notice is wanted when the hourly limit comes near.
    pub rate_limit_notify: bool,
    /// The unit of figures; unset: as the sets were entered.
    pub units: Option<Unit>,
    /// An IANA name; unset: UTC.
    pub time_zone: Option<String>,
}

/// The most days that anything looks back.
pub const MAX_HISTORY_DAYS: i64 = 365;

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_history_days: MAX_HISTORY_DAYS,
            include_notes: true,
            rate_limit_notify: true,
            units: None,
            time_zone: None,
        }
    }
}

impl Settings {
    pub fn zone(&self) -> TimeZone {
        let named = self.time_zone.as_deref().map(TimeZone::get);
        named.and_then(Result::ok).unwrap_or(TimeZone::UTC)
    }

    /// Whether the user has asked that less be shown than could be.
    pub fn history_is_capped(&self) -> bool {
        self.max_history_days < MAX_HISTORY_DAYS
    }
}

impl Scoped {
    pub async fn settings(&mut self) -> Result<Settings, sqlx::Error> {
        let (db, user) = self.parts();
        let row = sqlx::query(
            "SELECT max_history_days, CASE WHEN include_notes THEN 1 ELSE 0 END AS include_notes,
                    CASE WHEN rate_limit_notify THEN 1 ELSE 0 END AS rate_limit_notify, units, time_zone
             FROM user_settings WHERE user_id = $1",
        )
        .bind(user)
        .fetch_optional(db)
        .await?;
        let Some(row) = row else {
            return Ok(Settings::default());
        };
        Ok(Settings {
            max_history_days: row.try_get("max_history_days")?,
            include_notes: row.try_get::<i64, _>("include_notes")? == 1,
            rate_limit_notify: row.try_get::<i64, _>("rate_limit_notify")? == 1,
            units: row
                .try_get::<Option<String>, _>("units")?
                .as_deref()
                .and_then(Unit::parse),
            time_zone: row.try_get("time_zone")?,
        })
    }

    pub async fn save_settings(
        &mut self,
        settings: &Settings,
        now: i64,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        sqlx::query(
            "INSERT INTO user_settings
                 (user_id, max_history_days, include_notes, rate_limit_notify, units, time_zone, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (user_id) DO UPDATE SET max_history_days = excluded.max_history_days,
                 include_notes = excluded.include_notes, rate_limit_notify = excluded.rate_limit_notify,
                 units = excluded.units, time_zone = excluded.time_zone, updated_at = excluded.updated_at",
        )
        .bind(user)
        .bind(settings.max_history_days)
        .bind(settings.include_notes)
        .bind(settings.rate_limit_notify)
        .bind(settings.units.map(Unit::as_str))
        .bind(settings.time_zone.as_deref())
        .bind(now)
        .execute(db)
        .await?;
        Ok(())
    }
}
