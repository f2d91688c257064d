//! Queries for user settings and body weight.

use jiff::Timestamp;
use sqlx::Row;

use super::{boolean, decode};
use crate::database::query;
use crate::workout::{
    db::UserTransaction,
    figures::units::Unit,
    model::{BodyWeight, BodyWeights, Settings, Units, WeekStart},
};

/// Body weights that figures may rest on: more than two years of daily ones.
const MAX_BODY_WEIGHTS: i64 = 1000;

impl UserTransaction {
    pub async fn settings(&mut self) -> Result<Settings, sqlx::Error> {
        let (db, user) = self.parts();
        let row = query!(
            "SELECT max_history_days, CASE WHEN include_notes THEN 1 ELSE 0 END AS include_notes,
                    CASE WHEN rate_limit_notify THEN 1 ELSE 0 END AS rate_limit_notify, units, time_zone, week_start
             FROM user_settings WHERE user_id = $1";
            user
        ).fetch_optional(db).await?;
        let Some(row) = row else {
            return Ok(Settings::default());
        };
        Ok(Settings {
            max_history_days: row.try_get("max_history_days")?,
            include_notes: boolean(&row, "include_notes")?,
            rate_limit_notify: boolean(&row, "rate_limit_notify")?,
            units: match row.try_get("units")? {
                Some("lb") => Units::Lb,
                Some("kg") => Units::Kg,
                _ => Units::AsEntered,
            },
            time_zone: row.try_get("time_zone")?,
            week_start: match row.try_get("week_start")? {
                "sunday" => WeekStart::Sunday,
                _ => WeekStart::Monday,
            },
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
                 (user_id, max_history_days, include_notes, rate_limit_notify, units, time_zone, updated_at,
                  week_start)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (user_id) DO UPDATE SET max_history_days = excluded.max_history_days,
                 include_notes = excluded.include_notes, rate_limit_notify = excluded.rate_limit_notify,
                 units = excluded.units, time_zone = excluded.time_zone, updated_at = excluded.updated_at,
                 week_start = excluded.week_start";
            user, settings.max_history_days, settings.include_notes, settings.rate_limit_notify,
            settings.units.unit().map(Unit::as_str), settings.time_zone.as_deref(), now.as_millisecond(),
            settings.week_start.as_str()
        ).execute(db).await?;
        Ok(())
    }

    /// The latest body weights, oldest first.
    pub async fn body_weights(&mut self) -> Result<BodyWeights, sqlx::Error> {
        let (db, user) = self.parts();
        let rows = query!(
            "SELECT day, weight, unit FROM body_weight WHERE user_id = $1 ORDER BY day DESC LIMIT $2";
            user, MAX_BODY_WEIGHTS
        ).fetch_all(db).await?;
        let mut weights = Vec::with_capacity(rows.len());
        for row in rows.iter().rev() {
            weights.push(BodyWeight {
                date: row.try_get::<&str, _>("day")?.parse().map_err(decode)?,
                weight: row.try_get("weight")?,
                unit: Unit::parse(row.try_get("unit")?).unwrap_or_default(),
            });
        }
        Ok(BodyWeights(weights))
    }

    /// Writes the body weight of its day, in place of an earlier one.
    pub async fn save_body_weight(&mut self, weight: &BodyWeight) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        query!(
            "INSERT INTO body_weight (user_id, day, weight, unit) VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id, day) DO UPDATE SET weight = excluded.weight, unit = excluded.unit";
            user, weight.date.to_string(), weight.weight, weight.unit.as_str()
        ).execute(db).await?;
        Ok(())
    }
}
