//! Queries that insert, replace and delete workouts.

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe};

use crate::database::query;
use crate::workout::{
    db::UserTransaction,
    model::{Origin, Workout},
    store::{is_storable, placeholders},
};

/// Rows of one statement. `SQLite` looks each of its parameters up among all, so that long ones take longer than many.
const ROWS: usize = 50;

/// Inserts workouts without their exercises; an imported one with its origin.
pub(in crate::workout::store) async fn insert_heads(
    db: &mut AnyConnection,
    user: &str,
    workouts: &[(&Workout, Option<&Origin>)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_millisecond();
    for workouts in workouts.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO workout
                 (id, user_id, name, notes, performed_at, ended_at, created_at, updated_at, import_key, imported_at,
                  import_rows) VALUES {}",
            placeholders(workouts.len(), 11)
        );
        let mut query =
            sqlx::query(AssertSqlSafe(sql)).persistent(matches!(workouts.len(), 1 | ROWS));
        for (workout, origin) in workouts {
            query = query.bind(&workout.id).bind(user);
            query = query
                .bind(workout.name.as_deref())
                .bind(workout.notes.as_deref());
            query = query.bind(workout.performed_at.as_millisecond());
            query = query.bind(workout.ended_at.map(Timestamp::as_millisecond));
            query = query.bind(now).bind(now);
            query = query
                .bind(origin.map(|origin| origin.key.as_str()))
                .bind(origin.map(|_| now))
                .bind(origin.map(|origin| origin.rows.to_json()));
        }
        query.execute(&mut *db).await?;
    }
    Ok(())
}

/// Inserts the exercises and sets of workouts.
pub(in crate::workout::store) async fn insert_exercises(
    db: &mut AnyConnection,
    user: &str,
    workouts: &[&Workout],
) -> Result<(), sqlx::Error> {
    let exercises: Vec<_> = workouts
        .iter()
        .flat_map(|workout| {
            let numbered = (0i64..).zip(&workout.exercises);
            numbered.map(|(position, exercise)| (&workout.id, position, exercise))
        })
        .collect();
    for exercises in exercises.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO workout_exercise (user_id, workout_id, position, exercise_id, superset_group, notes) VALUES {}",
            placeholders(exercises.len(), 6)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(exercises.len() == ROWS);
        for (workout, position, exercise) in exercises {
            query = query.bind(user).bind(*workout).bind(*position);
            query = query.bind(&exercise.exercise_id);
            query = query.bind(exercise.superset_group);
            query = query.bind(exercise.notes.as_deref());
        }
        query.execute(&mut *db).await?;
    }
    let sets: Vec<_> = exercises
        .into_iter()
        .flat_map(|(workout, exercise_position, exercise)| {
            let numbered = (0i64..).zip(&exercise.sets);
            numbered.map(move |(position, set)| (workout, exercise_position, position, set))
        })
        .collect();
    for sets in sets.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO workout_set
                 (user_id, workout_id, exercise_position, position, reps, weight, unit, rpe, is_warmup, rir, kind) VALUES {}",
            placeholders(sets.len(), 11)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(sets.len() == ROWS);
        for (workout, exercise_position, position, set) in sets {
            query = query.bind(user).bind(*workout);
            query = query.bind(*exercise_position).bind(*position);
            query = query.bind(i64::from(set.reps)).bind(set.weight);
            query = query.bind(set.unit.as_str());
            query = query.bind(set.rpe).bind(set.is_warmup).bind(set.rir);
            query = query.bind(set.kind.unwrap_or_default().as_str());
        }
        query.execute(&mut *db).await?;
    }
    Ok(())
}

impl UserTransaction {
    pub async fn insert_workout(
        &mut self,
        workout: &Workout,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        insert_heads(db, user, &[(workout, None)], now).await?;
        insert_exercises(db, user, &[workout]).await
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
        query!(sql; user, &workout.id).execute(&mut *db).await?;
        insert_exercises(db, user, &[workout]).await
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
