//! Tool `analyze_progress`: trends, plateau and best sets of one exercise over a period.

mod all_time;
mod analysis;
mod best;
mod text;

use super::{prelude::*, words::Words};
use crate::workout::figures::plateau::Plateau;

/// Sessions that an analysis may rest on: one a day for the longest period.
const MAX_SESSIONS: i64 = 366;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalyzeProgress {
    pub exercise: String,
    /// Default 30
    #[schemars(range(min = 1, max = 36_500))]
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
    /// Absent where the weight lifted is not known, or nothing is lifted
    #[serde(skip_serializing_if = "Option::is_none")]
    e1rm: Option<E1rmTrend>,
    /// In place of e1rm, the best of each session
    #[serde(skip_serializing_if = "Option::is_none")]
    best: Option<BestTrend>,
    /// No rise of e1rm, or else of best, over at least 4 sessions and 21 days; sets of RPE 6 or less left out
    plateau: Plateau,
    best_sets: Vec<BestSet>,
    /// Of everything logged, whatever the period
    #[serde(skip_serializing_if = "Option::is_none")]
    all_time: Option<AllTime>,
    /// Oldest first, the latest 100
    points: Vec<Point>,
    /// Of e1rm
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<String>,
    #[serde(skip)]
    words: Words,
    #[serde(skip)]
    lacks_body_weight: bool,
}

#[derive(Serialize, JsonSchema)]
struct VolumeTrend {
    /// If it is not a weight: reps, s or m
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
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
struct BestTrend {
    of: Best,
    first: f64,
    latest: f64,
    best: f64,
    #[serde(flatten)]
    slope: Option<Slope>,
}

/// What progress is seen by where no maximum can be estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Best {
    Weight,
    // Less is better
    Assistance,
    Reps,
    Seconds,
    Metres,
}

#[derive(Clone, Serialize, JsonSchema)]
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
struct AllTime {
    /// The most weight, or the least assistance
    heaviest: BestSet,
    /// The most reps, seconds or metres in one set
    most_reps: BestSet,
    #[serde(skip_serializing_if = "Option::is_none")]
    highest_e1rm: Option<BestSet>,
}

#[derive(Serialize, JsonSchema)]
struct Point {
    date: String,
    volume: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    e1rm: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    best: Option<f64>,
}

impl Tool for AnalyzeProgress {
    const NAME: &'static str = "analyze_progress";
    const TITLE: &'static str = "Analyze progress";
    const DESCRIPTION: &'static str = "Progress in one exercise: volume and estimated one-rep max (or best set: holds, carries, bodyweight) with weekly slope, best sets, plateau, all-time bests.";
    type Output = Progress;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<Progress>, ToolError> {
        let mut user = ctx.read().await?;
        let catalogue = user.catalogue().await?;
        let exercise = catalogue.find(&self.exercise)?;
        let limit = user.settings.max_history_days;
        let days = self.time_period_days.unwrap_or(30).min(limit);
        let since = user.days_ago(days);
        let sessions = user.tx.exercise_history(&exercise.id, since, MAX_SESSIONS);
        let mut sessions = sessions.await?;
        let (oldest, each_time) = (user.oldest(), exercise.needs_body_weight());
        let ever = user.tx.distinct_sets(&exercise.id, oldest, each_time);
        let ever = ever.await?;
        let last_unit = ever.last().filter(|_| sessions.is_empty());
        let last_unit = last_unit.map(|last| last.set.unit);
        let unit = unit_of(&sessions, user.settings.units.unit().or(last_unit));
        sessions.reverse();
        sessions.retain(|session| session.working_sets().next().is_some());
        let measured = Measured::new(exercise, unit, &mut user).await?;
        let mut progress = Progress::new(&measured, &sessions, days, &user.zone);
        progress.all_time = AllTime::new(&measured, &ever, &user.zone);
        let (text, notice) = (progress.text(), progress.notice());
        Ok(Reply::new(progress, text).with_notice(notice))
    }
}
