//! A plan as tools return it, and as text.

use std::fmt::Write;

use crate::workout::tools::prelude::*;

#[derive(Serialize, JsonSchema)]
pub(in crate::workout::tools) struct PlanView {
    #[serde(flatten)]
    plan: Plan,
    sessions_per_week: usize,
    /// Exercises that were given by another name
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
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
            notice: None,
        }
    }

    /// The reply of a tool that has written the plan.
    pub(super) fn reply(
        action: &str,
        plan: Plan,
        notice: Option<String>,
        catalogue: &Catalogue,
    ) -> Reply<Self> {
        let mut view = Self::new(plan, true);
        let mut lines = vec![format!("{action}: {}", view.text(catalogue))];
        lines.extend(notice.clone());
        view.notice = notice;
        Reply::new(view, lines.join("\n"))
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
        (None, None) => " sets".to_owned(),
    };
    format!(
        "{} {}{reps}",
        name_of(catalogue, &exercise.exercise_id),
        exercise.sets
    )
}
