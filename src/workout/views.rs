//! What is shown of the data: the shapes of the answers, and the same as short text.

use std::fmt::Write;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    catalogue::{Catalogue, Exercise},
    dates,
    figures::{
        e1rm::{self, E1rm},
        units::{Unit, convert, round1, round2},
    },
    store::{ExerciseSession, Workout, WorkoutSet},
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
    pub exercise_id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superset_group: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    pub sets: Vec<WorkoutSet>,
}

impl WorkoutView {
    pub fn of(workout: Workout, catalogue: &Catalogue, zone: &TimeZone, notes: bool) -> Self {
        let exercises = workout
            .exercises
            .into_iter()
            .map(|exercise| LoggedExercise {
                name: name_of(catalogue, &exercise.exercise_id),
                exercise_id: exercise.exercise_id,
                superset_group: exercise.superset_group,
                notes: exercise.notes.filter(|_| notes),
                sets: exercise.sets,
            });
        Self {
            id: workout.id,
            name: workout.name,
            performed_at: dates::local(workout.performed_at, zone),
            ended_at: workout.ended_at.map(|at| dates::local(at, zone)),
            notes: workout.notes.filter(|_| notes),
            exercises: exercises.collect(),
        }
    }

    /// A line for the workout and one for each exercise.
    pub fn text(&self) -> String {
        let name = self.name.as_deref().unwrap_or("Workout");
        let mut text = format!("{} {name} (id {})", &self.performed_at[..10], self.id);
        if let Some(notes) = &self.notes {
            let _ = write!(text, " [{notes}]");
        }
        for exercise in &self.exercises {
            let _ = write!(text, "\n  {}: {}", exercise.name, sets_text(&exercise.sets));
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

/// The name of an exercise of the catalogue; the slug of one that has left it.
pub fn name_of(catalogue: &Catalogue, id: &str) -> String {
    catalogue
        .by_id(id)
        .map_or_else(|| id.to_owned(), |exercise| exercise.name.clone())
}

/// `3x5 @ 185 lb, 8 @ 60 kg RPE 9, 10 @ 20 kg warm-up`: equal sets in a row once.
pub fn sets_text(sets: &[WorkoutSet]) -> String {
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
pub struct SessionView {
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
    pub fn of(
        exercise: &Exercise,
        session: &ExerciseSession,
        unit: Unit,
        zone: &TimeZone,
        notes: bool,
    ) -> Self {
        let best = maximum(exercise, session, unit);
        Self {
            workout_id: session.workout_id.clone(),
            date: dates::day(session.performed_at, zone).to_string(),
            sets: session.sets.clone(),
            volume: round1(volume(session, unit)),
            e1rm: best.map(|best| round1(best.weight)),
            low_confidence: best.is_some_and(|best| best.low_confidence),
            notes: if notes { session.notes.clone() } else { vec![] },
        }
    }

    pub fn text(&self, unit: Unit) -> String {
        let mut text = format!("{}: {}", self.date, sets_text(&self.sets));
        if let Some(e1rm) = self.e1rm {
            let doubt = if self.low_confidence {
                ", low confidence"
            } else {
                ""
            };
            let _ = write!(text, " (e1RM {e1rm} {}{doubt})", unit.as_str());
        }
        for note in &self.notes {
            let _ = write!(text, " [{note}]");
        }
        text
    }
}

/// The working sets as weight in the unit, and reps.
pub fn working(session: &ExerciseSession, unit: Unit) -> impl Iterator<Item = (f64, u32)> {
    let sets = session.sets.iter().filter(|set| !set.is_warmup);
    sets.map(move |set| (convert(set.weight, set.unit, unit), set.reps))
}

/// The best estimate of the session's sets, where there can be one.
pub fn maximum(exercise: &Exercise, session: &ExerciseSession, unit: Unit) -> Option<E1rm> {
    let best = || e1rm::best(working(session, unit));
    exercise.has_maximum().then(best)?.map(|(_, best)| best)
}

/// Reps times weight of the working sets, in the unit.
pub fn volume(session: &ExerciseSession, unit: Unit) -> f64 {
    working(session, unit)
        .map(|(weight, reps)| weight * f64::from(reps))
        .sum()
}

/// The unit for figures: the one set by the user, else that of the newest working set.
pub fn unit_of(sessions: &[ExerciseSession], set_by_user: Option<Unit>) -> Unit {
    let working = |session: &ExerciseSession| {
        let last = session.sets.iter().rev().find(|set| !set.is_warmup);
        last.or(session.sets.last()).map(|set| set.unit)
    };
    let newest = sessions.first().and_then(working);
    set_by_user.or(newest).unwrap_or_default()
}

/// `+1.2`, `-0.5`: a change, with its sign.
pub fn signed(value: f64) -> String {
    let value = round2(value);
    if value > 0.0 {
        format!("+{value}")
    } else {
        value.to_string()
    }
}
