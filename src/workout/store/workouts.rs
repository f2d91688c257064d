//! Queries that read workouts, page by page.

pub(super) mod write;

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use super::{boolean, decode, is_storable, optional_timestamp, timestamp};
use crate::database::query;
use crate::workout::{
    db::UserTransaction,
    figures::units::Unit,
    model::{SetKind, Workout, WorkoutExercise, WorkoutSet},
};

/// A page of workouts: performed at or after `since`, older than `before` (a time, and an id among workouts of that time).
#[derive(Clone, Debug)]
pub struct Page {
    pub since: Timestamp,
    pub before: (Timestamp, String),
    pub limit: i64,
    /// The id of an exercise that each of them has.
    pub exercise: Option<String>,
}

impl Page {
    /// The page that begins with the newest workout.
    pub fn newest(since: Timestamp, limit: i64) -> Self {
        Self {
            since,
            before: (Timestamp::MAX, String::new()),
            limit,
            exercise: None,
        }
    }

    /// The bound of the time in milliseconds. Without one, rows are shown whose time is out of range by mistake.
    pub(super) fn before_ms(&self) -> i64 {
        let (at, id) = &self.before;
        if *at == Timestamp::MAX && id.is_empty() {
            i64::MAX
        } else {
            at.as_millisecond()
        }
    }

    /// The page in SQL. A comparison of pairs is one range of the index on both databases, which `OR` is not.
    fn sql(&self) -> String {
        let filter = match self.exercise {
            None => "$6 = ''",
            Some(_) => {
                "EXISTS (SELECT 1 FROM workout_exercise x
                         WHERE x.user_id = $1 AND x.exercise_id = $6 AND x.workout_id = workout.id)"
            }
        };
        format!(
            "FROM workout WHERE user_id = $1 AND performed_at >= $2 AND (performed_at, id) < ($3, $4) AND {filter}
             ORDER BY performed_at DESC, id DESC LIMIT $5"
        )
    }
}

impl UserTransaction {
    /// The workouts of the page, newest first.
    ///
    /// Three plain ranges of an index and no join: without statistics (`SQLite`), or with the estimates that row-level
    /// security spoils (`PostgreSQL`), a planner would look up the exercise anew for each set.
    pub async fn workouts(&mut self, page: &Page) -> Result<Vec<Workout>, sqlx::Error> {
        let in_page = page.sql();
        let heads = format!("SELECT id, name, notes, performed_at, ended_at {in_page}");
        let heads = self.page_rows(page, heads).await?;
        let exercises = format!(
            "SELECT workout_id, position, exercise_id, superset_group, notes FROM workout_exercise
             WHERE user_id = $1 AND workout_id IN (SELECT id {in_page}) ORDER BY workout_id, position"
        );
        let exercises = self.page_rows(page, exercises).await?;
        let sets = format!(
            "SELECT workout_id, exercise_position, reps, weight, unit, rpe, rir, kind,
                    CASE WHEN is_warmup THEN 1 ELSE 0 END AS is_warmup FROM workout_set
             WHERE user_id = $1 AND workout_id IN (SELECT id {in_page}) ORDER BY workout_id, exercise_position, position"
        );
        let sets = self.page_rows(page, sets).await?;
        assemble(&heads, &exercises, &sets)
    }

    async fn page_rows(&mut self, page: &Page, sql: String) -> Result<Vec<AnyRow>, sqlx::Error> {
        let (db, user) = self.parts();
        query!(
            AssertSqlSafe(sql);
            user, page.since.as_millisecond(), page.before_ms(), &page.before.1, page.limit,
            page.exercise.as_deref().unwrap_or_default()
        )
        .fetch_all(db)
        .await
    }

