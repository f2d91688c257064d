//! Next weight of an exercise by double progression: first the repetitions rise, then the weight.
//!
//! Only the sets at the working weight of a session count: its heaviest weight done for about the target (`working`).
//!
//! - All of them reached the top of the range: one step up from the nearest loadable weight, as far as the limit.
//! - The session fell short of the bottom: the same weight again. After two such sessions with the same weight, less: 10 % down if
//!   both fell short of what they were for (`Attempt::new`), else no more than the estimated maximum carries for the bottom.
//! - Otherwise the same weight, for more repetitions.
//!
//! The target that a log shows ([`from_log`]) is what its sessions were to be: a bad day does not change it, and sets that were never
//! all done for it are no miss as long as they do not fall off.
//!
//! A lighter week between sessions that went well is a deload, and does not count; less after a break of weeks does. A weight that the
//! estimated one-repetition maximum does not carry for about the target (at most a quarter of its repetitions fewer) is never
//! suggested as a step up, and where none can be loaded that it carries, there is no suggested weight. The rules are common coaching practice, not a study's result.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    e1rm::{self, E1rm, Effort},
    units::round2,
};

mod attempt;
mod first;
mod loads;
mod range;
mod reps;
mod scheme;
mod target;
mod working;

use attempt::{Attempt, Outcome};
pub use range::RepRange;
pub use target::from_log;

/// Sessions whose best estimate says what can be done now.
const RECENT_SESSIONS: usize = 3;
/// After so many days the estimate of an earlier session says nothing of today.
const STALE_DAYS: f64 = 28.0;
/// A reliable estimate below this share of the best one is of a set that was no effort.
const EFFORT: f64 = 0.75;

/// The sets of an exercise in one session: no warm-ups and no drop sets, but failed attempts with 0 repetitions. The weight is
/// what the progression is about: added to the body, or the negative of assistance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// In days, from any epoch.
    pub day: f64,
    pub sets: Vec<Effort>,
}

/// How an exercise progresses, in the unit of its sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// The weight increment; 0 for an exercise that progresses by repetitions only.
    pub step: f64,
    /// The heaviest weight to suggest.
    pub limit: Option<f64>,
    /// The lightest one; negative for assistance.
    pub lowest: f64,
    /// What is lifted beside the weight: the body, or nothing. `None` where no maximum can be estimated.
    pub body: Option<f64>,
    /// True if no weight was converted from the other unit: then one that is no multiple of the step was loaded all the same.
    pub as_entered: bool,
}

/// The reason for the suggested weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    // The target was met: more weight.
    StepUp,
    // The target was met, but the weight is at its limit.
    AtLimit,
    // The target was missed, or its top not yet reached: the same weight again.
    Repeat,
    // The target was missed twice in a row with the same weight: less weight.
    BackOff,
    // The target was met, but there is no step, or it is too large: more repetitions.
    AddReps,
    // Nothing was done for the target: from the estimated maximum.
    Estimate,
    // What was done allows no weight for the target: no weight.
    OutOfReach,
}

/// The weight for the next session.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// `None` only if the target is out of reach.
    pub weight: Option<f64>,
    /// The working weight of the session it is based on.
    pub from: f64,
    pub reason: Reason,
    /// The repetitions that an estimated weight leaves in reserve.
    pub reserve: u32,
    /// The places of the sessions it is based on, newest first.
    pub based_on: Vec<usize>,
}

impl Rule {
    /// The estimated maximum of a set, of all that is lifted; repetitions in reserve that nobody rates well do not count.
    fn estimate(&self, set: &Effort) -> Option<E1rm> {
        let weight = set.weight + self.body?;
        let rated_well = |reserve: &f64| *reserve <= e1rm::RELIABLE_RESERVE;
        e1rm::brzycki(Effort {
            weight,
            reps: set.reps,
            reserve: set.reserve.filter(rated_well),
        })
    }

    /// The weight of [`Rule::estimate`].
    fn maximum(&self, set: &Effort) -> Option<f64> {
        self.estimate(set).map(|estimate| estimate.weight)
    }

