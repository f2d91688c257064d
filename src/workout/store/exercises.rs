//! Queries for the user's own exercises.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};

use crate::database::query;
use crate::workout::{
    catalogue::{Exercise, from_json, from_word},
    db::UserTransaction,
};

/// Maximum number of a user's own exercises.
pub const MAX_USER_EXERCISES: usize = 200;

impl UserTransaction {
    /// The user's own exercises, oldest first.
    pub async fn own_exercises(&mut self) -> Result<Vec<Exercise>, sqlx::Error> {
        let (db, user) = self.parts();
        let sql = "SELECT id, name, aliases, primary_muscles, secondary_muscles, equipment, measure, load, step_increment
             FROM user_exercise WHERE user_id = $1 ORDER BY id";
        let rows = query!(sql; user).fetch_all(db).await?;
        rows.iter().map(own_from_row).collect()
    }

    pub async fn insert_exercise(
        &mut self,
        exercise: &Exercise,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        query!(
            "INSERT INTO user_exercise (user_id, id, name, aliases, primary_muscles, secondary_muscles, equipment, measure,
                                        load, step_increment, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";
            user, &exercise.id, &exercise.name, list(&exercise.aliases), list(&exercise.primary_muscles),
            list(&exercise.secondary_muscles), &exercise.equipment, exercise.measure.as_str(), exercise.load.as_str(),
            exercise.step_increment, now.as_millisecond()
        ).execute(db).await?;
        Ok(())
    }

    /// Overwrites the user's own exercise of this id.
    pub async fn update_exercise(
        &mut self,
        exercise: &Exercise,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        query!(
            "UPDATE user_exercise SET name = $3, aliases = $4, primary_muscles = $5, secondary_muscles = $6, equipment = $7,
                                      measure = $8, load = $9, step_increment = $10, updated_at = $11
             WHERE user_id = $1 AND id = $2";
            user, &exercise.id, &exercise.name, list(&exercise.aliases), list(&exercise.primary_muscles),
            list(&exercise.secondary_muscles), &exercise.equipment, exercise.measure.as_str(), exercise.load.as_str(),
            exercise.step_increment, now.as_millisecond()
        ).execute(db).await?;
        Ok(())
    }

    /// True if a set of the exercise is logged.
    pub async fn has_sets_of(&mut self, exercise_id: &str) -> Result<bool, sqlx::Error> {
        let (db, user) = self.parts();
        let sql = "SELECT workout_id FROM workout_exercise WHERE user_id = $1 AND exercise_id = $2 LIMIT 1";
        let row = query!(sql; user, exercise_id).fetch_optional(db).await?;
        Ok(row.is_some())
    }
}

fn list(items: &[String]) -> String {
    serde_json::json!(items).to_string()
}

fn own_from_row(row: &AnyRow) -> Result<Exercise, sqlx::Error> {
    let exercise = Exercise {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        aliases: from_json(row, "aliases")?,
        primary_muscles: from_json(row, "primary_muscles")?,
        secondary_muscles: from_json(row, "secondary_muscles")?,
        equipment: row.try_get("equipment")?,
        measure: from_word(row, "measure")?,
        load: from_word(row, "load")?,
        step_increment: row.try_get("step_increment")?,
        ..Exercise::own()
    };
    Ok(exercise.derived())
}
