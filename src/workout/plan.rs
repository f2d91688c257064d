//! What a plan consists of: sessions of the week, each with its exercises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A session of the week
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSession {
    pub name: String,
    /// 1 Monday to 7 Sunday
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 7))]
    pub day: Option<u8>,
    pub exercises: Vec<PlanExercise>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanExercise {
    /// Slug or name
    #[serde(alias = "exercise")]
    pub exercise_id: String,
    #[schemars(range(min = 1, max = 50))]
    pub sets: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reps_min: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reps_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpe: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}
