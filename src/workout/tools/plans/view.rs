//! A plan as tools return it, and as text.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use crate::workout::{
    catalogue::Catalogue,
    model::{Plan, PlanExercise, PlanSession},
    tools::{Reply, views::name_of},
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
    pub(super) fn new(plan: Plan, with_sessions: bool) -> Self {
        let (source, created_by) = if plan.is_system {
            ("system", "system".to_owned())
        } else {
            ("user", plan.created_by)
        };
        Self {
            plan_id: plan.id,
            name: plan.name,
            description: plan.description,
            source,
            visibility: plan.visibility,
            created_by,
            duration_weeks: plan.duration_weeks,
            active: plan.is_active,
            based_on: plan.based_on_plan_id,
            starts_at: plan.starts_on.map(|day| day.to_string()),
            ends_at: plan.ends_on.map(|day| day.to_string()),
            sessions_per_week: plan.sessions.len(),
            sessions: with_sessions.then_some(plan.sessions),
        }
    }

    /// The reply of a tool that has written the plan.
    pub(super) fn reply(action: &str, plan: Plan, catalogue: &Catalogue) -> Reply<Self> {
        let view = Self::new(plan, true);
        let text = format!("{action}: {}", view.text(catalogue));
        Reply { data: view, text }
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
