//! Queries for workouts that come from files: many at once, each with a key by which it is known again.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;

use super::{boolean, workouts::write};
use crate::{
    database::query,
    workout::{db::UserTransaction, figures::units::Unit, model::Workout},
};

/// A workout of a file.
pub struct ImportedWorkout {
    pub workout: Workout,
    /// Says which workout of which app it is.
    pub key: String,
}

impl UserTransaction {
    /// The imported workouts by their ids: the key, and whether it is as it was imported.
    pub async fn import_keys(&mut self) -> Result<HashMap<String, (String, bool)>, sqlx::Error> {
        let (db, user) = self.parts();
        let sql =
            "SELECT id, import_key, CASE WHEN updated_at = imported_at THEN 1 ELSE 0 END AS untouched
             FROM workout WHERE user_id = $1 AND import_key IS NOT NULL";
        let rows = query!(sql; user).fetch_all(db).await?;
        let entry = |row: &sqlx::any::AnyRow| {
            let untouched = boolean(row, "untouched")?;
            Ok((row.try_get("id")?, (row.try_get("import_key")?, untouched)))
        };
        rows.iter().map(entry).collect()
    }

    /// The unit that most sets of each imported workout have, by the workout's key.
    pub async fn import_units(&mut self) -> Result<HashMap<String, Unit>, sqlx::Error> {
        let (db, user) = self.parts();
        let sql = "SELECT w.import_key, s.unit, COUNT(*) AS sets FROM workout w CROSS JOIN workout_set s
             WHERE w.user_id = $1 AND w.import_key IS NOT NULL AND s.user_id = $1 AND s.workout_id = w.id
             GROUP BY w.import_key, s.unit ORDER BY sets, s.unit";
        let rows = query!(sql; user).fetch_all(db).await?;
        let entry = |row: &sqlx::any::AnyRow| {
            let unit: &str = row.try_get("unit")?;
            Ok((
                row.try_get("import_key")?,
                Unit::parse(unit).unwrap_or_default(),
            ))
        };
        // The last one of a key counts.
        rows.iter().map(entry).collect()
    }

    /// Inserts new workouts with few statements.
    pub async fn insert_imported(
        &mut self,
        imported: &[ImportedWorkout],
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        let heads = imported.iter().map(|i| (&i.workout, Some(i.key.as_str())));
        write::insert_heads(db, user, &heads.collect::<Vec<_>>(), now).await?;
        let workouts: Vec<&Workout> = imported.iter().map(|i| &i.workout).collect();
        write::insert_exercises(db, user, &workouts).await
    }

    /// Overwrites an imported workout by what its app says now.
    pub async fn replace_imported(
        &mut self,
        imported: &ImportedWorkout,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        self.replace_workout(&imported.workout, true, now).await?;
        let (db, user) = self.parts();
        let sql = "UPDATE workout SET imported_at = $3 WHERE user_id = $1 AND id = $2";
        query!(sql; user, &imported.workout.id, now.as_millisecond())
            .execute(db)
            .await?;
        Ok(())
    }
}
