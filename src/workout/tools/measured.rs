//! Figures of one exercise's sessions, by its measure and load.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::workout::{
    catalogue::{Exercise, Load, Measure},
    context::UserData,
    dates,
    error::ToolError,
    figures::{
        e1rm::{self, E1rm, Effort},
        units::{Unit, convert},
    },
    model::{BodyWeights, ExerciseSession, WorkoutSet},
};

/// An exercise, with what its figures need beside its sets.
pub(super) struct Measured<'a> {
    pub(super) exercise: &'a Exercise,
    pub(super) unit: Unit,
    body_weights: BodyWeights,
    zone: TimeZone,
}

impl<'a> Measured<'a> {
    /// Reads the body weight where it is part of what is lifted.
    pub(super) async fn new(
        exercise: &'a Exercise,
        unit: Unit,
        user: &mut UserData,
    ) -> Result<Self, ToolError> {
        let body_weights = if exercise.needs_body_weight() {
            user.tx.body_weights().await?
        } else {
            BodyWeights::default()
        };
        Ok(Self {
            exercise,
            unit,
            body_weights,
            zone: user.zone.clone(),
        })
    }

    /// The body weight on the day, in the unit, where it is part of what is lifted.
    pub(super) fn body_on(&self, day: Date) -> Option<f64> {
        self.body_weights.on(day, self.unit)
    }

    /// True if the weight of figures includes the body's.
    pub(super) fn includes_body(&self) -> bool {
        self.exercise.needs_body_weight() && self.body_weights != BodyWeights::default()
    }

    /// The set, done at this time, with all that was lifted; `None` where that is not known.
    pub(super) fn effort(&self, at: Timestamp, set: &WorkoutSet) -> Option<Effort> {
        let effort = set.effort(self.unit);
        let day = dates::day(at, &self.zone);
        let weight = self.exercise.lifted(effort.weight, self.body_on(day))?;
        Some(Effort { weight, ..effort })
    }

    /// The best one-rep maximum estimated from the session's working sets.
    pub(super) fn best_e1rm(&self, session: &ExerciseSession) -> Option<E1rm> {
        let sets = session.working_sets();
        let efforts = sets.filter_map(|set| self.effort(session.performed_at, set));
        e1rm::best(efforts).map(|(_, best)| best)
    }

    /// The volume of the session's working sets: reps times weight, or else the count of what the exercise is measured in.
    pub(super) fn volume(&self, session: &ExerciseSession) -> f64 {
        let volume = |set: &WorkoutSet| {
            let effort = self.effort(session.performed_at, set);
            effort.map_or(1.0, |effort| effort.weight) * f64::from(set.reps)
        };
        session.working_sets().map(volume).sum()
    }

    /// The unit of the volume; `None` for the unit of weight.
    pub(super) fn volume_unit(&self) -> Option<&'static str> {
        match self.exercise.measure {
            Measure::Seconds => Some("s"),
            Measure::Metres => Some("m"),
            Measure::Reps => {
                let body = self.includes_body().then_some(1.0);
                let of_weight = self.exercise.lifted(1.0, body).is_some();
                (!of_weight).then_some("reps")
            }
        }
    }

    /// The weight of the set as it was logged, in the unit.
    pub(super) fn logged_weight(&self, set: &WorkoutSet) -> f64 {
        convert(set.weight, set.unit, self.unit)
    }

    /// The formula of the estimates of the sessions; `None` where nothing is estimated, for no weight is known to be lifted.
    pub(super) fn formula(&self, sessions: &[ExerciseSession]) -> Option<String> {
        if self.volume_unit().is_some() {
            return None;
        }
        let with_reserve = sessions.iter().any(ExerciseSession::has_reserve);
        let mut formula = e1rm::formula(with_reserve).to_owned();
        if self.includes_body() {
            formula += match self.exercise.load {
                Load::Assistance => "; weight is body weight less assistance",
                _ => "; weight is body weight and what was added",
            };
        }
        Some(formula)
    }
}
