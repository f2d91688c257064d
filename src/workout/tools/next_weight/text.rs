//! A suggested weight as text.

use super::{NextWeight, TargetSource, counts};
use crate::workout::{
    catalogue::Measure,
    figures::progression::{Reason, RepRange},
    model::{ExerciseSession, SetKind},
};

/// `warm-up sets and failed attempts` of a log that has nothing else; empty for any other.
pub(super) fn only(sessions: &[ExerciseSession]) -> String {
    let sets = || sessions.iter().flat_map(|session| &session.sets);
    if sets().any(|set| counts(set) && set.reps > 0) {
        return String::new();
    }
    let has = |kind: SetKind| sets().any(|set| set.kind() == kind);
    let kinds = [
        (has(SetKind::WarmUp), "warm-up sets"),
        (has(SetKind::Drop), "drop sets"),
        (sets().any(counts), "failed attempts"),
    ];
    let found = kinds.iter().filter(|(found, _)| *found);
    found
        .map(|(_, name)| *name)
        .collect::<Vec<_>>()
        .join(" and ")
}

impl NextWeight {
    pub(super) fn text(&self) -> String {
        let name = &self.name;
        let (Some(weight), Some(last), Some(reason)) = (self.weight, self.last_weight, self.reason)
        else {
            return String::new();
        };
        let shown = |weight: f64| self.words.weight(weight, self.unit).unwrap_or_default();
        let mut lines = vec![format!(
            "{name}: next {} for {} reps (last {}), {}; {}",
            shown(weight),
            self.range_text(),
            shown(last),
            self.source_text(),
            self.reason_text(reason)
        )];
        let sessions = self.based_on.iter();
        lines.extend(sessions.map(|session| format!("based on {}", session.text(self.unit))));
        lines.join("\n")
    }

    /// Why there is no weight, if there is none, and which of the plan's targets it is for.
    pub(super) fn notice(&self) -> Option<String> {
        let missing = self.weight.is_none().then(|| self.no_weight());
        let others = self.others.clone().filter(|_| self.reason.is_some());
        let parts: Vec<String> = missing.into_iter().chain(others).collect();
        (!parts.is_empty()).then(|| parts.join(". "))
    }

    fn no_weight(&self) -> String {
        let (name, days) = (&self.name, self.days);
        let measure = self.words.measure;
        if self.reason == Some(Reason::OutOfReach) {
            let range = self.range_text();
            format!(
                "{name}: by what was done, no weight can be loaded that is light enough for {range} reps; take fewer reps or an easier exercise"
            )
        } else if measure == Measure::Reps {
            let only = match self.only.as_str() {
                "" => "nothing".to_owned(),
                kinds => format!("only {kinds}"),
            };
            format!("{name}: {only} logged in the last {days} days, so there is nothing to go by")
        } else {
            let measure = measure.as_str();
            format!("{name} is measured in {measure}: there is no next weight by repetitions")
        }
    }

    fn range_text(&self) -> String {
        let (min, max) = (
            self.reps_min.unwrap_or_default(),
            self.reps_max.unwrap_or_default(),
        );
        RepRange { min, max }.to_string()
    }

    fn source_text(&self) -> &'static str {
        match self.target_from {
            None | Some(TargetSource::Argument) => "as asked",
            Some(TargetSource::Plan) => "as the active plan has it",
            Some(TargetSource::Log) => "as logged before",
        }
    }

    fn reason_text(&self, reason: Reason) -> String {
        let (unit, step) = (self.unit.as_str(), self.step_increment);
        let (min, max) = (
            self.reps_min.unwrap_or_default(),
            self.reps_max.unwrap_or_default(),
        );
        let met = format!("every set at the working weight reached {max} reps");
        match reason {
            Reason::StepUp => format!("{met}: {}", self.words.step(step, self.unit)),
            Reason::AtLimit => format!("{met}, and the weight is at this exercise's limit"),
            Reason::Repeat if min < max => {
                format!("not every set reached {max} reps: the same again, for more reps")
            }
            Reason::Repeat => format!("not every set reached {max} reps: the same again"),
            Reason::BackOff => format!(
                "{min} reps were missed in two sessions with this weight: about 10 % easier, to what can be loaded"
            ),
            Reason::AddReps if step > 0.0 => format!(
                "{met}, but the estimated maximum does not carry {step} {unit} more: add reps first"
            ),
            Reason::AddReps => "progress here is not by weight: add reps".to_owned(),
            Reason::Estimate if self.reserve == 0 => {
                format!(
                    "the sets of two sessions were done for fewer than {min} reps: by the estimated maximum"
                )
            }
            Reason::Estimate => format!(
                "no recent session was about {max} reps: by the estimated maximum, with two reps in reserve"
            ),
            Reason::OutOfReach => "what was done allows no weight for it".to_owned(),
        }
    }
}
