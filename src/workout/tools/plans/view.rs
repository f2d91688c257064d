//! A plan as tools return it, and as text.

use std::fmt::Write;

use crate::workout::tools::prelude::*;

#[derive(Serialize, JsonSchema)]
pub(in crate::workout::tools) struct PlanView {
    #[serde(flatten)]
    plan: Plan,
    sessions_per_week: usize,
}

impl PlanView {
    pub(super) fn new(mut plan: Plan, with_sessions: bool) -> Self {
        let sessions_per_week = plan.sessions.len();
        if !with_sessions {
            plan.sessions.clear();
        }
        Self {
            plan,
            sessions_per_week,
        }
    }

    /// The reply of a tool that has written the plan.
    pub(super) fn reply(
        action: &str,
        plan: Plan,
        notice: Option<String>,
        catalogue: &Catalogue,
    ) -> Reply<Self> {
        let view = Self::new(plan, true);
        let text = format!("{action}: {}", view.text(catalogue));
        Reply::new(view, text).with_notice(notice)
    }

    pub(super) fn text(&self, catalogue: &Catalogue) -> String {
        let plan = &self.plan;
        let source = if plan.is_system() { "system" } else { "user" };
        let mut text = format!("{} (id {}, {source})", plan.name, plan.id);
        let (sessions, weeks) = (self.sessions_per_week, plan.duration_weeks);
        let _ = write!(text, ": {sessions} sessions a week for {weeks} weeks");
        if plan.is_active {
            text += "; active";
        }
        if let (Some(from), Some(to)) = (plan.starts_on, plan.ends_on) {
            let _ = write!(text, " from {from} to {to}");
        }
        for session in &plan.sessions {
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
        (None, None) if exercise.seconds.is_some() => String::new(),
        (None, None) => " sets".to_owned(),
    };
    let mut text = format!(
        "{} {}{reps}",
        name_of(catalogue, &exercise.exercise_id),
        exercise.sets
    );
    if let Some(seconds) = exercise.seconds {
        let _ = write!(text, "x{seconds} s");
    }
    if let Some(rpe) = exercise.rpe {
        let _ = write!(text, " RPE {rpe}");
    }
    if let Some(group) = exercise.superset_group {
        let _ = write!(text, " (superset {group})");
    }
    text
}
