//! The figures of a progress report.

use jiff::{Timestamp, tz::TimeZone};

use super::{Best, BestSet, BestTrend, E1rmTrend, Point, Progress, Slope, VolumeTrend};
use crate::workout::figures::{
    e1rm::{self, E1rm},
    plateau::plateau,
    trend::trend,
};
use crate::workout::tools::{prelude::*, words::Words};

/// Sessions that are listed one by one.
const MAX_POINTS: usize = 100;
const BEST_SETS: usize = 3;
/// Sets with so many repetitions in reserve, RPE 6, or more say nothing of a plateau.
const EASY: f64 = 4.0;

/// The values of a session for the trends.
struct SessionFigures {
    day: f64,
    date: String,
    volume: f64,
    e1rm: Option<E1rm>,
    best: Option<f64>,
    /// The maximum, or else the best, of the sets that were not easy; more is better.
    hard: Option<f64>,
}

impl Progress {
    /// `sessions` are sorted oldest first, each with at least one working set.
    #[expect(clippy::cast_precision_loss, reason = "hundreds of sessions")]
    pub(super) fn new(
        measured: &Measured<'_>,
        sessions: &[ExerciseSession],
        days: i64,
        zone: &TimeZone,
    ) -> Self {
        let exercise = measured.exercise;
        let has_maximum = |session| measured.best_e1rm(session).is_some();
        let by = (!sessions.iter().any(has_maximum)).then(|| Best::of(measured, sessions));
        let figures: Vec<SessionFigures> = sessions
            .iter()
            .map(|session| SessionFigures::new(measured, session, by, zone))
            .collect();
        let hard = |session: &SessionFigures| Some((session.day, session.hard?));
        let hard: Vec<(f64, f64)> = figures.iter().filter_map(hard).collect();
        let points = figures.iter().map(|session| Point {
            date: session.date.clone(),
            volume: round1(session.volume),
            e1rm: session.e1rm.map(|e1rm| round1(e1rm.weight)),
            best: session.best.map(round1),
        });
        Self {
            exercise_id: exercise.id.clone(),
            name: exercise.name.clone(),
            unit: measured.unit,
            time_period_days: days,
            sessions: sessions.len(),
            sessions_per_week: round2(sessions.len() as f64 * 7.0 / days as f64),
            volume: volume_trend(measured, &figures),
            e1rm: e1rm_trend(&figures),
            best: by.and_then(|by| best_trend(by, &figures)),
            plateau: plateau(&hard),
            best_sets: best_sets(measured, sessions, by, zone),
            all_time: None,
            points: points
                .skip(sessions.len().saturating_sub(MAX_POINTS))
                .collect(),
            formula: measured.formula(sessions),
            words: Words::of(exercise),
            lacks_body_weight: exercise.needs_body_weight() && !measured.includes_body(),
        }
    }
}

