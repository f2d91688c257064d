//! Queries for the history of one exercise, and for the working sets of a period.
//!
//! Both read from workouts to sets: `CROSS JOIN` fixes that join order for `SQLite`, which cannot guess it without
//! `ANALYZE`; `MATERIALIZED` keeps `PostgreSQL` from starting at the sets, which a generic plan estimates as few.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};

use super::{
    timestamp,
    workouts::{Page, set_from_row},
};
use crate::{
    database::query,
    workout::{
        db::UserTransaction,
        model::{DistinctSet, ExerciseSession},
    },
};

/// Working sets of an exercise at one time.
pub struct WorkoutSets {
    pub exercise_id: String,
    pub performed_at: Timestamp,
    pub sets: u32,
}

impl UserTransaction {
    /// The newest `limit` sessions of the exercise since then, newest first.
    pub async fn exercise_history(
        &mut self,
        exercise_id: &str,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<ExerciseSession>, sqlx::Error> {
        let page = Page::newest(since, limit);
        self.exercise_sessions(exercise_id, &page).await
    }

    /// The sessions of the exercise in the page, newest first. `page.exercise` does not matter.
    pub async fn exercise_sessions(
        &mut self,
        exercise_id: &str,
        page: &Page,
    ) -> Result<Vec<ExerciseSession>, sqlx::Error> {
        let (db, user) = self.parts();
        let rows = query!(
            "WITH done AS MATERIALIZED (
                 SELECT w.id, w.performed_at, e.position, e.notes
                 FROM (SELECT id, performed_at FROM workout
                       WHERE user_id = $1 AND performed_at >= $3 AND (performed_at, id) < ($5, $6)
                         AND EXISTS (SELECT 1 FROM workout_exercise x
                                     WHERE x.user_id = $1 AND x.exercise_id = $2 AND x.workout_id = workout.id)
                       ORDER BY performed_at DESC, id DESC LIMIT $4) w
                 CROSS JOIN workout_exercise e
                 WHERE e.user_id = $1 AND e.workout_id = w.id AND e.exercise_id = $2)
             SELECT d.id, d.performed_at, CASE WHEN s.position = 0 THEN d.notes END AS notes,
                    s.reps, s.weight, s.unit, s.rpe, s.rir, s.kind, CASE WHEN s.is_warmup THEN 1 ELSE 0 END AS is_warmup
             FROM done d CROSS JOIN workout_set s
             WHERE s.user_id = $1 AND s.workout_id = d.id AND s.exercise_position = d.position
             ORDER BY d.performed_at DESC, d.id DESC, d.position, s.position";
            user, exercise_id, page.since.as_millisecond(), page.limit,
            page.before_ms(), &page.before.1
        ).fetch_all(db).await?;
        let mut sessions: Vec<ExerciseSession> = Vec::new();
        for row in &rows {
            let (id, note): (&str, Option<String>) = (row.try_get("id")?, row.try_get("notes")?);
            let set = set_from_row(row)?;
            match sessions.last_mut().filter(|last| last.workout_id == id) {
                Some(session) => {
                    session.notes.extend(note);
                    session.sets.push(set);
                }
                None => sessions.push(ExerciseSession {
                    workout_id: id.to_owned(),
                    performed_at: timestamp(row, "performed_at")?,
                    notes: note.into_iter().collect(),
                    sets: vec![set],
                }),
            }
        }
        Ok(sessions)
    }

    /// The working sets of the exercise since then that differ in anything but their kind, the first of equal ones. With
    /// `each_time`, sets of different times differ.
    pub async fn distinct_sets(
        &mut self,
        exercise_id: &str,
        since: Timestamp,
        each_time: bool,
    ) -> Result<Vec<DistinctSet>, sqlx::Error> {
        let (db, user) = self.parts();
        let rows = query!(
            "WITH done AS MATERIALIZED (
                 SELECT w.id, w.performed_at, e.position
                 FROM workout w CROSS JOIN workout_exercise e
                 WHERE w.user_id = $1 AND w.performed_at >= $3
                   AND e.user_id = $1 AND e.workout_id = w.id AND e.exercise_id = $2)
             SELECT s.reps, s.weight, s.unit, s.rpe, s.rir, 'normal' AS kind, 0 AS is_warmup,
                    MIN(d.performed_at) AS performed_at
             FROM done d CROSS JOIN workout_set s
             WHERE s.user_id = $1 AND s.workout_id = d.id AND s.exercise_position = d.position AND NOT s.is_warmup
               AND s.kind <> 'failed_attempt'
             GROUP BY s.reps, s.weight, s.unit, s.rpe, s.rir, d.performed_at * $4 ORDER BY 8, 1, 2, 3";
            user, exercise_id, since.as_millisecond(), i64::from(each_time)
        ).fetch_all(db).await?;
        let set = |row: &AnyRow| {
            Ok(DistinctSet {
                set: set_from_row(row)?,
                first_at: timestamp(row, "performed_at")?,
            })
        };
        rows.iter().map(set).collect()
    }

    /// Working sets per exercise from one time up to another: no warm-ups, no failed attempts.
    pub async fn working_sets(
        &mut self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<WorkoutSets>, sqlx::Error> {
        let (db, user) = self.parts();
        let rows = query!(
            "SELECT e.exercise_id, w.performed_at, COUNT(*) AS sets
             FROM workout w CROSS JOIN workout_exercise e CROSS JOIN workout_set s
             WHERE w.user_id = $1 AND w.performed_at >= $2 AND w.performed_at < $3
               AND e.user_id = $1 AND e.workout_id = w.id
               AND s.user_id = $1 AND s.workout_id = w.id AND s.exercise_position = e.position AND NOT s.is_warmup
               AND s.kind <> 'failed_attempt'
             GROUP BY e.exercise_id, w.performed_at ORDER BY e.exercise_id, w.performed_at";
            user, from.as_millisecond(), to.as_millisecond()
        ).fetch_all(db).await?;
        let count = |row: &AnyRow| {
            let sets: i64 = row.try_get("sets")?;
            Ok(WorkoutSets {
                exercise_id: row.try_get("exercise_id")?,
                performed_at: timestamp(row, "performed_at")?,
                sets: u32::try_from(sets).unwrap_or(u32::MAX),
            })
        };
        rows.iter().map(count).collect()
    }
}
