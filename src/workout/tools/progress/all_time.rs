//! All-time bests of one exercise.

use jiff::tz::TimeZone;

use super::{AllTime, BestSet};
use crate::workout::{catalogue::Load, tools::prelude::*};

impl AllTime {
    /// The best of the sets, which are sorted by their first time: of equal ones the first counts. Low-confidence
    /// estimates are no maximum. `None` without sets.
    pub(super) fn new(
        measured: &Measured<'_>,
        sets: &[DistinctSet],
        zone: &TimeZone,
    ) -> Option<Self> {
        let set = |done: &DistinctSet| BestSet::new(measured, done.first_at, &done.set, zone);
        let sets: Vec<BestSet> = sets.iter().map(set).collect();
        let help = measured.exercise.load == Load::Assistance;
        let load = |set: &BestSet| if help { -set.weight } else { set.weight };
        let reps = |set: &BestSet| f64::from(set.reps);
        let reliable = sets.iter().filter(|set| !set.low_confidence);
        let estimated: Vec<&BestSet> = reliable.filter(|set| set.e1rm.is_some()).collect();
        Some(Self {
            heaviest: best(&sets, |set| (load(set), reps(set)))?.clone(),
            most_reps: best(&sets, |set| (reps(set), load(set)))?.clone(),
            highest_e1rm: best(estimated, |set| (set.e1rm.unwrap_or(0.0), 0.0)).cloned(),
        })
    }
}

/// The first set of the highest rank.
fn best<'a>(
    sets: impl IntoIterator<Item = &'a BestSet>,
    rank: impl Fn(&BestSet) -> (f64, f64),
) -> Option<&'a BestSet> {
    let higher = |best: &'a BestSet, set: &'a BestSet| {
        if rank(set) > rank(best) { set } else { best }
    };
    sets.into_iter().reduce(higher)
}
