//! Next weight of an exercise by double progression: first the repetitions rise, then the weight.
//!
//! - Every working set of the last session met the target: one step up, as far as the limit.
//! - It was missed once: the same weight again.
//! - It was missed in both of the last two sessions, with any weights: 10 % down, to a loadable weight.
//!
//! All sets but the warm-ups are working sets, lighter back-off sets included; the working weight of a session is that
//! of its heaviest set. The rule is common coaching practice, not a study's result.

use schemars::JsonSchema;
use serde::Serialize;

use super::units::round2;

/// The share of a weight after two misses.
const BACK_OFF: f64 = 0.9;

/// The rounding step where the exercise has none, or one that is too coarse.
const FINEST_STEP: f64 = 0.5;
/// The step is too coarse if rounding changes the weight by more than this share.
const TOO_FAR: f64 = 0.0499;

/// The working sets of an exercise in one session, as (weight, reps); the weight is 0 for bodyweight alone.
pub type Session = Vec<(f64, u32)>;

/// How an exercise progresses, in the unit of its sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// The weight increment; 0 for an exercise that progresses by repetitions only.
    pub step: f64,
    /// The heaviest weight to suggest; 0 for none.
    pub limit: f64,
    /// The repetitions that every working set must reach.
    pub target_reps: u32,
}

/// The reason for the suggested weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The target was met: more weight.
    StepUp,
    /// The target was met, but the weight is at its limit.
    AtLimit,
    /// The target was missed: the same weight again.
    Repeat,
    /// The target was missed twice in a row: less weight.
    BackOff,
    /// The target was met, and the exercise has no step: more repetitions.
    AddReps,
}

/// The weight for the next session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suggestion {
    pub weight: f64,
    /// The working weight of the last session.
    pub from: f64,
    pub reason: Reason,
}

/// The next weight after `sessions`, newest first; sessions without sets do not count. `None` without any.
pub fn next(sessions: &[Session], rule: &Rule) -> Option<Suggestion> {
    let mut sessions = sessions.iter().filter(|session| !session.is_empty());
    let last = sessions.next()?;
    let from = round2(working_weight(last));
    let (weight, reason) = if met(last, rule) {
        step_up(from, rule)
    } else if sessions.next().is_some_and(|before| !met(before, rule)) && from > 0.0 {
        (back_off(from, rule), Reason::BackOff)
    } else {
        (from, Reason::Repeat)
    };
    Some(Suggestion {
        weight: round2(weight),
        from,
        reason,
    })
}

/// The weight of the heaviest set, at least 0.
fn working_weight(session: &Session) -> f64 {
    session
        .iter()
        .map(|(weight, _)| *weight)
        .fold(0.0, f64::max)
}

fn met(session: &Session, rule: &Rule) -> bool {
    session.iter().all(|(_, reps)| *reps >= rule.target_reps)
}

/// One step up, as far as the limit; a weight above the limit stays.
fn step_up(from: f64, rule: &Rule) -> (f64, Reason) {
    let up = from + rule.step;
    if up <= from {
        (from, Reason::AddReps)
    } else if rule.limit <= 0.0 {
        (up, Reason::StepUp)
    } else if from < rule.limit {
        (up.min(rule.limit), Reason::StepUp)
    } else {
        (from, Reason::AtLimit)
    }
}

/// Nine tenths, rounded to the step, or to the finest step where the own one is too coarse (more than a twentieth off).
/// Always less than before.
fn back_off(from: f64, rule: &Rule) -> f64 {
    let target = from * BACK_OFF;
    let nearest = |step: f64| (target / step).round() * step;
    let near = |weight: f64| (weight - target).abs() <= from * TOO_FAR;
    if rule.step > 0.0 && near(nearest(rule.step)) {
        return nearest(rule.step);
    }
    nearest(FINEST_STEP).min(from - FINEST_STEP).max(0.0)
}

#[cfg(test)]
mod tests;
