//! One exercise over time, and the week's sets.

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
            "SELECT p.id, p.name, p.performed_at, e.notes, e.position AS exercise_position, s.position,
                    s.reps, s.weight, s.unit, s.rpe, CASE WHEN s.is_warmup THEN 1 ELSE 0 END AS is_warmup
             FROM (SELECT w.id, w.name, w.performed_at FROM workout w
                   WHERE w.user_id = $1 AND w.performed_at >= $3
                     AND EXISTS (SELECT 1 FROM workout_exercise x
                                 WHERE x.user_id = $1 AND x.exercise_id = $2 AND x.workout_id = w.id)
                   ORDER BY w.performed_at DESC, w.id DESC LIMIT $4) p
             JOIN workout_exercise e ON e.user_id = $1 AND e.workout_id = p.id AND e.exercise_id = $2
             JOIN workout_set s ON s.user_id = $1 AND s.workout_id = p.id AND s.exercise_position = e.position
             ORDER BY p.performed_at DESC, p.id DESC, e.position, s.position",
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
            let notes: Option<String> = row.try_get("notes")?;
            if let (Some(notes), 0) = (notes, row.try_get::<i64, _>("position")?) {
                session.notes.push(notes);
            }
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
            "SELECT e.exercise_id, COUNT(*) AS sets FROM workout w
             JOIN workout_exercise e ON e.user_id = w.user_id AND e.workout_id = w.id
             JOIN workout_set s ON s.user_id = w.user_id AND s.workout_id = w.id AND s.exercise_position = e.position
             WHERE w.user_id = $1 AND w.performed_at >= $2 AND w.performed_at < $3 AND NOT s.is_warmup
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
