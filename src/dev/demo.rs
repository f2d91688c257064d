//! A user with seven months of training, to try things out with: four sessions a week, progress, a holiday, a deload, one
//! lift that has stalled, pounds on the barbells and kilograms elsewhere.
//!
//! - `program`: what is trained. `calendar`: when, and what the weeks are like. `lifter`: how it went. `words`: what was
//!   noted. `random`: chance, from a fixed seed. All of it pure.
//! - Here: the training as a whole, and how it gets into a database.

mod calendar;
mod lifter;
mod program;
mod random;
mod words;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::{
    workout::dates,
    workout::db::{Database, UserId, UserTransaction},
    workout::model::{NewPlan, Settings, Workout},
    workout::store::{Page, new_id},
};
use calendar::Day;
use lifter::Lifter;
use random::Random;

/// Whose training it is.
pub const USER: &str = "demo";

/// Of how the training goes, chosen for its story; and of when and with which words. With one for both, another note would
/// be another story.
const SEED: u64 = 4794;
const SEED_AROUND: u64 = 11;
const PLAN_WEEKS: i64 = 8;
/// The shipped plan that the user's own began as.
const BASED_ON: &str = "upper-lower-4-days";

/// The training until yesterday, the oldest session first. The same for the same day and zone, but for the ids.
pub fn training(today: Date, zone: &TimeZone) -> Vec<Workout> {
    let mut around = Random::new(SEED_AROUND);
    let mut lifter = Lifter::new(Random::new(SEED));
    let days = calendar::days(today, &mut around);
    let workout = |day| workout(day, &mut lifter, &mut around, zone);
    days.iter().map(workout).collect()
}

fn workout(day: &Day, lifter: &mut Lifter, around: &mut Random, zone: &TimeZone) -> Workout {
    let mut exercises = lifter.trained(day);
    for exercise in &mut exercises {
        exercise.notes = words::on_lift(day.weeks_ago, &exercise.exercise_id);
    }
    let sets = exercises.iter().map(|exercise| exercise.sets.len()).sum();
    let (performed_at, ended_at) = day.hours(sets, zone, around);
    Workout {
        id: new_id(),
        name: Some(words::name(day)),
        notes: words::notes(day, around),
        performed_at,
        ended_at: Some(ended_at),
        exercises,
    }
}

/// Gives the demo user the training, a plan in its seventh week and the zone; `false`, and nothing is changed, if there is
/// any workout or plan of theirs already.
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

/// Takes away all that the demo user has, and fills anew. Whoever reads meanwhile sees either the one or the other.
pub async fn reset(db: &Database, now: Timestamp, zone: &TimeZone) -> Result<(), sqlx::Error> {
    let mut tx = db.write(&user()?).await?;
    delete(&mut tx).await?;
    insert(&mut tx, now, zone).await?;
    tx.commit().await
}

fn user() -> Result<UserId, sqlx::Error> {
    UserId::parse(USER).map_err(|_| sqlx::Error::Protocol(format!("{USER} is no user id")))
}

/// Exercises and sets go with their workouts.
async fn delete(tx: &mut UserTransaction) -> Result<(), sqlx::Error> {
    for sql in [
        "DELETE FROM workout WHERE user_id = $1",
        "DELETE FROM user_plan WHERE user_id = $1",
        "DELETE FROM user_settings WHERE user_id = $1",
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
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        ..Settings::default()
    };
    tx.save_settings(&settings, now).await?;
    for workout in training(today, zone) {
        let logged = workout.ended_at.unwrap_or(workout.performed_at);
        tx.insert_workout(&workout, None, logged).await?;
    }
    insert_plan(tx, today, now).await
}

/// The plan that has been followed since the deload.
async fn insert_plan(
    tx: &mut UserTransaction,
    today: Date,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let plan = NewPlan {
        id: new_id(),
        name: "Upper/Lower, chest first".to_owned(),
        description: Some(
            "My own upper/lower split: more sets for the chest than before, for eight weeks."
                .to_owned(),
        ),
        visibility: "private",
        duration_weeks: PLAN_WEEKS,
        sessions: program::plan_sessions(),
        based_on_plan_id: Some(BASED_ON.to_owned()),
    };
    let first = calendar::block_began(today);
    let last = first
        .saturating_add(PLAN_WEEKS.weeks())
        .saturating_sub(1.day());
    tx.insert_plan(&plan, None, now).await?;
    tx.activate_plan(&plan.id, first, last, now).await
}

#[cfg(test)]
mod tests;
