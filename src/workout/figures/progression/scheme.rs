//! The repetition scheme of a session: its main repetitions, and the weight for them.

use std::collections::BTreeMap;

use super::{
    Rule, Session,
    loads::{heaviest, same},
};
use crate::workout::figures::e1rm::Effort;

/// A set is hard if its estimated maximum, or else its weight, reaches this share of the session's best.
const HARD: f64 = 0.6;

/// The most common number of repetitions of the hard sets; of equally common ones, that of the heaviest.
pub(super) fn main_reps(session: &Session, rule: &Rule) -> Option<u32> {
    let mut hard = hard_sets(session, rule);
    hard.sort_by(|a, b| {
        let by_reps = || a.reps.cmp(&b.reps);
        a.weight.total_cmp(&b.weight).then_with(by_reps)
    });
    most_common_latest(hard.iter().map(|set| set.reps))
}

/// The heaviest weight that was done for so many repetitions.
pub(super) fn weight_for(session: &Session, reps: u32) -> Option<f64> {
    let sets = session.sets.iter().filter(|set| set.reps >= reps);
    sets.map(|set| set.weight).max_by(f64::total_cmp)
}

/// True if the hard sets have several weights.
pub(super) fn is_ramp(session: &Session, rule: &Rule) -> bool {
    let hard = hard_sets(session, rule);
    let first = hard.first().map(|set| set.weight);
    first.is_some_and(|first| hard.iter().any(|set| !same(set.weight, first)))
}

fn hard_sets<'a>(session: &'a Session, rule: &Rule) -> Vec<&'a Effort> {
    let maximum = rule.best([session]);
    let top = heaviest(session);
    let is_hard = |set: &&Effort| match maximum {
        Some(best) => rule.maximum(set).is_some_and(|own| own >= best * HARD),
        None => top <= 0.0 || set.weight >= top * HARD,
    };
    let done = session.sets.iter().filter(|set| set.reps > 0);
    done.filter(is_hard).collect()
}

/// Of equally common numbers, the one that comes last.
pub(super) fn most_common_latest(numbers: impl Iterator<Item = u32>) -> Option<u32> {
    let mut counts: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for (place, number) in numbers.enumerate() {
        let count = counts.entry(number).or_default();
        *count = (count.0 + 1, place);
    }
    let (number, _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some(number)
}
