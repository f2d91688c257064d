//! What the service brings along: exercises, plans, volume landmarks. Exercises and plans are written to the database
//! when they have changed; a row that an operator added stays.

use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{AnyConnection, Row};

use super::figures::volume::{Landmarks, Zone};

const EXERCISES: &str = include_str!("data/exercises.json");
const PLANS: &str = include_str!("data/plans.json");

/// The volume landmarks, with where they come from.
pub static LANDMARKS: LazyLock<LandmarkTable> = LazyLock::new(|| {
    serde_json::from_str(include_str!("data/landmarks.json")).expect("checked by a test")
});

/// Weekly sets per muscle, as published; not medical advice.
#[derive(Deserialize)]
pub struct LandmarkTable {
    pub source: String,
    pub source_url: String,
    /// The month in which the table was copied.
    pub as_of: String,
    pub unit: String,
    pub muscles: Vec<MuscleLandmarks>,
}

#[derive(Deserialize)]
pub struct MuscleLandmarks {
    pub muscle: String,
    #[serde(flatten)]
    pub landmarks: Landmarks,
}

impl LandmarkTable {
    pub fn of(&self, muscle: &str) -> Option<&Landmarks> {
        let row = self.muscles.iter().find(|row| row.muscle == muscle)?;
        Some(&row.landmarks)
    }

    /// Where a weekly count stands, if the muscle has published landmarks.
    pub fn zone(&self, muscle: &str, sets: f64) -> Option<Zone> {
        Some(self.of(muscle)?.zone(sets))
    }
}

/// One exercise of the catalogue.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Exercise {
    /// The slug that `exercise_id` names.
    pub id: String,
    pub name: String,
    pub aliases: Vec<String>,
    pub description: String,
    pub primary_muscles: Vec<String>,
    pub secondary_muscles: Vec<String>,
    pub equipment: String,
    pub movement_pattern: String,
    /// Both limbs work at the same time.
    pub bilateral: bool,
    /// Kilograms by which the weight rises; 0 where progress is not by weight.
    pub step_increment: f64,
    /// Kilograms above which no weight is suggested; 0: none is.
    pub progression_limit: f64,
}

#[derive(Deserialize)]
struct ShippedPlan {
    id: String,
    name: String,
    description: String,
    duration_weeks: i64,
    sessions: Value,
}

/// The exercises as they are shipped.
pub fn exercises() -> Vec<Exercise> {
    parsed(EXERCISES)
}

/// Writes what has changed since the last start. The caller holds the lock.
pub async fn ship(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    if changed(connection, "exercises", EXERCISES).await? {
        for exercise in &exercises() {
            ship_exercise(connection, exercise).await?;
        }
    }
    if changed(connection, "plans", PLANS).await? {
        let plans: Vec<ShippedPlan> = parsed(PLANS);
        for plan in &plans {
            ship_plan(connection, plan).await?;
        }
    }
    Ok(())
}

fn parsed<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(text).expect("checked by a test")
}

/// Whether `text` is other than what was shipped last; notes it as shipped.
async fn changed(
    connection: &mut AnyConnection,
    name: &str,
    text: &str,
) -> Result<bool, sqlx::Error> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let digest = URL_SAFE_NO_PAD.encode(digest);
    let known = sqlx::query("SELECT digest FROM shipped WHERE name = $1")
        .bind(name)
        .fetch_optional(&mut *connection)
        .await?;
    if known.is_some_and(|row| row.get::<String, _>(0) == digest) {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO shipped (name, digest) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET digest = excluded.digest",
    )
    .bind(name)
    .bind(digest)
    .execute(connection)
    .await?;
    Ok(true)
}

async fn ship_exercise(
    connection: &mut AnyConnection,
    exercise: &Exercise,
) -> Result<(), sqlx::Error> {
    let list = |items: &[String]| serde_json::json!(items).to_string();
    sqlx::query(
        "INSERT INTO exercise (id, name, aliases, description, primary_muscles, secondary_muscles, equipment,
                               movement_pattern, bilateral, step_increment, progression_limit)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, aliases = excluded.aliases,
             description = excluded.description, primary_muscles = excluded.primary_muscles,
             secondary_muscles = excluded.secondary_muscles, equipment = excluded.equipment,
             movement_pattern = excluded.movement_pattern, bilateral = excluded.bilateral,
             step_increment = excluded.step_increment, progression_limit = excluded.progression_limit",
    )
    .bind(&exercise.id)
    .bind(&exercise.name)
    .bind(list(&exercise.aliases))
    .bind(&exercise.description)
    .bind(list(&exercise.primary_muscles))
    .bind(list(&exercise.secondary_muscles))
    .bind(&exercise.equipment)
    .bind(&exercise.movement_pattern)
    .bind(exercise.bilateral)
    .bind(exercise.step_increment)
    .bind(exercise.progression_limit)
    .execute(connection)
    .await?;
    Ok(())
}

async fn ship_plan(connection: &mut AnyConnection, plan: &ShippedPlan) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO plan (id, name, description, is_system, visibility, duration_weeks, sessions)
         VALUES ($1, $2, $3, $4, 'public', $5, $6)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description,
             duration_weeks = excluded.duration_weeks, sessions = excluded.sessions",
    )
    .bind(&plan.id)
    .bind(&plan.name)
    .bind(&plan.description)
    .bind(true)
    .bind(plan.duration_weeks)
    .bind(plan.sessions.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
