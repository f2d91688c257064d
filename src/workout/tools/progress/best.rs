//! The best of each session, for exercises and logs of which no maximum can be estimated.

use super::Best;
use crate::workout::catalogue::{Load, Measure};
use crate::workout::tools::prelude::*;

impl Best {
    /// What the sessions can be compared by: the weight where there is any (of carries and holds where it differs), else the
    /// count.
    pub(super) fn of(measured: &Measured<'_>, sessions: &[ExerciseSession]) -> Self {
        let sets = sessions.iter().flat_map(ExerciseSession::working_sets);
        let weights = sets.map(|set| measured.logged_weight(set));
        let (least, most) = weights.fold((f64::INFINITY, 0.0), |(least, most), weight| {
            (weight.min(least), weight.max(most))
        });
        let exercise = measured.exercise;
        let differs = most - least > 0.01;
        match (exercise.measure, exercise.load) {
            (Measure::Seconds | Measure::Metres, Load::External | Load::Added) if differs => {
                Self::Weight
            }
            (Measure::Seconds, _) => Self::Seconds,
            (Measure::Metres, _) => Self::Metres,
            (Measure::Reps, Load::Assistance) if most > 0.0 => Self::Assistance,
            (Measure::Reps, Load::External | Load::Added) if most > 0.0 => Self::Weight,
            (Measure::Reps, _) => Self::Reps,
        }
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
