//! Rows of skills.

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Error, Row, any::AnyRow};

use super::{
    run_row::skill_id,
    text::{from_json, subject, to_u64},
};
use crate::{
    database::{
        query,
        row::{optional_timestamp, timestamp},
    },
    runs::model::{Skill, SkillId},
};

/// A skill's columns.
pub(super) const SELECT: &str = "SELECT s.skill_id, s.user_id, s.version, s.content, s.secret, s.run_count, s.last_run_at, \
     s.last_skipped_at, d.next_at, s.created_at, s.updated_at \
     FROM skill s JOIN skill_dispatch d ON d.skill_id = s.skill_id";

pub(super) fn skill(row: &AnyRow) -> Result<Skill, Error> {
    Ok(Skill {
        id: skill_id(row.try_get("skill_id")?)?,
        owner: subject(row.try_get("user_id")?)?,
        version: row.try_get("version")?,
        content: from_json(row.try_get("content")?)?,
        secret: row.try_get("secret")?,
        run_count: to_u64(row.try_get("run_count")?),
        last_run_at: optional_timestamp(row, "last_run_at")?,
        last_skipped_at: optional_timestamp(row, "last_skipped_at")?,
        next_at: optional_timestamp(row, "next_at")?,
        created_at: timestamp(row, "created_at")?,
        updated_at: timestamp(row, "updated_at")?,
    })
}

pub(super) async fn load(
    db: &mut AnyConnection,
    user: &str,
    id: SkillId,
) -> Result<Option<Skill>, Error> {
    let sql = format!("{SELECT} WHERE s.user_id = $1 AND s.skill_id = $2");
    let row = query!(AssertSqlSafe(sql); user, id.to_string())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(skill).transpose()
}

/// Counts a run of the user's skill; false if there is no such skill.
pub(super) async fn count_run(
    db: &mut AnyConnection,
    user: &str,
    id: SkillId,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "UPDATE skill SET run_count = run_count + 1, last_run_at = $3 WHERE skill_id = $1 AND user_id = $2";
    let counted = query!(sql; id.to_string(), user, now.as_millisecond())
        .execute(db)
        .await?;
    Ok(counted.rows_affected() > 0)
}
