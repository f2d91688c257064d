//! Repetitions of a session's sets with one weight, and those about a target.

use super::{RepRange, Session, loads};
use crate::workout::figures::e1rm::Effort;

/// The session's sets with the weight.
pub(super) fn at(session: &Session, weight: f64) -> impl Iterator<Item = &Effort> {
    let same = move |set: &&Effort| loads::same(set.weight, weight);
    session.sets.iter().filter(same)
}

/// The fewest repetitions of the session's sets with the weight.
pub(super) fn fewest_reps(session: &Session, weight: f64) -> u32 {
    let reps = at(session, weight).map(|set| set.reps);
    reps.min().unwrap_or(0)
}

/// The most repetitions of the session's sets with the weight.
pub(super) fn most_reps(session: &Session, weight: f64) -> u32 {
    let reps = at(session, weight).map(|set| set.reps);
    reps.max().unwrap_or(0)
}

/// All repetitions of the session's sets with the weight.
pub(super) fn total_reps(session: &Session, weight: f64) -> u32 {
    at(session, weight).map(|set| set.reps).sum()
}

/// True if all the session's sets with the weight have the same number of repetitions.
pub(super) fn are_straight(session: &Session, weight: f64) -> bool {
    fewest_reps(session, weight) == most_reps(session, weight)
}

/// Repetitions that are about the target, from the fewest to the most.
pub(super) fn about(range: RepRange) -> (u32, u32) {
    let fewer = range.min.div_ceil(4);
    let more = (range.max / 2).max(3);
    (
        range.min.saturating_sub(fewer).max(1),
        range.max.saturating_add(more),
    )
}
