//! What is shown of a plan.

use std::fmt::Write;

use jiff::{civil, tz::TimeZone};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    workout::catalogue::Catalogue,
    workout::dates,
    workout::plan::{PlanExercise, PlanSession},
    workout::store::Plan,
    workout::views::name_of,
};

#[derive(Serialize, JsonSchema)]
pub(in crate::workout::tools) struct PlanView {
    pub plan_id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// system or user
    pub source: &'static str,
    pub visibility: String,
    pub created_by: String,
    pub duration_weeks: i64,
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub based_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<String>,
    /// Last day
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    pub sessions_per_week: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Vec<PlanSession>>,
}

impl PlanView {
    pub(super) fn of(plan: Plan, with_sessions: bool) -> Self {
        Self {
            plan_id: plan.id,
            name: plan.name,
            description: plan.description,
            source: if plan.is_system { "system" } else { "user" },
            visibility: plan.visibility,
            created_by: if plan.is_system {
                "system".to_owned()
            } else {
                plan.created_by
            },
            duration_weeks: plan.duration_weeks,
            active: plan.is_active,
            based_on: plan.based_on_plan_id,
            starts_at: plan.starts_at.map(|at| day(at).to_string()),
            // The end is the first moment after the last day.
            ends_at: plan.ends_at.map(|at| day(at - 1).to_string()),
            sessions_per_week: plan.sessions.len(),
            sessions: with_sessions.then_some(plan.sessions),
        }
    }

    pub(super) fn text(&self, catalogue: &Catalogue) -> String {
        let mut text = format!("{} (id {}, {})", self.name, self.plan_id, self.source);
        let _ = write!(
            text,
            ": {} sessions a week for {} weeks",
            self.sessions_per_week, self.duration_weeks
        );
        if self.active {
            text += "; active";
        }
        if let (Some(from), Some(to)) = (&self.starts_at, &self.ends_at) {
            let _ = write!(text, " from {from} to {to}");
        }
        for session in self.sessions.iter().flatten() {
            let day = session
                .day
                .map(|day| format!(" (day {day})"))
                .unwrap_or_default();
            let exercises: Vec<String> = session
                .exercises
                .iter()
                .map(|e| exercise_text(e, catalogue))
                .collect();
            let _ = write!(text, "\n  {}{day}: {}", session.name, exercises.join(", "));
        }
        text
    }
}

fn exercise_text(exercise: &PlanExercise, catalogue: &Catalogue) -> String {
    let reps = match (exercise.reps_min, exercise.reps_max) {
        (Some(min), Some(max)) if min < max => format!("x{min}-{max}"),
        (Some(reps), _) | (None, Some(reps)) => format!("x{reps}"),
        (None, None) => " sets".to_owned(),
    };
    format!(
        "{} {}{reps}",
        name_of(catalogue, &exercise.exercise_id),
        exercise.sets
    )
}

/// A plan begins and ends on days, whatever zone it is read in: they are kept as midnights in UTC.
pub(super) fn day(at: i64) -> civil::Date {
    dates::day(at, &TimeZone::UTC)
}
