//! Logged workouts with their exercises and sets.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use super::{could_be_stored, placeholders};
use crate::{workout::db::Scoped, workout::figures::units::Unit};

/// Times are milliseconds since 1970, UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct Workout {
    pub id: String,
    pub name: Option<String>,
    pub notes: Option<String>,
    pub performed_at: i64,
    pub ended_at: Option<i64>,
    pub exercises: Vec<WorkoutExercise>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WorkoutExercise {
    pub exercise_id: String,
    /// Exercises of one group were done in alternation.
    pub superset_group: Option<i64>,
    pub notes: Option<String>,
    pub sets: Vec<WorkoutSet>,
}

/// One set, as entered.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkoutSet {
    #[schemars(range(min = 1, max = 1000))]
    #[serde(deserialize_with = "whole")]
    pub reps: u32,
    /// Per rep; 0 is bodyweight
    #[schemars(range(min = 0, max = 2000))]
    pub weight: f64,
    pub unit: Unit,
    /// Rate of perceived exertion
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub rpe: Option<f64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_warmup: bool,
}

/// Which workouts: performed at or after `since`, older than `before` (a time, and an id among the same time's).
#[derive(Clone, Debug)]
pub struct Page {
    pub since: i64,
    pub before: (i64, String),
    pub limit: i64,
}

impl Page {
    /// From the newest on.
    pub fn newest(since: i64, limit: i64) -> Self {
        Self {
            since,
            before: (i64::MAX, String::new()),
            limit,
        }
    }
}

/// The comparison of pairs is one range of the index on both databases, which `OR` is not.
const PAGE: &str =
    "FROM workout WHERE user_id = $1 AND performed_at >= $2 AND (performed_at, id) < ($3, $4)
    ORDER BY performed_at DESC, id DESC LIMIT $5";

impl Scoped {
    /// The workouts of the page, newest first.
    ///
    /// Three plain ranges of an index and no join: without statistics (`SQLite`), or with the estimates that row-level
    /// security spoils (`PostgreSQL`), a planner would look up the exercise anew for each set.
    pub async fn workouts(&mut self, page: &Page) -> Result<Vec<Workout>, sqlx::Error> {
        let heads = format!("SELECT id, name, notes, performed_at, ended_at {PAGE}");
        let heads = self.page_rows(page, heads).await?;
        let exercises = format!(
            "SELECT workout_id, position, exercise_id, superset_group, notes FROM workout_exercise
             WHERE user_id = $1 AND workout_id IN (SELECT id {PAGE}) ORDER BY workout_id, position"
        );
        let exercises = self.page_rows(page, exercises).await?;
        let sets = format!(
            "SELECT workout_id, exercise_position, reps, weight, unit, rpe,
                    CASE WHEN is_warmup THEN 1 ELSE 0 END AS is_warmup FROM workout_set
             WHERE user_id = $1 AND workout_id IN (SELECT id {PAGE}) ORDER BY workout_id, exercise_position, position"
        );
        let sets = self.page_rows(page, sets).await?;
        assembled(&heads, &exercises, &sets)
    }

    async fn page_rows(&mut self, page: &Page, sql: String) -> Result<Vec<AnyRow>, sqlx::Error> {
        let (db, user) = self.parts();
        sqlx::query(AssertSqlSafe(sql))
            .bind(user)
            .bind(page.since)
            .bind(page.before.0)
            .bind(&page.before.1)
            .bind(page.limit)
            .fetch_all(db)
            .await
    }

    /// The user's workout of this id.
    pub async fn workout(&mut self, id: &str) -> Result<Option<Workout>, sqlx::Error> {
        let Some(at) = self.workout_time(id).await? else {
            return Ok(None);
        };
        // The first workout that is not after this one's place is this one.
        let page = Page {
            since: at,
            before: (at, format!("{id}\u{1}")),
            limit: 1,
        };
        Ok(self
            .workouts(&page)
            .await?
            .pop()
            .filter(|workout| workout.id == id))
    }

    /// When the user's workout of this id was.
    pub async fn workout_time(&mut self, id: &str) -> Result<Option<i64>, sqlx::Error> {
        if !could_be_stored(id) {
            return Ok(None);
        }
        let (db, user) = self.parts();
        let row = sqlx::query("SELECT performed_at FROM workout WHERE user_id = $1 AND id = $2")
            .bind(user)
            .bind(id)
            .fetch_optional(db)
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    }

    /// Stores the workout, unless the call of this id has stored one already: then that one's id is returned.
    pub async fn insert_workout(
        &mut self,
        workout: &Workout,
        call_id: Option<&str>,
        now: i64,
    ) -> Result<Option<String>, sqlx::Error> {
        let (db, user) = self.parts();
        let inserted = sqlx::query(
            "INSERT INTO workout (id, user_id, name, notes, performed_at, ended_at, created_at, updated_at, call_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) ON CONFLICT (user_id, call_id) DO NOTHING",
        )
        .bind(&workout.id)
        .bind(user)
        .bind(workout.name.as_deref())
        .bind(workout.notes.as_deref())
        .bind(workout.performed_at)
        .bind(workout.ended_at)
        .bind(now)
        .bind(call_id)
        .execute(&mut *db)
        .await?;
        if inserted.rows_affected() == 0 {
            let row = sqlx::query("SELECT id FROM workout WHERE user_id = $1 AND call_id = $2")
                .bind(user)
                .bind(call_id)
                .fetch_one(db)
                .await?;
            return row.try_get(0).map(Some);
        }
        self.insert_exercises(workout).await?;
        Ok(None)
    }

