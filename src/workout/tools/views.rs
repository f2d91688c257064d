//! Output types shared by the tools, and their short text.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::{measured::Measured, words::Words};
use crate::workout::{
    catalogue::{Catalogue, Measure},
    context::UserData,
    dates,
    figures::units::{Unit, round1, round2},
    model::{ExerciseSession, Workout, WorkoutExercise, WorkoutSet},
};

/// What was deleted.
#[derive(Serialize, JsonSchema)]
pub(super) struct Deleted {
    /// Its id
    pub(super) deleted: String,
}

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
    /// What its reps are, unless they are repetitions
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    #[serde(flatten)]
    pub exercise: WorkoutExercise,
    #[serde(skip)]
    words: Words,
}

impl WorkoutView {
    pub fn new(workout: Workout, catalogue: &Catalogue, user: &UserData) -> Self {
        let notes = |notes: Option<String>| notes.filter(|_| user.settings.include_notes);
        let local = |at| dates::local(at, &user.zone);
        let exercises = workout.exercises.into_iter().map(|mut exercise| {
            exercise.notes = notes(exercise.notes);
            let name = name_of(catalogue, &exercise.exercise_id);
            let words = catalogue.by_id(&exercise.exercise_id);
            let words = words.map_or_else(Words::unknown, Words::of);
            LoggedExercise {
                name,
                measure: Some(words.measure).filter(|measure| *measure != Measure::Reps),
                exercise,
                words,
            }
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
        for logged in &self.exercises {
            let LoggedExercise { name, exercise, .. } = logged;
            let _ = write!(text, "\n  {name}: {}", logged.words.sets(&exercise.sets));
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

// One session of one exercise, with its figures in one unit.
#[derive(Clone, Serialize, JsonSchema)]
pub(super) struct SessionView {
    pub workout_id: String,
    pub date: String,
    pub sets: Vec<WorkoutSet>,
    /// Reps times weight, warm-ups left out
    pub volume: f64,
    /// If it is not a weight: reps, s or m in all
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e1rm: Option<f64>,
    /// The estimate rests on more than 10 reps
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub low_confidence: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    #[serde(skip)]
    words: Words,
}

impl SessionView {
    pub(super) fn new(measured: &Measured<'_>, session: &ExerciseSession, user: &UserData) -> Self {
        let best = measured.best_e1rm(session);
        let notes = session.notes.iter();
        Self {
            workout_id: session.workout_id.clone(),
            date: dates::day(session.performed_at, &user.zone).to_string(),
            sets: session.sets.clone(),
            volume: round1(measured.volume(session)),
            volume_unit: measured.volume_unit(),
            e1rm: best.map(|best| round1(best.weight)),
            low_confidence: best.is_some_and(|best| best.low_confidence),
            words: Words::of(measured.exercise),
            notes: notes
                .filter(|_| user.settings.include_notes)
                .cloned()
                .collect(),
        }
    }

    pub(super) fn text(&self, unit: Unit) -> String {
        let mut text = format!("{}: {}", self.date, self.words.sets(&self.sets));
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