    /// The next workouts after this place in the order, oldest first: a time, and an id among workouts of that time.
    pub async fn workouts_after(
        &mut self,
        after: &(Timestamp, String),
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<Workout>, sqlx::Error> {
        let (db, user) = self.parts();
        let sql = "SELECT id, performed_at FROM workout
             WHERE user_id = $1 AND (performed_at, id) > ($2, $3) AND performed_at < $4
             ORDER BY performed_at, id LIMIT $5";
        let (at, id) = (after.0.as_millisecond(), &after.1);
        let rows = query!(sql; user, at, id, until.as_millisecond(), limit)
            .fetch_all(db)
            .await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(Vec::new());
        };
        let last_id: String = last.try_get("id")?;
        let page = Page {
            since: timestamp(first, "performed_at")?,
            before: (timestamp(last, "performed_at")?, format!("{last_id}\u{1}")),
            limit: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            exercise: None,
        };
        let mut workouts = self.workouts(&page).await?;
        workouts.reverse();
        Ok(workouts)
    }

    /// How many workouts there are of the time, up to this place in the order.
    pub async fn workouts_of_time(
        &mut self,
        (at, id): &(Timestamp, String),
    ) -> Result<usize, sqlx::Error> {
        let (db, user) = self.parts();
        let sql = "SELECT COUNT(*) AS workouts FROM workout WHERE user_id = $1 AND performed_at = $2 AND id <= $3";
        let row = query!(sql; user, at.as_millisecond(), id)
            .fetch_one(db)
            .await?;
        let workouts: i64 = row.try_get("workouts")?;
        Ok(usize::try_from(workouts).unwrap_or_default())
    }

    /// The user's workout of this id.
    pub async fn workout(&mut self, id: &str) -> Result<Option<Workout>, sqlx::Error> {
        let Some(at) = self.workout_time(id).await? else {
            return Ok(None);
        };
        // The newest workout up to this one's place in the order is this one.
        let page = Page {
            since: at,
            before: (at, format!("{id}\u{1}")),
            limit: 1,
            exercise: None,
        };
        let found = self.workouts(&page).await?.pop();
        Ok(found.filter(|workout| workout.id == id))
    }

    /// When the user's workout of this id was performed.
    pub async fn workout_time(&mut self, id: &str) -> Result<Option<Timestamp>, sqlx::Error> {
        if !is_storable(id) {
            return Ok(None);
        }
        let (db, user) = self.parts();
        let sql = "SELECT performed_at FROM workout WHERE user_id = $1 AND id = $2";
        let row = query!(sql; user, id).fetch_optional(db).await?;
        row.map(|row| timestamp(&row, "performed_at")).transpose()
    }
}

/// Builds workouts from their rows, those of their exercises and those of their sets, each in order.
fn assemble(
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
        let sets = sets_of.entry(exercise).or_default();
        sets.push(set_from_row(row)?);
    }
    let mut exercises_of: HashMap<&str, Vec<WorkoutExercise>> = HashMap::new();
    for row in exercises {
        let workout = row.try_get("workout_id")?;
        let sets = sets_of.remove(&(workout, row.try_get("position")?));
        let exercise = WorkoutExercise {
            exercise_id: row.try_get("exercise_id")?,
            superset_group: row.try_get("superset_group")?,
            notes: row.try_get("notes")?,
            sets: sets.unwrap_or_default(),
        };
        exercises_of.entry(workout).or_default().push(exercise);
    }
    let workout = |row: &AnyRow| {
        let id: &str = row.try_get("id")?;
        Ok(Workout {
            id: id.to_owned(),
            name: row.try_get("name")?,
            notes: row.try_get("notes")?,
            performed_at: timestamp(row, "performed_at")?,
            ended_at: optional_timestamp(row, "ended_at")?,
            exercises: exercises_of.remove(id).unwrap_or_default(),
        })
    };
    heads.iter().map(workout).collect()
}

pub(super) fn set_from_row(row: &AnyRow) -> Result<WorkoutSet, sqlx::Error> {
    let unit: &str = row.try_get("unit")?;
    let reps: i64 = row.try_get("reps")?;
    Ok(WorkoutSet {
        reps: u32::try_from(reps).map_err(decode)?,
        weight: row.try_get("weight")?,
        unit: Unit::parse(unit).unwrap_or_default(),
        rpe: row.try_get("rpe")?,
        rir: row.try_get("rir")?,
        kind: SetKind::parse(row.try_get("kind")?).filter(|kind| *kind != SetKind::Normal),
        is_warmup: boolean(row, "is_warmup")?,
    })
}
