//! Plans: those shipped with the service, and the user's own.

use sqlx::{Row, any::AnyRow};

use super::could_be_stored;
use crate::{workout::db::Scoped, workout::plan::PlanSession};

/// A row of the view `all_plans`. Times are milliseconds since 1970, UTC.
#[derive(Clone, Debug)]
pub struct Plan {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub is_system: bool,
    pub visibility: String,
    pub duration_weeks: i64,
    pub sessions: Vec<PlanSession>,
    pub based_on_plan_id: Option<String>,
    pub is_active: bool,
    pub starts_at: Option<i64>,
    pub ends_at: Option<i64>,
    pub created_by: String,
}

pub struct NewPlan {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub visibility: &'static str,
    pub duration_weeks: i64,
    pub sessions: Vec<PlanSession>,
    pub based_on_plan_id: Option<String>,
}

/// The whole new content of a plan of the user's.
pub struct PlanChange<'a> {
    pub name: &'a str,
    pub description: Option<&'a str>,
    pub visibility: &'a str,
    pub duration_weeks: i64,
    pub sessions: &'a [PlanSession],
    pub ends_at: Option<i64>,
}

const COLUMNS: &str =
    "id, name, description, source, visibility, duration_weeks, sessions, based_on_plan_id,
    CASE WHEN is_active THEN 1 ELSE 0 END AS is_active, starts_at, ends_at, created_by";

/// Most plans of their own that a user may have.
pub const MAX_USER_PLANS: i64 = 200;

impl Scoped {
    /// The user's own plans, newest first, then the public system plans. Not one `OR`: `SQLite` would read everybody's.
    pub async fn plans(&mut self) -> Result<Vec<Plan>, sqlx::Error> {
        let (db, user) = self.parts();
        let sql = format!(
            "SELECT * FROM (
                 SELECT {COLUMNS} FROM all_plans WHERE owner_id = $1
                 UNION ALL
                 SELECT {COLUMNS} FROM all_plans WHERE source = 'system' AND visibility = 'public') p
             ORDER BY CASE WHEN source = 'user' THEN 0 ELSE 1 END, is_active DESC, id DESC"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(user)
            .fetch_all(db)
            .await?;
        rows.iter().map(plan).collect()
    }

    /// A plan the user may use: their own, or a system plan (an unlisted one too).
    pub async fn plan(&mut self, id: &str) -> Result<Option<Plan>, sqlx::Error> {
        if !could_be_stored(id) {
            return Ok(None);
        }
        let (db, user) = self.parts();
        let sql = format!(
            "SELECT {COLUMNS} FROM all_plans WHERE id = $2 AND (owner_id = $1 OR source = 'system')"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(user)
            .bind(id)
            .fetch_optional(db)
            .await?;
        row.as_ref().map(plan).transpose()
    }

    pub async fn count_user_plans(&mut self) -> Result<i64, sqlx::Error> {
        let (db, user) = self.parts();
        let row = sqlx::query("SELECT COUNT(*) FROM user_plan WHERE user_id = $1")
            .bind(user)
            .fetch_one(db)
            .await?;
        row.try_get(0)
    }

    /// Stores the plan, unless the call of this id has stored one already: then that one's id is returned.
    pub async fn insert_plan(
        &mut self,
        plan: &NewPlan,
        call_id: Option<&str>,
        now: i64,
    ) -> Result<Option<String>, sqlx::Error> {
        let (db, user) = self.parts();
        let inserted = sqlx::query(
            "INSERT INTO user_plan (id, user_id, based_on_plan_id, name, description, visibility, created_by,
                                    created_at, updated_at, duration_weeks, sessions, call_id)
             VALUES ($1, $2, $3, $4, $5, $6, 'ai', $7, $7, $8, $9, $10) ON CONFLICT (user_id, call_id) DO NOTHING",
        )
        .bind(&plan.id)
        .bind(user)
        .bind(plan.based_on_plan_id.as_deref())
        .bind(&plan.name)
        .bind(plan.description.as_deref())
        .bind(plan.visibility)
        .bind(now)
        .bind(plan.duration_weeks)
        .bind(serde_json::json!(plan.sessions).to_string())
        .bind(call_id)
        .execute(&mut *db)
        .await?;
        if inserted.rows_affected() > 0 {
            return Ok(None);
        }
        let row = sqlx::query("SELECT id FROM user_plan WHERE user_id = $1 AND call_id = $2")
            .bind(user)
            .bind(call_id)
            .fetch_one(db)
            .await?;
        row.try_get(0).map(Some)
    }

    pub async fn change_plan(
        &mut self,
        id: &str,
        change: &PlanChange<'_>,
        now: i64,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        sqlx::query(
            "UPDATE user_plan SET name = $3, description = $4, visibility = $5, duration_weeks = $6, sessions = $7,
                                  ends_at = $8, updated_at = $9
             WHERE user_id = $1 AND id = $2",
        )
        .bind(user)
        .bind(id)
        .bind(change.name)
        .bind(change.description)
        .bind(change.visibility)
        .bind(change.duration_weeks)
        .bind(serde_json::json!(change.sessions).to_string())
        .bind(change.ends_at)
        .bind(now)
        .execute(db)
        .await?;
        Ok(())
    }

    /// Makes this plan of the user's the only active one, from `starts_at` to `ends_at`.
    pub async fn activate_plan(
        &mut self,
        id: &str,
        starts_at: i64,
        ends_at: i64,
        now: i64,
    ) -> Result<(), sqlx::Error> {
        self.deactivate_plans(now).await?;
        let (db, user) = self.parts();
        sqlx::query(
            "UPDATE user_plan SET is_active = $3, starts_at = $4, ends_at = $5, updated_at = $6
             WHERE user_id = $1 AND id = $2",
        )
        .bind(user)
        .bind(id)
        .bind(true)
        .bind(starts_at)
        .bind(ends_at)
        .bind(now)
        .execute(db)
        .await?;
        Ok(())
    }

    /// Leaves the user without an active plan.
    pub async fn deactivate_plans(&mut self, now: i64) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        sqlx::query(
            "UPDATE user_plan SET is_active = $2, updated_at = $3 WHERE user_id = $1 AND is_active",
        )
        .bind(user)
        .bind(false)
        .bind(now)
        .execute(db)
        .await?;
        Ok(())
    }
}

fn plan(row: &AnyRow) -> Result<Plan, sqlx::Error> {
    let sessions: &str = row.try_get("sessions")?;
    Ok(Plan {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        is_system: row.try_get::<&str, _>("source")? == "system",
        visibility: row.try_get("visibility")?,
        duration_weeks: row.try_get("duration_weeks")?,
        sessions: serde_json::from_str(sessions)
            .map_err(|error| sqlx::Error::Decode(error.into()))?,
        based_on_plan_id: row.try_get("based_on_plan_id")?,
        is_active: row.try_get::<i64, _>("is_active")? == 1,
        starts_at: row.try_get("starts_at")?,
        ends_at: row.try_get("ends_at")?,
        created_by: row.try_get("created_by")?,
    })
}
