//! `analyze_progress`: what has become of one exercise over a period.

use std::fmt::Write;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::{answer, days};
use crate::{
    workout::call::{Answer, Call, Opened, ToolError},
    workout::catalogue::Exercise,
    workout::dates,
    workout::figures::{
        e1rm::{self, FORMULA},
        plateau::{Plateau, plateau},
        trend::{self, trend},
        units::{Unit, round1, round2},
    },
    workout::store::ExerciseSession,
    workout::views::{maximum, signed, unit_of, volume, working},
};

/// Sessions that an analysis may rest on: one a day for the longest period.
const MAX_ANALYZED: i64 = 366;
/// Of these, so many are told one by one.
const MAX_POINTS: usize = 100;
const BEST_SETS: usize = 3;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnalyzeProgress {
    /// Slug or name
    #[serde(alias = "exercise_name", alias = "exercise_id")]
    exercise: String,
    /// Default 30, at most 365
    #[serde(alias = "days")]
    time_period_days: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Progress {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    slope_per_week: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r_squared: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct E1rmTrend {
    first: f64,
    latest: f64,
    best: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    slope_per_week: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r_squared: Option<f64>,
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

pub(super) async fn analyze(call: &Call<'_>, input: AnalyzeProgress) -> Result<Answer, ToolError> {
    let exercise = call.catalogue.find(&input.exercise)?;
    let Opened {
        mut tx,
        settings,
        zone,
    } = call.read().await?;
    let days = days(
        "time_period_days",
        input.time_period_days,
        30,
        settings.max_history_days,
    )?;
    let since = dates::days_ago(days, &zone, call.now);
    let mut sessions = tx
        .exercise_history(&exercise.id, since, MAX_ANALYZED)
        .await?;
    let unit = unit_of(&sessions, settings.units);
    sessions.reverse();
    sessions.retain(|session| session.sets.iter().any(|set| !set.is_warmup));
    let progress = progress_of(exercise, &sessions, unit, days, &zone);
    let text = progress.text();
    answer(&progress, text)
}

/// The figures of sessions, oldest first, each with at least one working set.
#[expect(clippy::cast_precision_loss, reason = "hundreds of sessions")]
fn progress_of(
    exercise: &Exercise,
    sessions: &[ExerciseSession],
    unit: Unit,
    days: i64,
    zone: &TimeZone,
) -> Progress {
    let at = |session: &ExerciseSession| dates::day_number(session.performed_at, zone);
    let volumes: Vec<(f64, f64)> = sessions.iter().map(|s| (at(s), volume(s, unit))).collect();
    let bests: Vec<Option<e1rm::E1rm>> = sessions
        .iter()
        .map(|s| maximum(exercise, s, unit))
        .collect();
    let maxima: Vec<(f64, f64)> = sessions
        .iter()
        .zip(&bests)
        .filter_map(|(s, best)| Some((at(s), best.as_ref()?.weight)))
        .collect();
    let total: f64 = volumes.iter().map(|(_, volume)| volume).sum();
    let volume_trend = trend(&volumes);
    let points = sessions
        .iter()
        .zip(&volumes)
        .zip(&bests)
        .map(|((session, (_, volume)), best)| Point {
            date: dates::day(session.performed_at, zone).to_string(),
            volume: round1(*volume),
            e1rm: best.as_ref().map(|best| round1(best.weight)),
        });
    Progress {
        exercise_id: exercise.id.clone(),
        name: exercise.name.clone(),
        unit,
        time_period_days: days,
        sessions: sessions.len(),
        sessions_per_week: round2(sessions.len() as f64 * 7.0 / days as f64),
        volume: VolumeTrend {
            total: round1(total),
            per_session: round1(if sessions.is_empty() {
                0.0
            } else {
                total / sessions.len() as f64
            }),
            slope_per_week: volume_trend
                .as_ref()
                .map(|trend| round2(trend.slope_per_week)),
            r_squared: volume_trend.as_ref().map(|trend| round2(trend.r_squared)),
        },
        e1rm: e1rm_trend(
            &maxima,
            bests.iter().flatten().any(|best| best.low_confidence),
        ),
        plateau: plateau(&maxima),
        best_sets: best_sets(exercise, sessions, unit, zone),
        points: points
            .skip(sessions.len().saturating_sub(MAX_POINTS))
            .collect(),
        formula: FORMULA,
    }
}

fn e1rm_trend(maxima: &[(f64, f64)], low_confidence: bool) -> Option<E1rmTrend> {
    let (first, latest) = (maxima.first()?.1, maxima.last()?.1);
    let fitted: Option<trend::Trend> = trend(maxima);
    Some(E1rmTrend {
        first: round1(first),
        latest: round1(latest),
        best: round1(maxima.iter().map(|(_, weight)| *weight).fold(0.0, f64::max)),
        slope_per_week: fitted.as_ref().map(|trend| round2(trend.slope_per_week)),
        r_squared: fitted.as_ref().map(|trend| round2(trend.r_squared)),
        low_confidence,
    })
}

/// The best sets: by estimated maximum, reliable estimates first, then by weight and reps.
fn best_sets(
    exercise: &Exercise,
    sessions: &[ExerciseSession],
    unit: Unit,
    zone: &TimeZone,
) -> Vec<BestSet> {
    let mut sets: Vec<BestSet> = Vec::new();
    for session in sessions {
        for (weight, reps) in working(session, unit) {
            let estimate = exercise
                .has_maximum()
                .then(|| e1rm::brzycki(weight, reps))
                .flatten();
            sets.push(BestSet {
                date: dates::day(session.performed_at, zone).to_string(),
                weight: round2(weight),
                reps,
                e1rm: estimate.as_ref().map(|e| round1(e.weight)),
                low_confidence: estimate.is_some_and(|e| e.low_confidence),
            });
        }
    }
    sets.sort_by(|a, b| {
        let rank = |set: &BestSet| {
            (
                set.e1rm.is_some() && !set.low_confidence,
                set.e1rm.unwrap_or(0.0),
            )
        };
        let ((a_sure, a_max), (b_sure, b_max)) = (rank(a), rank(b));
        (b_sure.cmp(&a_sure))
            .then_with(|| b_max.total_cmp(&a_max))
            .then_with(|| b.reps.cmp(&a.reps))
            .then_with(|| b.date.cmp(&a.date))
    });
    sets.truncate(BEST_SETS);
    sets
}

impl Progress {
    fn text(&self) -> String {
        let (unit, days) = (self.unit.as_str(), self.time_period_days);
        if self.sessions == 0 {
            return format!("{}: nothing logged in the last {days} days", self.name);
        }
        let mut lines = vec![format!(
            "{}, last {days} days: {} sessions ({} a week)",
            self.name, self.sessions, self.sessions_per_week
        )];
        if let Some(e1rm) = &self.e1rm {
            let mut line = format!(
                "e1RM: first {}, latest {}, best {} {unit}",
                e1rm.first, e1rm.latest, e1rm.best
            );
            if let (Some(slope), Some(fit)) = (e1rm.slope_per_week, e1rm.r_squared) {
                let _ = write!(line, "; {} {unit} a week (R² {fit})", signed(slope));
            }
            if e1rm.low_confidence {
                line += "; some estimates rest on more than 10 reps: low confidence";
            }
            lines.push(line);
        } else {
            lines.push("e1RM: none: with bodyweight, carries or no weight it says nothing; compare weight and reps".to_owned());
        }
        let mut line = format!(
            "Volume: {} {unit} in all, {} a session",
            self.volume.total, self.volume.per_session
        );
        if let Some(slope) = self.volume.slope_per_week {
            let _ = write!(line, "; {} a week", signed(slope));
        }
        lines.push(line);
        let best = self
            .best_sets
            .iter()
            .map(|set| format!("{} @ {} {unit} on {}", set.reps, set.weight, set.date));
        lines.push(format!(
            "Best sets: {}",
            best.collect::<Vec<_>>().join(", ")
        ));
        lines.push(match self.plateau {
            Plateau::Yes => {
                "Plateau: yes, the e1RM has not risen over at least 4 sessions and 21 days"
                    .to_owned()
            }
            Plateau::No => "Plateau: no".to_owned(),
            Plateau::NotEnoughData => {
                "Plateau: not enough data (needs 4 sessions over 21 days)".to_owned()
            }
        });
        lines.push(format!("Formula: {FORMULA}"));
        lines.join("\n")
    }
}