    async fn insert_exercises(&mut self, workout: &Workout) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        let sql = format!(
            "INSERT INTO workout_exercise (user_id, workout_id, position, exercise_id, superset_group, notes) VALUES {}",
            placeholders(workout.exercises.len(), 6)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for (position, exercise) in (0i64..).zip(&workout.exercises) {
            query = query
                .bind(user)
                .bind(&workout.id)
                .bind(position)
                .bind(&exercise.exercise_id)
                .bind(exercise.superset_group)
                .bind(exercise.notes.as_deref());
        }
        query.execute(&mut *db).await?;
        let sets = workout
            .exercises
            .iter()
            .map(|exercise| exercise.sets.len())
            .sum();
        let sql = format!(
            "INSERT INTO workout_set
                 (user_id, workout_id, exercise_position, position, reps, weight, unit, rpe, is_warmup) VALUES {}",
            placeholders(sets, 9)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for (exercise_position, exercise) in (0i64..).zip(&workout.exercises) {
            for (position, set) in (0i64..).zip(&exercise.sets) {
                query = query
                    .bind(user)
                    .bind(&workout.id)
                    .bind(exercise_position)
                    .bind(position)
                    .bind(i64::from(set.reps))
                    .bind(set.weight)
                    .bind(set.unit.as_str())
                    .bind(set.rpe)
                    .bind(set.is_warmup);
            }
        }
        query.execute(db).await?;
        Ok(())
    }

    /// Puts the workout in the place of the stored one of the same id; its exercises too if they have `changed`.
    pub async fn replace_workout(
        &mut self,
        workout: &Workout,
        exercises_changed: bool,
        now: i64,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        sqlx::query(
            "UPDATE workout SET name = $3, notes = $4, performed_at = $5, ended_at = $6, updated_at = $7
             WHERE user_id = $1 AND id = $2",
        )
        .bind(user)
        .bind(&workout.id)
        .bind(workout.name.as_deref())
        .bind(workout.notes.as_deref())
        .bind(workout.performed_at)
        .bind(workout.ended_at)
        .bind(now)
        .execute(&mut *db)
        .await?;
        if !exercises_changed {
            return Ok(());
        }
        sqlx::query("DELETE FROM workout_exercise WHERE user_id = $1 AND workout_id = $2")
            .bind(user)
            .bind(&workout.id)
            .execute(db)
            .await?;
        self.insert_exercises(workout).await
    }

    /// Whether there was such a workout of the user's.
    pub async fn delete_workout(&mut self, id: &str) -> Result<bool, sqlx::Error> {
        if !could_be_stored(id) {
            return Ok(false);
        }
        let (db, user) = self.parts();
        let deleted = sqlx::query("DELETE FROM workout WHERE user_id = $1 AND id = $2")
            .bind(user)
            .bind(id)
            .execute(db)
            .await?;
        Ok(deleted.rows_affected() > 0)
    }
}

/// Workouts from rows of theirs, of their exercises and of their sets, each in its order.
fn assembled(
    heads: &[AnyRow],
    exercises: &[AnyRow],
    sets: &[AnyRow],
) -> Result<Vec<Workout>, sqlx::Error> {
    let mut sets_of: HashMap<(&str, i64), Vec<WorkoutSet>> = HashMap::new();
    for row in sets {
        let exercise = (
            row.try_get("workout_id")?,
            row.try_get("exercise_position")?,
        );
        sets_of.entry(exercise).or_default().push(set(row)?);
    }
    let mut exercises_of: HashMap<&str, Vec<WorkoutExercise>> = HashMap::new();
    for row in exercises {
        let workout = row.try_get("workout_id")?;
        let sets = sets_of.remove(&(workout, row.try_get("position")?));
        exercises_of
            .entry(workout)
            .or_default()
            .push(WorkoutExercise {
                exercise_id: row.try_get("exercise_id")?,
                superset_group: row.try_get("superset_group")?,
                notes: row.try_get("notes")?,
                sets: sets.unwrap_or_default(),
            });
    }
    let workout = |row: &AnyRow| {
        let id: &str = row.try_get("id")?;
        Ok(Workout {
            id: id.to_owned(),
            name: row.try_get("name")?,
            notes: row.try_get("notes")?,
            performed_at: row.try_get("performed_at")?,
            ended_at: row.try_get("ended_at")?,
            exercises: exercises_of.remove(id).unwrap_or_default(),
        })
    };
    heads.iter().map(workout).collect()
}

/// A whole number, also one that is written as `5.0`, which JSON Schema calls an integer too.
fn whole<'de, D: serde::Deserializer<'de>>(given: D) -> Result<u32, D::Error> {
    let number = serde_json::Number::deserialize(given)?;
    let integral = number
        .as_f64()
        .filter(|n| n.fract() == 0.0 && (1.0..=1000.0).contains(n));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    let whole = integral.map(|n| n as u32);
    whole.ok_or_else(|| {
        serde::de::Error::custom(format!(
            "is {number}; it must be a whole number from 1 to 1000"
        ))
    })
}

/// A set from a row that has its columns by their names.
pub(super) fn set(row: &AnyRow) -> Result<WorkoutSet, sqlx::Error> {
    let unit: &str = row.try_get("unit")?;
    let reps: i64 = row.try_get("reps")?;
    Ok(WorkoutSet {
        reps: u32::try_from(reps).map_err(|error| sqlx::Error::Decode(error.into()))?,
        weight: row.try_get("weight")?,
        unit: Unit::parse(unit).unwrap_or_default(),
        rpe: row.try_get("rpe")?,
        is_warmup: row.try_get::<i64, _>("is_warmup")? == 1,
    })
}
