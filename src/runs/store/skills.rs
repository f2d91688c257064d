//! Queries for skills.

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Error, Row};

use super::{
    Saved, Store, StoreError,
    queue::insert_owner,
    skill_row::{SELECT, load, skill},
    text::{subject, to_json, to_u64},
};
use crate::{
    database::query,
    runs::model::{NewSkill, SecretChange, Skill, SkillContent, SkillId, UserId},
};

/// What takes the place of a skill's content.
#[derive(Clone, Debug)]
pub struct SkillUpdate {
    pub content: SkillContent,
    pub secret: SecretChange,
    /// The next planned time of an active schedule.
    pub next_at: Option<Timestamp>,
}

impl Store {
    pub async fn create_skill(
        &self,
        owner: &UserId,
        new: NewSkill,
        now: Timestamp,
    ) -> Result<Skill, StoreError> {
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        insert_owner(db, user).await?;
        let (id, ms) = (new.id.to_string(), now.as_millisecond());
        let sql = "INSERT INTO skill (skill_id, user_id, version, content, secret, run_count, created_at, updated_at)
                   VALUES ($1, $2, 1, $3, $4, 0, $5, $5)";
        query!(sql; &id, user, to_json(&new.content)?, new.secret, ms)
            .execute(&mut *db)
            .await?;
        let sql = "INSERT INTO skill_dispatch (skill_id, owner, next_at) VALUES ($1, $2, $3)";
        query!(sql; id, user, new.next_at.map(Timestamp::as_millisecond))
            .execute(&mut *db)
            .await?;
        let skill = reload(db, user, new.id).await?;
        tx.commit().await?;
        Ok(skill)
    }

    /// The owner's skill.
    pub async fn skill(&self, owner: &UserId, id: SkillId) -> Result<Option<Skill>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        Ok(load(db, user, id).await?)
    }

    /// The owner's skills, oldest first.
    pub async fn skills(&self, owner: &UserId) -> Result<Vec<Skill>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = format!("{SELECT} WHERE s.user_id = $1 ORDER BY s.skill_id");
        let rows = query!(AssertSqlSafe(sql); user).fetch_all(db).await?;
        let skills: Result<_, Error> = rows.iter().map(skill).collect();
        Ok(skills?)
    }

    /// How many skills the owner has.
    pub async fn skill_count(&self, owner: &UserId) -> Result<u64, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT COUNT(*) FROM skill WHERE user_id = $1";
        let row = query!(sql; user).fetch_one(db).await?;
        Ok(to_u64(row.try_get(0)?))
    }

    /// Replaces the content of the owner's skill, if it is as it was when `version` was read.
    pub async fn update_skill(
        &self,
        owner: &UserId,
        id: SkillId,
        version: i64,
        update: SkillUpdate,
        now: Timestamp,
    ) -> Result<Saved<Skill>, StoreError> {
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        let (keep, secret) = match update.secret {
            SecretChange::Keep => (1_i64, None),
            SecretChange::Set(secret) => (0, Some(secret)),
            SecretChange::Forget => (0, None),
        };
        let sql = "UPDATE skill SET version = version + 1, content = $4, updated_at = $5,
                       secret = CASE WHEN $6 = 1 THEN secret ELSE $7 END
                   WHERE skill_id = $1 AND user_id = $2 AND version = $3";
        let changed = query!(sql; id.to_string(), user, version, to_json(&update.content)?, now.as_millisecond(),
            keep, secret);
        if changed.execute(&mut *db).await?.rows_affected() == 0 {
            return Ok(match load(db, user, id).await? {
                Some(_) => Saved::Changed,
                None => Saved::Gone,
            });
        }
        let sql = "UPDATE skill_dispatch SET next_at = $2 WHERE skill_id = $1";
        query!(sql; id.to_string(), update.next_at.map(Timestamp::as_millisecond))
            .execute(&mut *db)
            .await?;
        let skill = reload(db, user, id).await?;
        tx.commit().await?;
        Ok(Saved::Done(skill))
    }

    /// Deletes the owner's skill; its runs stay. False if there is no such skill.
    pub async fn delete_skill(&self, owner: &UserId, id: SkillId) -> Result<bool, StoreError> {
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        let sql = "DELETE FROM skill WHERE skill_id = $1 AND user_id = $2";
        let deleted = query!(sql; id.to_string(), user).execute(&mut *db).await?;
        let sql = "DELETE FROM skill_dispatch WHERE skill_id = $1 AND owner = $2";
        query!(sql; id.to_string(), user).execute(db).await?;
        tx.commit().await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Whose skill this is.
    pub async fn skill_owner(&self, id: SkillId) -> Result<Option<UserId>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let sql = "SELECT owner FROM skill_dispatch WHERE skill_id = $1";
        let row = query!(sql; id.to_string())
            .fetch_optional(tx.connection())
            .await?;
        let owner = row.map(|row| subject(row.try_get(0)?));
        Ok(owner.transpose()?)
    }
}

async fn reload(db: &mut AnyConnection, user: &str, id: SkillId) -> Result<Skill, Error> {
    load(db, user, id).await?.ok_or(Error::RowNotFound)
}
