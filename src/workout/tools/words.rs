//! Sets as people say them, by the exercise's measure and load: `3x5 @ 185 lb`, `60 s`, `40 m @ 32 kg`.

use std::fmt::Write;

use crate::workout::{
    catalogue::{Exercise, Load, Measure},
    figures::units::Unit,
    model::{SetKind, WorkoutSet},
};

/// What the numbers of a set are.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) measure: Measure,
    load: Load,
}

impl Words {
    pub(super) fn of(exercise: &Exercise) -> Self {
        Self {
            measure: exercise.measure,
            load: exercise.load,
        }
    }

    /// Of an exercise that is no longer in the catalogue.
    pub(super) fn unknown() -> Self {
        Self {
            measure: Measure::Reps,
            load: Load::External,
        }
    }

    /// `5`, `60 s` or `40 m`.
    pub(super) fn count(self, count: impl std::fmt::Display) -> String {
        match self.measure {
            Measure::Reps => count.to_string(),
            Measure::Seconds => format!("{count} s"),
            Measure::Metres => format!("{count} m"),
        }
    }

    /// `185 lb`, `bodyweight`, `+10 kg` or `20 kg assistance`; nothing where there is no load.
    pub(super) fn weight(self, weight: f64, unit: Unit) -> Option<String> {
        let unit = unit.as_str();
        match (self.load, self.measure) {
            (Load::Assistance, _) if weight > 0.0 => Some(format!("{weight} {unit} assistance")),
            (Load::Assistance, _) => Some("no assistance".to_owned()),
            (Load::Added, _) if weight > 0.0 => Some(format!("+{weight} {unit}")),
            _ if weight > 0.0 => Some(format!("{weight} {unit}")),
            (_, Measure::Reps) => Some("bodyweight".to_owned()),
            _ => None,
        }
    }

    /// `one step of 5 kg up`, or less of assistance.
    pub(super) fn step(self, step: f64, unit: Unit) -> String {
        let unit = unit.as_str();
        match self.load {
            Load::Assistance => format!("{step} {unit} less assistance"),
            Load::External | Load::Added | Load::None => format!("one step of {step} {unit} up"),
        }
    }

    /// `3x5 @ 185 lb, 8 @ 60 kg RPE 9, 10 @ 20 kg warm-up`: equal consecutive sets are joined.
    pub(super) fn sets(self, sets: &[WorkoutSet]) -> String {
        let runs = sets.chunk_by(|a, b| a == b).map(|run| self.run(run));
        runs.collect::<Vec<_>>().join(", ")
    }

    /// Equal sets.
    fn run(self, run: &[WorkoutSet]) -> String {
        let set = &run[0];
        let mut text = self.count(set.reps);
        if run.len() > 1 {
            text = format!("{}x{text}", run.len());
        }
        if let Some(weight) = self.weight(set.weight, set.unit) {
            let _ = write!(text, " @ {weight}");
        }
        if let Some(rpe) = set.rpe {
            let _ = write!(text, " RPE {rpe}");
        }
        if let Some(rir) = set.rir {
            let _ = write!(text, " RIR {rir}");
        }
        text += match set.kind() {
            SetKind::Normal => "",
            SetKind::WarmUp => " warm-up",
            SetKind::Drop => " drop set",
            SetKind::Failure => " to failure",
            SetKind::FailedAttempt => " failed attempt",
        };
        text
    }
}
