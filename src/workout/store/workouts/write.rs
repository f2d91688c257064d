//! Queries that insert, replace and delete workouts.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::database::query;
use crate::workout::{
    db::UserTransaction,
    model::Workout,
    store::{is_storable, placeholders},
};

impl UserTransaction {
    pub async fn insert_workout(
        &mut self,
        workout: &Workout,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        query!(
            "INSERT INTO workout (id, user_id, name, notes, performed_at, ended_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
            &workout.id, user, workout.name.as_deref(), workout.notes.as_deref(),
            workout.performed_at.as_millisecond(), workout.ended_at.map(Timestamp::as_millisecond),
            now.as_millisecond()
        ).execute(db).await?;
        self.insert_exercises(workout).await
    }

    async fn insert_exercises(&mut self, workout: &Workout) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        let sql = format!(
            "INSERT INTO workout_exercise (user_id, workout_id, position, exercise_id, superset_group, notes) VALUES {}",
            placeholders(workout.exercises.len(), 6)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for (position, exercise) in (0i64..).zip(&workout.exercises) {
            query = query.bind(user).bind(&workout.id).bind(position);
            query = query.bind(&exercise.exercise_id);
            query = query.bind(exercise.superset_group);
            query = query.bind(exercise.notes.as_deref());
        }
        query.execute(db).await?;
        self.insert_sets(workout).await
    }

    async fn insert_sets(&mut self, workout: &Workout) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        let sets = workout.exercises.iter().map(|e| e.sets.len()).sum();
        let sql = format!(
            "INSERT INTO workout_set
                 (user_id, workout_id, exercise_position, position, reps, weight, unit, rpe, is_warmup) VALUES {}",
            placeholders(sets, 9)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for (exercise_position, exercise) in (0i64..).zip(&workout.exercises) {
            for (position, set) in (0i64..).zip(&exercise.sets) {
                query = query.bind(user).bind(&workout.id);
                query = query.bind(exercise_position).bind(position);
                query = query.bind(i64::from(set.reps)).bind(set.weight);
                query = query.bind(set.unit.as_str());
                query = query.bind(set.rpe).bind(set.is_warmup);
            }
        }
        query.execute(db).await?;
        Ok(())
    }

    /// Overwrites the stored workout of the same id; its exercises only if `exercises_changed`.
    pub async fn replace_workout(
        &mut self,
        workout: &Workout,
        exercises_changed: bool,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        query!(
            "UPDATE workout SET name = $3, notes = $4, performed_at = $5, ended_at = $6, updated_at = $7
             WHERE user_id = $1 AND id = $2";
            user, &workout.id, workout.name.as_deref(), workout.notes.as_deref(),
            workout.performed_at.as_millisecond(), workout.ended_at.map(Timestamp::as_millisecond),
            now.as_millisecond()
        ).execute(&mut *db).await?;
        if !exercises_changed {
            return Ok(());
        }
        let sql = "DELETE FROM workout_exercise WHERE user_id = $1 AND workout_id = $2";
        query!(sql; user, &workout.id).execute(db).await?;
        self.insert_exercises(workout).await
    }

    /// Deletes the user's workout; false if it does not exist.
    pub async fn delete_workout(&mut self, id: &str) -> Result<bool, sqlx::Error> {
        if !is_storable(id) {
            return Ok(false);
        }
        let (db, user) = self.parts();
        let sql = "DELETE FROM workout WHERE user_id = $1 AND id = $2";
        let deleted = query!(sql; user, id).execute(db).await?;
        Ok(deleted.rows_affected() > 0)
    }
}
