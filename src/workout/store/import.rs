//! Queries for workouts that come from files: many at once, each with a key by which it is known again.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;

use super::{boolean, workouts::write};
use crate::{
    database::query,
    workout::{
        db::UserTransaction,
        figures::units::Unit,
        model::{ImportedRows, Origin, Workout},
    },
};

/// A workout of a file.
pub struct ImportedWorkout {
    pub workout: Workout,
    pub origin: Origin,
    /// It was changed in the log since it was imported.
    pub is_edited: bool,
}

/// The units of the log's weights.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoggedUnits {
    pub most: Option<Unit>,
    /// Of nine in ten.
    pub nearly_all: Option<Unit>,
}

/// How a workout of the log was imported.
pub struct ImportedBefore {
    pub key: String,
    /// `None` of one that an older version imported.
    pub rows: Option<ImportedRows>,
    /// It is as it was imported.
    pub is_untouched: bool,
}

impl UserTransaction {
    /// How the imported workouts were imported, by their ids.
    pub async fn imported_before(
        &mut self,
    ) -> Result<HashMap<String, ImportedBefore>, sqlx::Error> {
        let (db, user) = self.parts();
        let sql =
            "SELECT id, import_key, import_rows, CASE WHEN updated_at = imported_at THEN 1 ELSE 0 END AS untouched
             FROM workout WHERE user_id = $1 AND import_key IS NOT NULL";
        let rows = query!(sql; user).fetch_all(db).await?;
        let entry = |row: &sqlx::any::AnyRow| {
            let rows: Option<&str> = row.try_get("import_rows")?;
            let before = ImportedBefore {
                key: row.try_get("import_key")?,
                rows: rows.and_then(|rows| serde_json::from_str(rows).ok()),
                is_untouched: boolean(row, "untouched")?,
            };
            Ok((row.try_get("id")?, before))
        };
        rows.iter().map(entry).collect()
    }

    /// The unit that nearly all weights of the log have, and the one that most of them have.
    pub async fn logged_units(&mut self) -> Result<LoggedUnits, sqlx::Error> {
        let (db, user) = self.parts();
        let sql = "SELECT unit, COUNT(*) AS sets FROM workout_set WHERE user_id = $1 AND weight > 0 GROUP BY unit";
        let mut counts = HashMap::new();
        for row in query!(sql; user).fetch_all(db).await? {
            let unit: &str = row.try_get("unit")?;
            let sets: i64 = row.try_get("sets")?;
            counts.insert(Unit::parse(unit).unwrap_or_default(), sets);
        }
        let all: i64 = counts.values().sum();
        let most = counts.into_iter().max_by_key(|(_, sets)| *sets);
        let nearly_all = most.filter(|(_, sets)| sets * 10 >= all * 9);
        Ok(LoggedUnits {
            most: most.map(|(unit, _)| unit),
            nearly_all: nearly_all.map(|(unit, _)| unit),
        })
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
        let heads = imported.iter().map(|i| (&i.workout, Some(&i.origin)));
        write::insert_heads(db, user, &heads.collect::<Vec<_>>(), now).await?;
        let workouts: Vec<&Workout> = imported.iter().map(|i| &i.workout).collect();
        write::insert_exercises(db, user, &workouts).await
    }

    /// Overwrites an imported workout by what its app says now. One that was changed in the log remains so.
    pub async fn replace_imported(
        &mut self,
        imported: &ImportedWorkout,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        self.replace_workout(&imported.workout, true, now).await?;
        let (db, user) = self.parts();
        let sql = "UPDATE workout SET import_key = $3, import_rows = $4, imported_at = CASE WHEN $5 THEN imported_at ELSE $6 END
             WHERE user_id = $1 AND id = $2";
        let Origin { key, rows } = &imported.origin;
        query!(sql; user, &imported.workout.id, key, rows.to_json(), imported.is_edited, now.as_millisecond())
            .execute(db)
            .await?;
        Ok(())
    }
}
