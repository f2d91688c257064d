//! One exercise over time, and the week's sets.
//!
//! From the workouts of the time to their sets, never the other way: `CROSS JOIN` keeps `SQLite` to the order that is
//! written, which it cannot guess without `ANALYZE`; `MATERIALIZED` keeps `PostgreSQL` from beginning with the sets,
//! which a plan for any arguments takes to be few.

use sqlx::Row;

use super::workouts::{WorkoutSet, set};
use crate::workout::db::Scoped;

/// What was done of one exercise in one workout.
#[derive(Clone, Debug, PartialEq)]
pub struct ExerciseSession {
    pub workout_id: String,
    pub workout_name: Option<String>,
    /// Milliseconds since 1970, UTC.
    pub performed_at: i64,
    pub notes: Vec<String>,
    /// In the order done; warm-ups too.
    pub sets: Vec<WorkoutSet>,
}

impl Scoped {
    /// The newest `limit` sessions with the exercise since then, newest first.
    pub async fn exercise_history(
        &mut self,
        exercise_id: &str,
        since: i64,
        limit: i64,
    ) -> Result<Vec<ExerciseSession>, sqlx::Error> {
        let (db, user) = self.parts();
        let rows = sqlx::query(
            "WITH done AS MATERIALIZED (
                 SELECT w.id, w.name, w.performed_at, e.position, e.notes
                 FROM (SELECT id, name, performed_at FROM workout
                       WHERE user_id = $1 AND performed_at >= $3
                         AND EXISTS (SELECT 1 FROM workout_exercise x
                                     WHERE x.user_id = $1 AND x.exercise_id = $2 AND x.workout_id = workout.id)
                       ORDER BY performed_at DESC, id DESC LIMIT $4) w
                 CROSS JOIN workout_exercise e
                 WHERE e.user_id = $1 AND e.workout_id = w.id AND e.exercise_id = $2)
             SELECT d.id, d.name, d.performed_at, CASE WHEN s.position = 0 THEN d.notes END AS notes,
                    s.reps, s.weight, s.unit, s.rpe, CASE WHEN s.is_warmup THEN 1 ELSE 0 END AS is_warmup
             FROM done d CROSS JOIN workout_set s
             WHERE s.user_id = $1 AND s.workout_id = d.id AND s.exercise_position = d.position
             ORDER BY d.performed_at DESC, d.id DESC, d.position, s.position",
        )
        .bind(user)
        .bind(exercise_id)
        .bind(since)
        .bind(limit)
        .fetch_all(db)
        .await?;
        let mut sessions: Vec<ExerciseSession> = Vec::new();
        for row in &rows {
            let id: &str = row.try_get("id")?;
            if sessions
                .last()
                .is_none_or(|session| session.workout_id != id)
            {
                sessions.push(ExerciseSession {
                    workout_id: id.to_owned(),
                    workout_name: row.try_get("name")?,
                    performed_at: row.try_get("performed_at")?,
                    notes: vec![],
                    sets: vec![],
                });
            }
            let Some(session) = sessions.last_mut() else {
                continue;
            };
            session
                .notes
                .extend(row.try_get::<Option<String>, _>("notes")?);
            session.sets.push(set(row)?);
        }
        Ok(sessions)
    }

    /// Working sets per exercise between two times.
    pub async fn working_sets(
        &mut self,
        from: i64,
        to: i64,
    ) -> Result<Vec<(String, u32)>, sqlx::Error> {
        let (db, user) = self.parts();
        let rows = sqlx::query(
            "SELECT e.exercise_id, COUNT(*) AS sets
             FROM workout w CROSS JOIN workout_exercise e CROSS JOIN workout_set s
             WHERE w.user_id = $1 AND w.performed_at >= $2 AND w.performed_at < $3
               AND e.user_id = $1 AND e.workout_id = w.id
               AND s.user_id = $1 AND s.workout_id = w.id AND s.exercise_position = e.position AND NOT s.is_warmup
             GROUP BY e.exercise_id ORDER BY e.exercise_id",
        )
        .bind(user)
        .bind(from)
        .bind(to)
        .fetch_all(db)
        .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    row.try_get(0)?,
                    u32::try_from(row.try_get::<i64, _>(1)?).unwrap_or(u32::MAX),
                ))
            })
            .collect()
    }
}
