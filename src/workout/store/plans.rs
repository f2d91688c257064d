//! Queries for plans: the system plans, and the user's own.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use super::{boolean, decode, is_storable, optional_timestamp};
use crate::database::query;
use crate::workout::{
    dates,
    db::UserTransaction,
    model::{NewPlan, Plan, PlanSource},
};

/// The columns of [`Plan`] in the view `all_plans`.
const COLUMNS: &str =
    "id, name, description, source, visibility, duration_weeks, sessions, based_on_plan_id,
    CASE WHEN is_active THEN 1 ELSE 0 END AS is_active, starts_at, ends_at, created_by";

/// Maximum number of a user's own plans.
pub const MAX_USER_PLANS: i64 = 200;

impl UserTransaction {
    /// The user's own plans, newest first, then the public system plans. A `UNION`, since with `OR` `SQLite` would read the
    /// plans of all users.
    pub async fn plans(&mut self) -> Result<Vec<Plan>, sqlx::Error> {
        let (db, user) = self.parts();
        let sql = format!(
            "SELECT * FROM (
                 SELECT {COLUMNS} FROM all_plans WHERE owner_id = $1
                 UNION ALL
                 SELECT {COLUMNS} FROM all_plans WHERE source = 'system' AND visibility = 'public') p
             ORDER BY CASE WHEN source = 'user' THEN 0 ELSE 1 END, is_active DESC, id DESC"
        );
        let rows = query!(AssertSqlSafe(sql); user).fetch_all(db).await?;
        rows.iter().map(plan_from_row).collect()
    }

    /// The user's own plan of this id, or a system plan, even an unlisted one.
    pub async fn plan(&mut self, id: &str) -> Result<Option<Plan>, sqlx::Error> {
        if !is_storable(id) {
            return Ok(None);
        }
        let (db, user) = self.parts();
        let sql = format!(
            "SELECT {COLUMNS} FROM all_plans WHERE id = $2 AND (owner_id = $1 OR source = 'system')"
        );
        let row = query!(AssertSqlSafe(sql); user, id)
            .fetch_optional(db)
            .await?;
        row.as_ref().map(plan_from_row).transpose()
    }

    /// The user's active plan.
    pub async fn active_plan(&mut self) -> Result<Option<Plan>, sqlx::Error> {
        let (db, user) = self.parts();
        let sql = format!("SELECT {COLUMNS} FROM all_plans WHERE owner_id = $1 AND is_active");
        let row = query!(AssertSqlSafe(sql); user).fetch_optional(db).await?;
        row.as_ref().map(plan_from_row).transpose()
    }

    pub async fn count_user_plans(&mut self) -> Result<i64, sqlx::Error> {
        let (db, user) = self.parts();
        let row = query!("SELECT COUNT(*) FROM user_plan WHERE user_id = $1"; user)
            .fetch_one(db)
            .await?;
        row.try_get(0)
    }

    pub async fn insert_plan(&mut self, plan: &NewPlan, now: Timestamp) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        query!(
            "INSERT INTO user_plan (id, user_id, based_on_plan_id, name, description, visibility, created_by,
                                    created_at, updated_at, duration_weeks, sessions)
             VALUES ($1, $2, $3, $4, $5, $6, 'ai', $7, $7, $8, $9)";
            &plan.id, user, plan.based_on_plan_id.as_deref(), &plan.name, plan.description.as_deref(),
            plan.visibility, now.as_millisecond(), plan.duration_weeks,
            serde_json::json!(plan.sessions).to_string()
        ).execute(db).await?;
        Ok(())
    }

    /// Overwrites the content and the last day of the user's plan of this id.
    pub async fn update_plan(&mut self, plan: &Plan, now: Timestamp) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        query!(
            "UPDATE user_plan SET name = $3, description = $4, visibility = $5, duration_weeks = $6, sessions = $7,
                                  ends_at = $8, updated_at = $9
             WHERE user_id = $1 AND id = $2";
            user, &plan.id, &plan.name, plan.description.as_deref(), &plan.visibility, plan.duration_weeks,
            serde_json::json!(plan.sessions).to_string(), plan.ends_on.map(end_of_day), now.as_millisecond()
        ).execute(db).await?;
        Ok(())
    }

    /// Deletes the user's plan of this id.
    pub async fn delete_plan(&mut self, id: &str) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        let sql = "DELETE FROM user_plan WHERE user_id = $1 AND id = $2";
        query!(sql; user, id).execute(db).await?;
        Ok(())
    }

    /// Makes the user's plan of this id the only active one, from `starts_on` to `ends_on`, its last day.
    pub async fn activate_plan(
        &mut self,
        id: &str,
        starts_on: Date,
        ends_on: Date,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        self.deactivate_plans(now).await?;
        let (db, user) = self.parts();
        query!(
            "UPDATE user_plan SET is_active = $3, starts_at = $4, ends_at = $5, updated_at = $6
             WHERE user_id = $1 AND id = $2";
            user, id, true, start_of_day(starts_on), end_of_day(ends_on), now.as_millisecond()
        )
        .execute(db)
        .await?;
        Ok(())
    }

    /// Leaves the user without an active plan.
    pub async fn deactivate_plans(&mut self, now: Timestamp) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        let sql =
            "UPDATE user_plan SET is_active = $2, updated_at = $3 WHERE user_id = $1 AND is_active";
        query!(sql; user, false, now.as_millisecond())
            .execute(db)
            .await?;
        Ok(())
    }
}

/// The days of a plan are the same in every time zone: they are stored as midnights in UTC.
fn start_of_day(date: Date) -> i64 {
    dates::start_of(date, &TimeZone::UTC).as_millisecond()
}

/// The first moment after the day.
fn end_of_day(date: Date) -> i64 {
    start_of_day(date.saturating_add(1.day()))
}

fn plan_from_row(row: &AnyRow) -> Result<Plan, sqlx::Error> {
    let sessions: &str = row.try_get("sessions")?;
    let (source, created_by) = match row.try_get("source")? {
        "system" => (PlanSource::System, "system".to_owned()),
        _ => (PlanSource::User, row.try_get("created_by")?),
    };
    let date = |at: Timestamp| dates::day(at, &TimeZone::UTC);
    let starts_on = optional_timestamp(row, "starts_at")?.map(date);
    let ends_on = optional_timestamp(row, "ends_at")?;
    let ends_on = ends_on.map(|end| date(end.checked_sub(1.millisecond()).unwrap_or(end)));
    Ok(Plan {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        source,
        visibility: row.try_get("visibility")?,
        duration_weeks: row.try_get("duration_weeks")?,
        sessions: serde_json::from_str(sessions).map_err(decode)?,
        based_on_plan_id: row.try_get("based_on_plan_id")?,
        is_active: boolean(row, "is_active")?,
        starts_on,
        ends_on,
        created_by,
    })
}
