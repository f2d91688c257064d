//! Training plans: sessions of the week, each with its exercises.

use jiff::civil::Date;
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

/// A system plan, or a plan of the user's.
#[derive(Clone, Debug)]
pub struct Plan {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub is_system: bool,
    pub visibility: String,
    pub duration_weeks: i64,
    pub sessions: Vec<PlanSession>,
    pub based_on_plan_id: Option<String>,
    pub is_active: bool,
    pub starts_on: Option<Date>,
    /// The last day.
    pub ends_on: Option<Date>,
    pub created_by: String,
}

/// A plan to be stored for the user.
pub struct NewPlan {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub visibility: &'static str,
    pub duration_weeks: i64,
    pub sessions: Vec<PlanSession>,
    pub based_on_plan_id: Option<String>,
}
