//! The figures of a progress report.

use jiff::tz::TimeZone;

use super::{BestSet, E1rmTrend, Point, Progress, Slope, VolumeTrend};
use crate::workout::figures::{
    e1rm::{self, E1rm, FORMULA},
    plateau::plateau,
    trend::trend,
};
use crate::workout::tools::prelude::*;

/// Sessions that are listed one by one.
const MAX_POINTS: usize = 100;
const BEST_SETS: usize = 3;

/// The values of a session for the trends.
struct SessionFigures {
    day: f64,
    date: String,
    volume: f64,
    e1rm: Option<E1rm>,
}

impl Progress {
    /// `sessions` are sorted oldest first, each with at least one working set.
    #[expect(clippy::cast_precision_loss, reason = "hundreds of sessions")]
    pub(super) fn new(
        exercise: &Exercise,
        sessions: &[ExerciseSession],
        unit: Unit,
        days: i64,
        zone: &TimeZone,
    ) -> Self {
        let figures: Vec<SessionFigures> = sessions
            .iter()
            .map(|session| SessionFigures {
                day: dates::day_number(session.performed_at, zone),
                date: dates::day(session.performed_at, zone).to_string(),
                volume: session.volume(unit),
                e1rm: best_e1rm(exercise, session, unit),
            })
            .collect();
        // (day, estimated maximum)
        let maximum = |session: &SessionFigures| Some((session.day, session.e1rm?.weight));
        let maxima: Vec<(f64, f64)> = figures.iter().filter_map(maximum).collect();
        let points = figures.iter().map(|session| Point {
            date: session.date.clone(),
            volume: round1(session.volume),
            e1rm: session.e1rm.map(|e1rm| round1(e1rm.weight)),
        });
        Self {
            exercise_id: exercise.id.clone(),
            name: exercise.name.clone(),
            unit,
            time_period_days: days,
            sessions: sessions.len(),
            sessions_per_week: round2(sessions.len() as f64 * 7.0 / days as f64),
            volume: volume_trend(&figures),
            e1rm: e1rm_trend(&figures, &maxima),
            plateau: plateau(&maxima),
            best_sets: best_sets(exercise, sessions, unit, zone),
            points: points
                .skip(sessions.len().saturating_sub(MAX_POINTS))
                .collect(),
            formula: FORMULA,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "hundreds of sessions")]
fn volume_trend(figures: &[SessionFigures]) -> VolumeTrend {
    let volumes: Vec<(f64, f64)> = figures.iter().map(|s| (s.day, s.volume)).collect();
    let total: f64 = volumes.iter().map(|(_, volume)| volume).sum();
    VolumeTrend {
        total: round1(total),
        per_session: round1(total / figures.len().max(1) as f64),
        slope: slope(&volumes),
    }
}

fn e1rm_trend(figures: &[SessionFigures], maxima: &[(f64, f64)]) -> Option<E1rmTrend> {
    let (first, latest) = (maxima.first()?.1, maxima.last()?.1);
    let best = maxima.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    let mut estimates = figures.iter().filter_map(|session| session.e1rm);
    Some(E1rmTrend {
        first: round1(first),
        latest: round1(latest),
        best: round1(best),
        slope: slope(maxima),
        low_confidence: estimates.any(|estimate| estimate.low_confidence),
    })
}

fn slope(points: &[(f64, f64)]) -> Option<Slope> {
    trend(points).map(|trend| Slope {
        slope_per_week: round2(trend.slope_per_week),
        r_squared: round2(trend.r_squared),
    })
}

/// The best sets: by estimated maximum, reliable estimates first, then by reps and date.
fn best_sets(
    exercise: &Exercise,
    sessions: &[ExerciseSession],
    unit: Unit,
    zone: &TimeZone,
) -> Vec<BestSet> {
    let best_set = |session: &ExerciseSession, weight: f64, reps: u32| {
        let estimate = || e1rm::brzycki(weight, reps);
        let estimate = exercise.has_maximum().then(estimate).flatten();
        BestSet {
            date: dates::day(session.performed_at, zone).to_string(),
            weight: round2(weight),
            reps,
            e1rm: estimate.map(|estimate| round1(estimate.weight)),
            low_confidence: estimate.is_some_and(|estimate| estimate.low_confidence),
        }
    };
    let mut sets: Vec<BestSet> = sessions
        .iter()
        .flat_map(|session| {
            let sets = session.weights_and_reps(unit);
            sets.map(move |(weight, reps)| best_set(session, weight, reps))
        })
        .collect();
    let reliable = |set: &BestSet| set.e1rm.is_some() && !set.low_confidence;
    let maximum = |set: &BestSet| set.e1rm.unwrap_or(0.0);
    sets.sort_by(|a, b| {
        (reliable(b).cmp(&reliable(a)))
            .then_with(|| maximum(b).total_cmp(&maximum(a)))
            .then_with(|| b.reps.cmp(&a.reps))
            .then_with(|| b.date.cmp(&a.date))
    });
    sets.truncate(BEST_SETS);
    sets
}
