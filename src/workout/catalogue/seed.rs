//! Seed data: writes the shipped exercises and plans to the database when they have changed. Rows that an operator has
//! added stay.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;
use sqlx::{AnyConnection, Row};

use super::Exercise;
use crate::database::query;

const EXERCISES: &str = include_str!("data/exercises.json");
const PLANS: &str = include_str!("data/plans.json");

#[derive(Deserialize)]
struct ShippedPlan {
    id: String,
    name: String,
    description: String,
    duration_weeks: i64,
    sessions: Value,
}

/// The shipped exercises.
pub fn exercises() -> Vec<Exercise> {
    parse(EXERCISES)
}

/// Writes the files that have changed since the last start. The caller holds the lock.
pub async fn seed(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    if changed(connection, "exercises", EXERCISES).await? {
        for exercise in &exercises() {
            seed_exercise(connection, exercise).await?;
        }
    }
    if changed(connection, "plans", PLANS).await? {
        let plans: Vec<ShippedPlan> = parse(PLANS);
        for plan in &plans {
            seed_plan(connection, plan).await?;
        }
    }
    Ok(())
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(text).expect("checked by a test")
}

/// True if `text` differs from the one written last; records its digest.
async fn changed(
    connection: &mut AnyConnection,
    name: &str,
    text: &str,
) -> Result<bool, sqlx::Error> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let digest = URL_SAFE_NO_PAD.encode(digest);
    let sql = "SELECT digest FROM shipped WHERE name = $1";
    let known = query!(sql; name).fetch_optional(&mut *connection).await?;
    if known.is_some_and(|row| row.get::<String, _>(0) == digest) {
        return Ok(false);
    }
    let sql = "INSERT INTO shipped (name, digest) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET digest = excluded.digest";
    query!(sql; name, digest).execute(connection).await?;
    Ok(true)
}

/// Writes the exercise, unless a row that an operator has added has its name.
async fn seed_exercise(
    connection: &mut AnyConnection,
    exercise: &Exercise,
) -> Result<(), sqlx::Error> {
    let list = |items: &[String]| serde_json::json!(items).to_string();
    query!(
        "INSERT INTO exercise (id, name, aliases, description, primary_muscles, secondary_muscles, equipment,
                               movement_pattern, bilateral, step_increment, progression_limit, measure, load)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
         WHERE NOT EXISTS (SELECT 1 FROM exercise WHERE name = $2 AND id <> $1)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, aliases = excluded.aliases,
             description = excluded.description, primary_muscles = excluded.primary_muscles,
             secondary_muscles = excluded.secondary_muscles, equipment = excluded.equipment,
             movement_pattern = excluded.movement_pattern, bilateral = excluded.bilateral,
             step_increment = excluded.step_increment, progression_limit = excluded.progression_limit,
             measure = excluded.measure, load = excluded.load";
        &exercise.id, &exercise.name, list(&exercise.aliases), &exercise.description,
        list(&exercise.primary_muscles), list(&exercise.secondary_muscles), &exercise.equipment,
        &exercise.movement_pattern, exercise.bilateral, exercise.step_increment, exercise.progression_limit,
        exercise.measure.as_str(), exercise.load.as_str()
    ).execute(connection).await?;
    Ok(())
}

async fn seed_plan(connection: &mut AnyConnection, plan: &ShippedPlan) -> Result<(), sqlx::Error> {
    query!(
        "INSERT INTO plan (id, name, description, is_system, visibility, duration_weeks, sessions)
         VALUES ($1, $2, $3, $4, 'public', $5, $6)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description,
             duration_weeks = excluded.duration_weeks, sessions = excluded.sessions";
        &plan.id, &plan.name, &plan.description, true, plan.duration_weeks, plan.sessions.to_string()
    ).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
