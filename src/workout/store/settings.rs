//! Queries for user settings.

use jiff::Timestamp;
use sqlx::Row;

use super::boolean;
use crate::database::query;
use crate::workout::{
    db::UserTransaction,
    figures::units::Unit,
    model::{Settings, Units},
};

impl UserTransaction {
    pub async fn settings(&mut self) -> Result<Settings, sqlx::Error> {
        let (db, user) = self.parts();
        let row = query!(
            "SELECT max_history_days, CASE WHEN include_notes THEN 1 ELSE 0 END AS include_notes,
                    CASE WHEN rate_limit_notify THEN 1 ELSE 0 END AS rate_limit_notify, units, time_zone
             FROM user_settings WHERE user_id = $1";
            user
        ).fetch_optional(db).await?;
        let Some(row) = row else {
            return Ok(Settings::default());
        };
        let zone: Option<String> = row.try_get("time_zone")?;
        Ok(Settings {
            max_history_days: row.try_get("max_history_days")?,
            include_notes: boolean(&row, "include_notes")?,
            rate_limit_notify: boolean(&row, "rate_limit_notify")?,
            units: match row.try_get("units")? {
                Some("lb") => Units::Lb,
                Some("kg") => Units::Kg,
                _ => Units::AsEntered,
            },
            time_zone: zone.unwrap_or(Settings::default().time_zone),
        })
    }

    pub async fn save_settings(
        &mut self,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        query!(
            "INSERT INTO user_settings
                 (user_id, max_history_days, include_notes, rate_limit_notify, units, time_zone, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (user_id) DO UPDATE SET max_history_days = excluded.max_history_days,
                 include_notes = excluded.include_notes, rate_limit_notify = excluded.rate_limit_notify,
                 units = excluded.units, time_zone = excluded.time_zone, updated_at = excluded.updated_at";
            user, settings.max_history_days, settings.include_notes, settings.rate_limit_notify,
            settings.units.unit().map(Unit::as_str), &settings.time_zone, now.as_millisecond()
        ).execute(db).await?;
        Ok(())
    }
}