impl SessionFigures {
    fn new(
        measured: &Measured<'_>,
        session: &ExerciseSession,
        by: Option<Best>,
        zone: &TimeZone,
    ) -> Self {
        let is_hard = |set: &&WorkoutSet| set.reserve().is_none_or(|reserve| reserve < EASY);
        let hard = session.working_sets().filter(is_hard);
        let hard = if let Some(by) = by {
            by.value(measured, hard).map(|value| value * by.sign())
        } else {
            let efforts = hard.filter_map(|set| measured.effort(session.performed_at, set));
            e1rm::best(efforts).map(|(_, best)| best.weight)
        };
        Self {
            day: dates::day_number(session.performed_at, zone),
            date: dates::day(session.performed_at, zone).to_string(),
            volume: measured.volume(session),
            e1rm: measured.best_e1rm(session),
            best: by.and_then(|by| by.value(measured, session.working_sets())),
            hard,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "hundreds of sessions")]
fn volume_trend(measured: &Measured<'_>, figures: &[SessionFigures]) -> VolumeTrend {
    let volumes: Vec<(f64, f64)> = figures.iter().map(|s| (s.day, s.volume)).collect();
    let total: f64 = volumes.iter().map(|(_, volume)| volume).sum();
    VolumeTrend {
        unit: measured.volume_unit(),
        total: round1(total),
        per_session: round1(total / figures.len().max(1) as f64),
        slope: slope(&volumes),
    }
}

fn e1rm_trend(figures: &[SessionFigures]) -> Option<E1rmTrend> {
    // (day, estimated maximum)
    let maximum = |session: &SessionFigures| Some((session.day, session.e1rm?.weight));
    let maxima: Vec<(f64, f64)> = figures.iter().filter_map(maximum).collect();
    let (first, latest) = (maxima.first()?.1, maxima.last()?.1);
    let best = maxima.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    let mut estimates = figures.iter().filter_map(|session| session.e1rm);
    Some(E1rmTrend {
        first: round1(first),
        latest: round1(latest),
        best: round1(best),
        slope: slope(&maxima),
        low_confidence: estimates.any(|estimate| estimate.low_confidence),
    })
}

fn best_trend(by: Best, figures: &[SessionFigures]) -> Option<BestTrend> {
    let value = |session: &SessionFigures| Some((session.day, session.best?));
    let values: Vec<(f64, f64)> = figures.iter().filter_map(value).collect();
    let better = |a: f64, b: f64| if (b - a) * by.sign() > 0.0 { b } else { a };
    Some(BestTrend {
        of: by,
        first: round2(values.first()?.1),
        latest: round2(values.last()?.1),
        best: round2(values.iter().map(|(_, value)| *value).reduce(better)?),
        slope: slope(&values),
    })
}

fn slope(points: &[(f64, f64)]) -> Option<Slope> {
    trend(points).map(|trend| Slope {
        slope_per_week: round2(trend.slope_per_week),
        r_squared: round2(trend.r_squared),
    })
}

impl BestSet {
    pub(super) fn new(
        measured: &Measured<'_>,
        at: Timestamp,
        set: &WorkoutSet,
        zone: &TimeZone,
    ) -> Self {
        let estimate = measured.effort(at, set).and_then(e1rm::brzycki);
        Self {
            date: dates::day(at, zone).to_string(),
            weight: round2(measured.logged_weight(set)),
            reps: set.reps,
            e1rm: estimate.map(|estimate| round1(estimate.weight)),
            low_confidence: estimate.is_some_and(|estimate| estimate.low_confidence),
        }
    }
}

/// The best sets: by estimated maximum, reliable estimates first; without estimates by what the sessions are compared by; then
/// by reps and date.
fn best_sets(
    measured: &Measured<'_>,
    sessions: &[ExerciseSession],
    by: Option<Best>,
    zone: &TimeZone,
) -> Vec<BestSet> {
    let best_set = |session: &ExerciseSession, set: &WorkoutSet| {
        BestSet::new(measured, session.performed_at, set, zone)
    };
    let mut sets: Vec<BestSet> = sessions
        .iter()
        .flat_map(|session| {
            let sets = session.working_sets();
            sets.map(move |set| best_set(session, set))
        })
        .collect();
    let reliable = |set: &BestSet| set.e1rm.is_some() && !set.low_confidence;
    let maximum = |set: &BestSet| set.e1rm.unwrap_or(0.0);
    let weight = |set: &BestSet| match by {
        Some(Best::Weight) => set.weight,
        Some(Best::Assistance) => -set.weight,
        _ => 0.0,
    };
    sets.sort_by(|a, b| {
        (reliable(b).cmp(&reliable(a)))
            .then_with(|| maximum(b).total_cmp(&maximum(a)))
            .then_with(|| weight(b).total_cmp(&weight(a)))
            .then_with(|| b.reps.cmp(&a.reps))
            .then_with(|| b.date.cmp(&a.date))
    });
    sets.truncate(BEST_SETS);
    sets
}
