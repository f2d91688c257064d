//! Queries for the history of one exercise, and for the working sets of a period.
//!
//! Both read from workouts to sets: `CROSS JOIN` fixes that join order for `SQLite`, which cannot guess it without
//! `ANALYZE`; `MATERIALIZED` keeps `PostgreSQL` from starting at the sets, which a generic plan estimates as few.

use jiff::Timestamp;
use sqlx::{Row, any::AnyRow};

use super::{timestamp, workouts::set_from_row};
use crate::{
    database::query,
    workout::{db::UserTransaction, model::ExerciseSession},
};

impl UserTransaction {
    /// The newest `limit` sessions of the exercise since then, newest first.
    pub async fn exercise_history(
        &mut self,
        exercise_id: &str,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<ExerciseSession>, sqlx::Error> {
        let (db, user) = self.parts();
        let rows = query!(
            "WITH done AS MATERIALIZED (
                 SELECT w.id, w.performed_at, e.position, e.notes
                 FROM (SELECT id, performed_at FROM workout
                       WHERE user_id = $1 AND performed_at >= $3
                         AND EXISTS (SELECT 1 FROM workout_exercise x
                                     WHERE x.user_id = $1 AND x.exercise_id = $2 AND x.workout_id = workout.id)
                       ORDER BY performed_at DESC, id DESC LIMIT $4) w
                 CROSS JOIN workout_exercise e
                 WHERE e.user_id = $1 AND e.workout_id = w.id AND e.exercise_id = $2)
             SELECT d.id, d.performed_at, CASE WHEN s.position = 0 THEN d.notes END AS notes,
                    s.reps, s.weight, s.unit, s.rpe, CASE WHEN s.is_warmup THEN 1 ELSE 0 END AS is_warmup
             FROM done d CROSS JOIN workout_set s
             WHERE s.user_id = $1 AND s.workout_id = d.id AND s.exercise_position = d.position
             ORDER BY d.performed_at DESC, d.id DESC, d.position, s.position";
            user, exercise_id, since.as_millisecond(), limit
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

    /// Working sets per exercise from one time up to another.
    pub async fn working_sets(
        &mut self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(String, u32)>, sqlx::Error> {
        let (db, user) = self.parts();
        let rows = query!(
            "SELECT e.exercise_id, COUNT(*) AS sets
             FROM workout w CROSS JOIN workout_exercise e CROSS JOIN workout_set s
             WHERE w.user_id = $1 AND w.performed_at >= $2 AND w.performed_at < $3
               AND e.user_id = $1 AND e.workout_id = w.id
               AND s.user_id = $1 AND s.workout_id = w.id AND s.exercise_position = e.position AND NOT s.is_warmup
             GROUP BY e.exercise_id ORDER BY e.exercise_id";
            user, from.as_millisecond(), to.as_millisecond()
        ).fetch_all(db).await?;
        let count = |row: &AnyRow| {
            let sets: i64 = row.try_get("sets")?;
            Ok((
                row.try_get("exercise_id")?,
                u32::try_from(sets).unwrap_or(u32::MAX),
            ))
        };
        rows.iter().map(count).collect()
    }
}
