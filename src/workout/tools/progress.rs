//! Tool `analyze_progress`: trends, plateau and best sets of one exercise over a period.

mod analysis;
mod text;

use super::prelude::*;
use crate::workout::figures::plateau::Plateau;

/// Sessions that an analysis may rest on: one a day for the longest period.
const MAX_SESSIONS: i64 = 366;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalyzeProgress {
    /// Slug or name
    #[serde(alias = "exercise_name", alias = "exercise_id")]
    pub exercise: String,
    /// Default 30, at most 365
    #[serde(alias = "days")]
    pub time_period_days: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
pub struct Progress {
    exercise_id: String,
    name: String,
    unit: Unit,
    time_period_days: i64,
    sessions: usize,
    sessions_per_week: f64,
    volume: VolumeTrend,
    /// Absent for bodyweight exercises, carries and without weight
    #[serde(skip_serializing_if = "Option::is_none")]
    e1rm: Option<E1rmTrend>,
    /// e1RM slope of 0 or less over at least 4 sessions and 21 days
    plateau: Plateau,
    best_sets: Vec<BestSet>,
    /// Oldest first, the latest 100
    points: Vec<Point>,
    formula: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct VolumeTrend {
    total: f64,
    per_session: f64,
    #[serde(flatten)]
    slope: Option<Slope>,
}

#[derive(Serialize, JsonSchema)]
struct Slope {
    slope_per_week: f64,
    r_squared: f64,
}

#[derive(Serialize, JsonSchema)]
struct E1rmTrend {
    first: f64,
    latest: f64,
    best: f64,
    #[serde(flatten)]
    slope: Option<Slope>,
    /// Some session's estimate rests on more than 10 reps
    low_confidence: bool,
}

#[derive(Serialize, JsonSchema)]
struct BestSet {
    date: String,
    weight: f64,
    reps: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    e1rm: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    low_confidence: bool,
}

#[derive(Serialize, JsonSchema)]
struct Point {
    date: String,
    volume: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    e1rm: Option<f64>,
}

impl Tool for AnalyzeProgress {
    const NAME: &'static str = "analyze_progress";
    const TITLE: &'static str = "Analyze progress";
    const DESCRIPTION: &'static str = "Trend of one exercise over a period: volume, estimated one-rep max with slope per week and fit, \
        sessions per week, best sets, and whether it is a plateau.";
    type Output = Progress;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<Progress>, ToolError> {
        let exercise = ctx.catalogue.find(&self.exercise)?;
        let mut user = ctx.read().await?;
        let limit = user.settings.max_history_days;
        let days = days("time_period_days", self.time_period_days, 30, limit)?;
        let since = user.days_ago(days);
        let sessions = user.tx.exercise_history(&exercise.id, since, MAX_SESSIONS);
        let mut sessions = sessions.await?;
        let unit = unit_of(&sessions, user.settings.units.unit());
        sessions.reverse();
        sessions.retain(|session| session.working_sets().next().is_some());
        let progress = Progress::new(exercise, &sessions, unit, days, &user.zone);
        let text = progress.text();
        Ok(Reply::new(progress, text))
    }
}
