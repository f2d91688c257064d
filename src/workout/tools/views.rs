//! Output types shared by the tools, and their short text.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use crate::workout::{
    catalogue::{Catalogue, Exercise},
    context::UserData,
    dates,
    figures::e1rm::{self, E1rm},
    figures::units::{Unit, round1, round2},
    model::{ExerciseSession, Workout, WorkoutExercise, WorkoutSet},
};

#[derive(Serialize, JsonSchema)]
pub struct WorkoutView {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub performed_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    pub exercises: Vec<LoggedExercise>,
}

#[derive(Serialize, JsonSchema)]
pub struct LoggedExercise {
    pub name: String,
    #[serde(flatten)]
    pub exercise: WorkoutExercise,
}

impl WorkoutView {
    pub fn new(workout: Workout, catalogue: &Catalogue, user: &UserData) -> Self {
        let notes = |notes: Option<String>| notes.filter(|_| user.settings.include_notes);
        let local = |at| dates::local(at, &user.zone);
        let exercises = workout.exercises.into_iter().map(|mut exercise| {
            exercise.notes = notes(exercise.notes);
            let name = name_of(catalogue, &exercise.exercise_id);
            LoggedExercise { name, exercise }
        });
        Self {
            id: workout.id,
            name: workout.name,
            performed_at: local(workout.performed_at),
            ended_at: workout.ended_at.map(local),
            notes: notes(workout.notes),
            exercises: exercises.collect(),
        }
    }

    /// A line for the workout, and one for each exercise.
    pub fn text(&self) -> String {
        let name = self.name.as_deref().unwrap_or("Workout");
        let mut text = format!("{} {name} (id {})", &self.performed_at[..10], self.id);
        if let Some(notes) = &self.notes {
            let _ = write!(text, " [{notes}]");
        }
        for LoggedExercise { name, exercise } in &self.exercises {
            let _ = write!(text, "\n  {name}: {}", sets_text(&exercise.sets));
            if let Some(group) = exercise.superset_group {
                let _ = write!(text, " (superset {group})");
            }
            if let Some(notes) = &exercise.notes {
                let _ = write!(text, " [{notes}]");
            }
        }
        text
    }
}

/// The name of an exercise, or its slug if it is no longer in the catalogue.
pub(super) fn name_of(catalogue: &Catalogue, id: &str) -> String {
    catalogue
        .by_id(id)
        .map_or_else(|| id.to_owned(), |exercise| exercise.name.clone())
}

/// `3x5 @ 185 lb, 8 @ 60 kg RPE 9, 10 @ 20 kg warm-up`: equal consecutive sets are joined.
fn sets_text(sets: &[WorkoutSet]) -> String {
    let runs = sets.chunk_by(|a, b| a == b).map(|run| {
        let set = &run[0];
        let mut text = if run.len() > 1 {
            format!("{}x{}", run.len(), set.reps)
        } else {
            set.reps.to_string()
        };
        let _ = match set.weight {
            0.0 => write!(text, " @ bodyweight"),
            weight => write!(text, " @ {weight} {}", set.unit.as_str()),
        };
        if let Some(rpe) = set.rpe {
            let _ = write!(text, " RPE {rpe}");
        }
        if set.is_warmup {
            text.push_str(" warm-up");
        }
        text
    });
    runs.collect::<Vec<_>>().join(", ")
}

/// One session of one exercise, with its figures in one unit.
#[derive(Clone, Serialize, JsonSchema)]
pub(super) struct SessionView {
    pub workout_id: String,
    pub date: String,
    pub sets: Vec<WorkoutSet>,
    /// Reps times weight, warm-ups left out
    pub volume: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e1rm: Option<f64>,
    /// The estimate rests on more than 10 reps
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub low_confidence: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl SessionView {
    pub(super) fn new(
        exercise: &Exercise,
        session: &ExerciseSession,
        unit: Unit,
        user: &UserData,
    ) -> Self {
        let best = best_e1rm(exercise, session, unit);
        let notes = session.notes.iter();
        Self {
            workout_id: session.workout_id.clone(),
            date: dates::day(session.performed_at, &user.zone).to_string(),
            sets: session.sets.clone(),
            volume: round1(session.volume(unit)),
            e1rm: best.map(|best| round1(best.weight)),
            low_confidence: best.is_some_and(|best| best.low_confidence),
            notes: notes
                .filter(|_| user.settings.include_notes)
                .cloned()
                .collect(),
        }
    }

    pub(super) fn text(&self, unit: Unit) -> String {
        let mut text = format!("{}: {}", self.date, sets_text(&self.sets));
        if let Some(e1rm) = self.e1rm {
            let _ = write!(text, " (e1RM {e1rm} {}", unit.as_str());
            let doubt = if self.low_confidence {
                ", low confidence)"
            } else {
                ")"
            };
            text += doubt;
        }
        for note in &self.notes {
            let _ = write!(text, " [{note}]");
        }
        text
    }
}

/// The best one-rep maximum estimated from the session's working sets.
pub(super) fn best_e1rm(
    exercise: &Exercise,
    session: &ExerciseSession,
    unit: Unit,
) -> Option<E1rm> {
    let best = || e1rm::best(session.weights_and_reps(unit));
    exercise.has_maximum().then(best)?.map(|(_, best)| best)
}

/// The unit for figures: the user's setting, or else that of the newest working set.
pub(super) fn unit_of(sessions: &[ExerciseSession], setting: Option<Unit>) -> Unit {
    let last_unit = |session: &ExerciseSession| {
        let last = session.working_sets().next_back();
        last.or(session.sets.last()).map(|set| set.unit)
    };
    let newest = sessions.first().and_then(last_unit);
    setting.or(newest).unwrap_or_default()
}

/// A change with its sign: `+1.2`, `-0.5`.
pub(super) fn signed(value: f64) -> String {
    let value = round2(value);
    if value > 0.0 {
        format!("+{value}")
    } else {
        value.to_string()
    }
}
