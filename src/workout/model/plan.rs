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

/// A system plan, or a plan of the user's
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
