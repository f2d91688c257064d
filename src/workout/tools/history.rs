//! Tool `get_exercise_history`.

use super::prelude::*;

const DEFAULT_SESSIONS: i64 = 30;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetExerciseHistory {
    exercise: String,
    /// Default 90
    #[schemars(range(min = 1, max = 36_500))]
    days: Option<i64>,
    /// Default 30
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    before: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct ExerciseHistory {
    exercise_id: String,
    name: String,
    /// Of volume and e1rm; sets keep their own
    unit: Unit,
    days: i64,
    /// Newest first
    sessions: Vec<SessionView>,
    /// There are older ones: give this as before
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<String>,
    /// Of e1rm
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<String>,
}

impl GetExerciseHistory {
    /// The newest sessions of the exercise.
    pub fn of(exercise: String) -> Self {
        Self {
            exercise,
            days: None,
            limit: None,
            before: None,
        }
    }
}

impl Tool for GetExerciseHistory {
    const NAME: &'static str = "get_exercise_history";
    const TITLE: &'static str = "Exercise history";
    const DESCRIPTION: &'static str = "Sessions of one exercise, newest first, with sets, volume and estimated one-rep max. Older ones: before=next_before.";
    type Output = ExerciseHistory;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<ExerciseHistory>, ToolError> {
        let mut user = ctx.read().await?;
        let catalogue = user.catalogue().await?;
        let exercise = catalogue.find(&self.exercise)?;
        let days = self.days.unwrap_or(90).min(user.settings.max_history_days);
        let limit = self.limit.unwrap_or(DEFAULT_SESSIONS);
        let mut page = Page::newest(user.days_ago(days), limit + 1);
        if let Some(before) = non_blank(self.before) {
            page.before = position(before.trim(), &mut user).await?;
        }
        let sessions = user.tx.exercise_sessions(&exercise.id, &page).await?;
        let unit = unit_of(&sessions, user.settings.units.unit());
        let measured = Measured::new(exercise, unit, &mut user).await?;
        let views = sessions.iter();
        let mut views: Vec<SessionView> = views
            .map(|session| SessionView::new(&measured, session, &user))
            .collect();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let fit = fitting(&views, PAGE_BYTES).min(limit);
        let more = views.len() > fit;
        views.truncate(fit);
        let last = views.last().filter(|_| more);
        let history = ExerciseHistory {
            exercise_id: exercise.id.clone(),
            name: exercise.name.clone(),
            unit,
            days,
            next_before: last.map(|session| session.workout_id.clone()),
            sessions: views,
            formula: measured.formula(&sessions),
        };
        let (text, notice) = (history.text(), history.notice());
        Ok(Reply::new(history, text).with_notice(notice))
    }
}

impl ExerciseHistory {
    fn text(&self) -> String {
        let (name, days) = (&self.name, self.days);
        let n = self.sessions.len();
        if n == 0 {
            return String::new();
        }
        let mut lines = vec![format!(
            "{name}: {n} sessions in the last {days} days, newest first"
        )];
        lines.extend(self.sessions.iter().map(|session| session.text(self.unit)));
        if let Some(before) = &self.next_before {
            lines.push(format!("older ones: before={before}"));
        }
        lines.join("\n")
    }

    fn notice(&self) -> Option<String> {
        let (name, days) = (&self.name, self.days);
        let none = self.sessions.is_empty();
        none.then(|| format!("{name}: nothing logged in the last {days} days"))
    }
}
