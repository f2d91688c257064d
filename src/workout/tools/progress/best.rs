//! The best of each session, for exercises and logs of which no maximum can be estimated.

use super::Best;
use crate::workout::catalogue::{Load, Measure};
use crate::workout::tools::prelude::*;

impl Best {
    /// What the sessions can be compared by: their weights where these differ, else the count.
    pub(super) fn of(measured: &Measured<'_>, sessions: &[ExerciseSession]) -> Self {
        let exercise = measured.exercise;
        let by_weight = match exercise.load {
            Load::Assistance => Some(Self::Assistance),
            Load::External | Load::Added => Some(Self::Weight),
            Load::None => None,
        };
        let by_weight = by_weight.filter(|best| {
            let bests = sessions
                .iter()
                .filter_map(|session| best.value(measured, session.working_sets()));
            let (least, most) = bests.fold((f64::INFINITY, 0.0_f64), |(least, most), best| {
                (best.min(least), best.max(most))
            });
            most - least > 0.01
        });
        by_weight.unwrap_or(match exercise.measure {
            Measure::Seconds => Self::Seconds,
            Measure::Metres => Self::Metres,
            Measure::Reps => Self::Reps,
        })
    }

    /// The best value of the sets.
    pub(super) fn value<'a>(
        self,
        measured: &Measured<'_>,
        sets: impl Iterator<Item = &'a WorkoutSet>,
    ) -> Option<f64> {
        let value = |set: &WorkoutSet| match self {
            Self::Weight | Self::Assistance => measured.logged_weight(set),
            Self::Reps | Self::Seconds | Self::Metres => f64::from(set.reps),
        };
        let values = sets.map(value);
        if self == Self::Assistance {
            values.min_by(f64::total_cmp)
        } else {
            values.max_by(f64::total_cmp)
        }
    }

    /// 1, or -1 where less is better.
    pub(super) fn sign(self) -> f64 {
        if self == Self::Assistance { -1.0 } else { 1.0 }
    }

    /// The unit of the value.
    pub(super) fn unit(self, unit: Unit) -> &'static str {
        match self {
            Self::Weight | Self::Assistance => unit.as_str(),
            Self::Reps => "reps",
            Self::Seconds => "s",
            Self::Metres => "m",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Weight => "Best weight",
            Self::Assistance => "Least assistance",
            Self::Reps => "Best reps",
            Self::Seconds => "Longest",
            Self::Metres => "Farthest",
        }
    }
}
