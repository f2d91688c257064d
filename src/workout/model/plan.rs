//! Training plans: sessions of the week, each with its exercises.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MAX_NAME_CHARS, MAX_NOTES_CHARS, NOT_BLANK};

// A session of the week.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSession {
    #[schemars(length(max = MAX_NAME_CHARS), regex(pattern = NOT_BLANK))]
    pub name: String,
    /// 1 Monday to 7 Sunday
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 7))]
    pub day: Option<u8>,
    #[schemars(length(min = 1, max = 30))]
    pub exercises: Vec<PlanExercise>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanExercise {
    pub exercise_id: String,
    #[schemars(range(min = 1, max = 50))]
    pub sets: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub reps_min: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub reps_max: Option<u32>,
    /// Of each set of a hold or cardio
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub rpe: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 3600))]
    pub rest_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub superset_group: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NOTES_CHARS))]
    pub notes: Option<String>,
}

// A system plan, or a plan of the user's.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Plan {
    #[serde(rename = "plan_id")]
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub source: PlanSource,
    pub visibility: String,
    pub created_by: String,
    pub duration_weeks: i64,
    #[serde(rename = "active")]
    pub is_active: bool,
    #[serde(rename = "based_on", skip_serializing_if = "Option::is_none")]
    pub based_on_plan_id: Option<String>,
    #[serde(rename = "starts_at", skip_serializing_if = "Option::is_none")]
    pub starts_on: Option<Date>,
    /// Last day
    #[serde(rename = "ends_at", skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<Date>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<PlanSession>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlanSource {
    System,
    User,
}

impl Plan {
    pub fn is_system(&self) -> bool {
        self.source == PlanSource::System
    }
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
