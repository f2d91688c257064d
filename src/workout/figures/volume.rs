//! Weekly sets per muscle, and their zone among the muscle's volume landmarks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The share of a set that counts for a secondary muscle.
const SECONDARY_SHARE: f64 = 0.5;

/// The sets of one muscle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Sets with the muscle as a primary one.
    pub direct: u32,
    /// The direct sets, and half of those with it as a secondary one.
    pub fractional: f64,
}

/// Sets per muscle, from (primary muscles, secondary muscles, sets): 1 direct and 1 fractional for a primary muscle,
/// 0.5 fractional for a secondary one. A set counts once for a muscle that is named twice, as primary if it is that too.
///
/// This is the "fractional" quantification of J. Pelland et al., "The Resistance Training Dose Response: Meta-Regressions
/// Exploring the Effects of Weekly Volume and Frequency on Muscle Hypertrophy and Strength Gains", Sports Medicine 56(2), 2026,
/// where it fitted the evidence best; Alpha Progression counts the same way.
pub fn count<'a>(
    sets: impl IntoIterator<Item = (&'a [String], &'a [String], u32)>,
) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for (primary, secondary, sets) in sets {
        for muscle in distinct(primary) {
            let count = counts.entry(muscle.clone()).or_default();
            count.direct = count.direct.saturating_add(sets);
            count.fractional += f64::from(sets);
        }
        for muscle in distinct(secondary).filter(|muscle| !primary.contains(muscle)) {
            let count = counts.entry(muscle.clone()).or_default();
            count.fractional += SECONDARY_SHARE * f64::from(sets);
        }
    }
    counts
}

fn distinct(muscles: &[String]) -> impl Iterator<Item = &String> {
    let first = |n: usize| !muscles[..n].contains(&muscles[n]);
    (0..muscles.len())
        .filter(move |n| first(*n))
        .map(|n| &muscles[n])
}

/// Sets a week, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    pub min: f64,
    pub max: f64,
}

/// The volume landmarks of a muscle, in sets a week.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Landmarks {
    // Maintenance volume.
    pub mv: Range,
    // Minimum effective volume.
    pub mev: Range,
    // Maximum adaptive volume.
    pub mav: Range,
    // Maximum recoverable volume, for any number of training days.
    pub mrv: Range,
}

/// The maximum recoverable volume of a muscle that is trained on so many days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RecoverableVolume {
    pub min: f64,
    /// Absent where the source says `min` or more
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// The zone of a weekly number of sets among the landmarks, from too little to too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    // Less than MV.
    BelowMaintenance,
    // MV, but less than MEV.
    Maintenance,
    // MEV, but less than MAV.
    BelowProductive,
    // Within MAV.
    Productive,
    // More than MAV, but less than any MRV.
    High,
    // More than MAV, and within MRV.
    NearRecoverable,
    // More than MRV.
    OverRecoverable,
}

impl Landmarks {
    /// The highest zone that the weekly sets reach, so that more sets are never a lower zone even if ranges overlap. The
    /// lower end of MV and MEV decides. `by_days` is the MRV for the lifter's training days, where they are known; it takes the
    /// place of the general one, and sets above it are too much even within MAV. Where MRV begins within MAV or before it, sets
    /// are close to MRV only above MAV.
    pub fn zone(&self, sets: f64, by_days: Option<RecoverableVolume>) -> Zone {
        let general = RecoverableVolume {
            min: self.mrv.min,
            max: Some(self.mrv.max),
        };
        let mrv = by_days.unwrap_or(general);
        let past_mav = sets > self.mav.max;
        if mrv.max.is_some_and(|max| sets > max) {
            Zone::OverRecoverable
        } else if past_mav && sets >= mrv.min {
            Zone::NearRecoverable
        } else if past_mav {
            Zone::High
        } else if sets >= self.mav.min {
            Zone::Productive
        } else if sets >= self.mev.min {
            Zone::BelowProductive
        } else if sets >= self.mv.min {
            Zone::Maintenance
        } else {
            Zone::BelowMaintenance
        }
    }
}

#[cfg(test)]
mod tests;
