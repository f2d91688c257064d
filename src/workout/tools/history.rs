//! Tool `get_exercise_history`.

use super::prelude::*;
use crate::workout::figures::e1rm::FORMULA;

/// Most sessions in one answer.
const MAX_SESSIONS: i64 = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetExerciseHistory {
    /// Slug or name
    #[serde(alias = "exercise_name", alias = "exercise_id")]
    pub exercise: String,
    /// Default 90, at most 365
    pub days: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
pub struct ExerciseHistory {
    exercise_id: String,
    name: String,
    /// Of volume and e1rm; sets keep their own
    unit: Unit,
    days: i64,
    /// Newest first, at most 100
    sessions: Vec<SessionView>,
    formula: &'static str,
}

impl Tool for GetExerciseHistory {
    const NAME: &'static str = "get_exercise_history";
    const TITLE: &'static str = "Exercise history";
    const DESCRIPTION: &'static str =
        "The sessions of one exercise, newest first, with sets, volume and estimated one-rep max.";
    type Output = ExerciseHistory;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<ExerciseHistory>, ToolError> {
        let exercise = ctx.catalogue.find(&self.exercise)?;
        let mut user = ctx.read().await?;
        let days = days("days", self.days, 90, user.settings.max_history_days)?;
        let since = user.days_ago(days);
        let sessions = user.tx.exercise_history(&exercise.id, since, MAX_SESSIONS);
        let sessions = sessions.await?;
        let unit = unit_of(&sessions, user.settings.units.unit());
        let views = sessions
            .iter()
            .map(|session| SessionView::new(exercise, session, unit, &user));
        let history = ExerciseHistory {
            exercise_id: exercise.id.clone(),
            name: exercise.name.clone(),
            unit,
            days,
            sessions: views.collect(),
            formula: FORMULA,
        };
        let text = history.text();
        Ok(Reply::new(history, text))
    }
}

impl ExerciseHistory {
    fn text(&self) -> String {
        let (name, days) = (&self.name, self.days);
        let mut lines = vec![match self.sessions.len() {
            0 => format!("{name}: nothing logged in the last {days} days"),
            n => format!("{name}: {n} sessions in the last {days} days, newest first"),
        }];
        lines.extend(self.sessions.iter().map(|session| session.text(self.unit)));
        lines.join("\n")
    }
}
