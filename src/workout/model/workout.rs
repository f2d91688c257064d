//! Logged workouts with their exercises and sets.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MAX_EXERCISE_NOTES_CHARS;
use crate::workout::figures::{
    e1rm::Effort,
    units::{Unit, convert},
};

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
    /// Name as people say it (incline db press), or id
    pub exercise_id: String,
    #[schemars(length(min = 1, max = 100))]
    pub sets: Vec<WorkoutSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub superset_group: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_EXERCISE_NOTES_CHARS))]
    pub notes: Option<String>,
}

// As entered.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkoutSet {
    /// Up to 1000; seconds of holds, metres of carries; 0 of a `failed_attempt`
    #[schemars(range(min = 0, max = 100_000))]
    pub reps: u32,
    /// Of one dumbbell; with the bar; what is added to the body or assists; else 0
    #[schemars(range(min = 0, max = 2000))]
    pub weight: f64,
    pub unit: Unit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub rpe: Option<f64>,
    /// Reps in reserve
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub rir: Option<f64>,
    /// Default normal
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<SetKind>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_warmup: bool,
}

// What a set was. A stored set is a warm-up by `is_warmup` alone, and has no kind if it is normal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SetKind {
    #[default]
    Normal,
    #[serde(alias = "warmup")]
    WarmUp,
    #[serde(alias = "drop_set", alias = "dropset")]
    Drop,
    #[serde(alias = "to_failure")]
    Failure,
    #[serde(alias = "failed")]
    FailedAttempt,
}

/// A working set that differs from all others, and when it was first done.
#[derive(Clone, Debug, PartialEq)]
pub struct DistinctSet {
    pub set: WorkoutSet,
    pub first_at: Timestamp,
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

impl SetKind {
    /// The word for it in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::WarmUp => "warm_up",
            Self::Drop => "drop",
            Self::Failure => "failure",
            Self::FailedAttempt => "failed_attempt",
        }
    }

    /// A kind by any of its usual names, in lower case with underscores.
    pub fn from_name(name: &str) -> Option<Self> {
        serde_json::from_value(name.into()).ok()
    }

    /// The inverse of [`SetKind::as_str`]; nothing else is a kind.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Normal,
            Self::WarmUp,
            Self::Drop,
            Self::Failure,
            Self::FailedAttempt,
        ];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl WorkoutSet {
    pub fn kind(&self) -> SetKind {
        if self.is_warmup {
            SetKind::WarmUp
        } else {
            self.kind.unwrap_or_default()
        }
    }

    /// True if it counts as a set of training: no warm-up, no failed attempt.
    pub fn is_working(&self) -> bool {
        !matches!(self.kind(), SetKind::WarmUp | SetKind::FailedAttempt)
    }

    /// Repetitions in reserve, where they are known: as given, or 10 - RPE.
    pub fn reserve(&self) -> Option<f64> {
        self.rir.or(self.rpe.map(|rpe| 10.0 - rpe))
    }

    /// The set with its weight in the unit.
    pub fn effort(&self, unit: Unit) -> Effort {
        Effort {
            weight: convert(self.weight, self.unit, unit),
            reps: self.reps,
            reserve: self.reserve(),
        }
    }
}

impl ExerciseSession {
    pub fn working_sets(&self) -> impl DoubleEndedIterator<Item = &WorkoutSet> {
        self.sets.iter().filter(|set| set.is_working())
    }

    /// True if reps in reserve are known of a working set.
    pub fn has_reserve(&self) -> bool {
        self.working_sets().any(|set| set.reserve().is_some())
    }
}
