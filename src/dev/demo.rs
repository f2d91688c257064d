//! Demo data of `dev`: seven months of training, four sessions a week, with progress, a holiday, a deload, a stalled lift,
//! pounds on the barbells and kilograms elsewhere. `demo/training.json` holds it, in weeks counted back from the current
//! one; this module turns it into workouts before a given day and stores them.

use std::sync::LazyLock;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::Deserialize;

use crate::workout::{
    dates,
    db::{Database, UserId, UserTransaction},
    figures::units::Unit,
    model::{NewPlan, PlanSession, Settings, Workout, WorkoutExercise, WorkoutSet},
    store::{Page, new_id},
};

/// The demo user's id.
pub const USER: &str = "demo";

static DATA: LazyLock<DemoData> = LazyLock::new(|| {
    serde_json::from_str(include_str!("demo/training.json")).expect("checked by a test")
});

#[derive(Deserialize)]
struct DemoData {
    plan: DemoPlan,
    /// Oldest first.
    workouts: Vec<DemoWorkout>,
}

#[derive(Deserialize)]
struct DemoPlan {
    name: String,
    description: String,
    duration_weeks: i64,
    based_on: String,
    began_weeks_ago: i64,
    sessions: Vec<PlanSession>,
}

#[derive(Deserialize)]
struct DemoWorkout {
    weeks_ago: i64,
    /// Days after Monday.
    weekday: i64,
    /// Local hour and minute.
    at: (i8, i8),
    minutes: i64,
    name: String,
    notes: Option<String>,
    exercises: Vec<DemoExercise>,
}

#[derive(Deserialize)]
struct DemoExercise {
    id: String,
    unit: Unit,
    notes: Option<String>,
    #[serde(default)]
    warm_up: Vec<DemoSet>,
    sets: Vec<DemoSet>,
}

/// Reps, weight, RPE.
#[derive(Deserialize)]
struct DemoSet(u32, f64, Option<f64>);

impl DemoWorkout {
    fn date(&self, today: Date) -> Date {
        let days = self.weekday - 7 * self.weeks_ago;
        dates::monday_of(today).saturating_add(days.days())
    }

    fn to_workout(&self, today: Date, zone: &TimeZone) -> Workout {
        let local = self.date(today).at(self.at.0, self.at.1, 0, 0);
        let performed_at = dates::at_local(local, zone);
        Workout {
            id: new_id(),
            name: Some(self.name.clone()),
            notes: self.notes.clone(),
            performed_at,
            ended_at: Some(performed_at + self.minutes.minutes()),
            exercises: self
                .exercises
                .iter()
                .map(DemoExercise::to_exercise)
                .collect(),
        }
    }
}

impl DemoExercise {
    fn to_exercise(&self) -> WorkoutExercise {
        let warm_ups = self.warm_up.iter().map(|set| set.to_set(self.unit, true));
        let working = self.sets.iter().map(|set| set.to_set(self.unit, false));
        WorkoutExercise {
            exercise_id: self.id.clone(),
            superset_group: None,
            notes: self.notes.clone(),
            sets: warm_ups.chain(working).collect(),
        }
    }
}

impl DemoSet {
    fn to_set(&self, unit: Unit, is_warmup: bool) -> WorkoutSet {
        WorkoutSet {
            reps: self.0,
            weight: self.1,
            unit,
            rpe: self.2,
            rir: None,
            kind: None,
            is_warmup,
        }
    }
}

/// The training up to yesterday, oldest session first. The same for the same day and zone, except for the ids.
pub fn training(today: Date, zone: &TimeZone) -> Vec<Workout> {
    let past = DATA.workouts.iter().filter(|w| w.date(today) < today);
    past.map(|workout| workout.to_workout(today, zone))
        .collect()
}

/// Stores the training, the plan and the time zone. Returns `false`, and changes nothing, if the demo user has any workout
/// or plan.
pub async fn fill(db: &Database, now: Timestamp, zone: &TimeZone) -> Result<bool, sqlx::Error> {
    let mut tx = db.write(&user()?).await?;
    let logged = tx.workouts(&Page::newest(Timestamp::MIN, 1)).await?;
    if !logged.is_empty() || tx.count_user_plans().await? > 0 {
        return Ok(false);
    }
    insert(&mut tx, now, zone).await?;
    tx.commit().await?;
    Ok(true)
}

/// Deletes everything of the demo user and fills again, in one transaction.
pub async fn reset(db: &Database, now: Timestamp, zone: &TimeZone) -> Result<(), sqlx::Error> {
    let mut tx = db.write(&user()?).await?;
    delete(&mut tx).await?;
    insert(&mut tx, now, zone).await?;
    tx.commit().await
}

fn user() -> Result<UserId, sqlx::Error> {
    UserId::parse(USER).map_err(|_| sqlx::Error::Protocol(format!("{USER} is no user id")))
}

/// Exercises and sets are deleted with their workouts.
async fn delete(tx: &mut UserTransaction) -> Result<(), sqlx::Error> {
    for sql in [
        "DELETE FROM workout WHERE user_id = $1",
        "DELETE FROM user_plan WHERE user_id = $1",
        "DELETE FROM user_settings WHERE user_id = $1",
        "DELETE FROM completed_call WHERE user_id = $1",
    ] {
        let (db, user) = tx.parts();
        sqlx::query(sql).bind(user).execute(db).await?;
    }
    Ok(())
}

async fn insert(
    tx: &mut UserTransaction,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(), sqlx::Error> {
    let today = dates::day(now, zone);
    let settings = Settings {
        time_zone: zone.iana_name().map(str::to_owned),
        ..Settings::default()
    };
    tx.save_settings(&settings, now).await?;
    for workout in training(today, zone) {
        let logged = workout.ended_at.unwrap_or(workout.performed_at);
        tx.insert_workout(&workout, logged).await?;
    }
    insert_plan(tx, today, now).await
}

/// The active plan, which began after the deload.
async fn insert_plan(
    tx: &mut UserTransaction,
    today: Date,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let plan = &DATA.plan;
    let new = NewPlan {
        id: new_id(),
        name: plan.name.clone(),
        description: Some(plan.description.clone()),
        visibility: "private",
        duration_weeks: plan.duration_weeks,
        sessions: plan.sessions.clone(),
        based_on_plan_id: Some(plan.based_on.clone()),
    };
    let first = dates::monday_of(today).saturating_sub(plan.began_weeks_ago.weeks());
    let last = dates::last_day(first, plan.duration_weeks);
    tx.insert_plan(&new, now).await?;
    tx.activate_plan(&new.id, first, last, now).await
}

#[cfg(test)]
mod tests;