    /// The best estimated maximum of the sessions; one of low confidence only where no other is of a hard set.
    fn best<'a>(&self, sessions: impl IntoIterator<Item = &'a Session>) -> Option<f64> {
        let sets = sessions.into_iter().flat_map(|session| &session.sets);
        let estimates: Vec<E1rm> = sets.filter_map(|set| self.estimate(set)).collect();
        let best_of = |rough: bool| {
            let estimates = estimates.iter().filter(|it| rough || !it.low_confidence);
            estimates.map(|it| it.weight).max_by(f64::total_cmp)
        };
        let best = best_of(true)?;
        best_of(false)
            .filter(|it| *it >= best * EFFORT)
            .or(Some(best))
    }

    /// The repetitions that the maximum carries with the weight.
    fn reps_at(&self, maximum: f64, weight: f64) -> f64 {
        e1rm::reps_at(maximum, weight + self.body.unwrap_or_default())
    }

    /// The weight that the maximum carries for so many repetitions.
    fn weight_for(&self, maximum: f64, reps: u32) -> f64 {
        e1rm::weight_for(maximum, f64::from(reps)) - self.body.unwrap_or_default()
    }
}

/// The next weight after `sessions`, newest first; sessions without sets do not count. `None` without any.
pub fn next(sessions: &[Session], rule: &Rule, range: RepRange) -> Option<Suggestion> {
    let attempts = working::attempts(sessions, rule, range);
    let Some(last) = attempts.first() else {
        return first::suggest(sessions, rule, range);
    };
    if is_out_of_reach(sessions, rule, range, last) {
        return first::suggest(sessions, rule, range);
    }
    let from = last.weight;
    let before = attempts.get(1).filter(|it| loads::same(it.weight, from));
    let (weight, reason) = match (last.outcome, before.map(|it| it.outcome)) {
        (Outcome::Met, _) => step_up(sessions, rule, range, last),
        (Outcome::Missed, Some(Outcome::Missed)) => loads::back_off(from, rule)
            .map_or((from, Reason::Repeat), |down| (down, Reason::BackOff)),
        (Outcome::Missed | Outcome::Fewer, Some(Outcome::Missed | Outcome::Fewer)) => {
            carried(&sessions[last.place], rule, range, from)
        }
        _ => (from, Reason::Repeat),
    };
    Some(Suggestion {
        weight: Some(round2(weight)),
        from: round2(from),
        reason,
        reserve: 0,
        based_on: attempts
            .iter()
            .take(2)
            .map(|attempt| attempt.place)
            .collect(),
    })
}

/// The heaviest loadable weight, not above this one, that the session's estimated maximum carries for the bottom of the range; at the
/// lightest weight, that one, for more repetitions. The same weight where there is no estimate.
fn carried(session: &Session, rule: &Rule, range: RepRange, from: f64) -> (f64, Reason) {
    let Some(maximum) = rule.best([session]) else {
        return (from, Reason::Repeat);
    };
    let weight = rule.weight_for(maximum, range.min);
    let loadable = loads::down_to_loadable(weight, rule).max(rule.lowest);
    if weight >= from || loadable >= from || !loads::can_be_lifted(loadable, rule) {
        (from, Reason::Repeat)
    } else {
        (loadable, Reason::Estimate)
    }
}

/// One step up, as far as the limit; a weight above the limit stays.
fn step_up(sessions: &[Session], rule: &Rule, range: RepRange, last: &Attempt) -> (f64, Reason) {
    let from = last.weight;
    let up = loads::up(from, rule);
    if rule.step <= 0.0 {
        return (from, Reason::AddReps);
    }
    if up <= from {
        return (from, Reason::AtLimit);
    }
    if is_carried(sessions, rule, range, last, up) {
        (up, Reason::StepUp)
    } else {
        (from, Reason::AddReps)
    }
}

/// True if the estimated maximum, where there is one, carries the weight for about the target.
fn is_carried(sessions: &[Session], rule: &Rule, range: RepRange, last: &Attempt, up: f64) -> bool {
    let since = sessions[last.place..].iter().take(RECENT_SESSIONS);
    let best = rule.best(since.chain(&sessions[..last.place]));
    let working = reps::at(&sessions[last.place], last.weight);
    let shown = working.filter_map(|set| rule.maximum(set));
    let Some(maximum) = shown.chain(best).max_by(f64::total_cmp) else {
        return true;
    };
    rule.reps_at(maximum, up) >= f64::from(reps::about(range).0)
}

/// True if the base is old, and the sessions since then say that its weight cannot be lifted for the target any more.
fn is_out_of_reach(sessions: &[Session], rule: &Rule, range: RepRange, last: &Attempt) -> bool {
    let since = &sessions[..last.place];
    let newest = since.iter().find(|session| !session.sets.is_empty());
    let stale = newest.is_some_and(|newest| newest.day - sessions[last.place].day > STALE_DAYS);
    let recent = rule.best(since.iter().take(RECENT_SESSIONS));
    let lowest_reps = f64::from(reps::about(range).0);
    stale && recent.is_some_and(|maximum| rule.reps_at(maximum, last.weight) < lowest_reps)
}

#[cfg(test)]
mod tests;
