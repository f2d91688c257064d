//! Logged workouts with their exercises and sets.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workout::figures::units::{Unit, convert};

/// Most seconds or metres of a set.
const MAX_COUNT: u32 = 100_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Workout {
    pub id: String,
    pub name: Option<String>,
    pub notes: Option<String>,
    pub performed_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub exercises: Vec<WorkoutExercise>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkoutExercise {
    /// Slug or name
    #[serde(alias = "exercise", alias = "exercise_name")]
    pub exercise_id: String,
    #[schemars(length(min = 1, max = 100))]
    pub sets: Vec<WorkoutSet>,
    /// Same number: done in alternation
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superset_group: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

// As entered.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkoutSet {
    /// Or seconds or metres, by the exercise's measure
    #[schemars(range(min = 1, max = 100_000))]
    #[serde(deserialize_with = "whole_number")]
    pub reps: u32,
    /// Per rep; 0 is bodyweight
    #[schemars(range(min = 0, max = 2000))]
    pub weight: f64,
    pub unit: Unit,
    /// Rate of perceived exertion
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub rpe: Option<f64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_warmup: bool,
}

/// The sets of one exercise in one workout.
#[derive(Clone, Debug, PartialEq)]
pub struct ExerciseSession {
    pub workout_id: String,
    pub performed_at: Timestamp,
    pub notes: Vec<String>,
    /// In the order done, warm-ups included.
    pub sets: Vec<WorkoutSet>,
}

impl ExerciseSession {
    pub fn working_sets(&self) -> impl DoubleEndedIterator<Item = &WorkoutSet> {
        self.sets.iter().filter(|set| !set.is_warmup)
    }

    /// The working sets as (weight in the unit, reps).
    pub fn weights_and_reps(&self, unit: Unit) -> impl Iterator<Item = (f64, u32)> {
        self.working_sets()
            .map(move |set| (convert(set.weight, set.unit, unit), set.reps))
    }

    /// Reps times weight of the working sets, in the unit.
    pub fn volume(&self, unit: Unit) -> f64 {
        let volume = |(weight, reps)| weight * f64::from(reps);
        self.weights_and_reps(unit).map(volume).sum()
    }
}

/// Deserializes a whole number; `5.0` is one too, as in JSON Schema.
fn whole_number<'de, D: serde::Deserializer<'de>>(given: D) -> Result<u32, D::Error> {
    let number = serde_json::Number::deserialize(given)?;
    let integral = number
        .as_f64()
        .filter(|n| n.fract() == 0.0 && (1.0..=f64::from(MAX_COUNT)).contains(n));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    let whole = integral.map(|n| n as u32);
    whole.ok_or_else(|| {
        serde::de::Error::custom(format!(
            "is {number}; it must be a whole number from 1 to {MAX_COUNT}"
        ))
    })
}
