//! Export of the log as CSV, in the format `csv` of [`super::import`]: one row a set, oldest workout first. Notes stand in the
//! first row of what they are for.
//!
//! What is exported and imported into an empty log is exported as the same file.

use std::mem::take;

use csv::Writer;
use jiff::Timestamp;

use super::{
    catalogue::{Catalogue, Measure},
    db::UserTransaction,
    error::ToolError,
    import::HEADER,
    model::{Workout, WorkoutExercise, WorkoutSet},
};

/// Workouts read at once.
const PAGE: i64 = 100;

/// Writes workouts page by page: memory is bounded whatever the length of the log.
pub struct Export<'a> {
    catalogue: &'a Catalogue,
    /// The last workout that was written.
    after: (Timestamp, String),
    /// Its number among those of its time; 0 before the first one of a part is.
    number: usize,
    /// Only what was performed before.
    until: Timestamp,
    /// Workout and exercise notes are left out.
    without_notes: bool,
    pub workouts: usize,
    pub sets: usize,
}

impl<'a> Export<'a> {
    /// Of the workouts after a place in the order (a time, and an id among workouts of that time) and before a time.
    pub fn new(
        catalogue: &'a Catalogue,
        after: (Timestamp, String),
        until: Timestamp,
        without_notes: bool,
    ) -> Self {
        Self {
            catalogue,
            after,
            number: 0,
            until,
            without_notes,
            workouts: 0,
            sets: 0,
        }
    }

    /// The header, with its line end.
    pub fn header() -> String {
        format!("{HEADER}\n")
    }

    /// The next rows; at most those of a page of workouts, and whole workouts up to `max_bytes`, at least one. Empty at the end.
    pub async fn next(
        &mut self,
        tx: &mut UserTransaction,
        max_bytes: usize,
    ) -> Result<Vec<u8>, ToolError> {
        let mut rows = Vec::new();
        if self.number == 0 {
            self.number = tx.workouts_of_time(&self.after).await?;
        }
        for workout in tx.workouts_after(&self.after, self.until, PAGE).await? {
            let is_same_time = workout.performed_at == self.after.0;
            let number = if is_same_time { self.number + 1 } else { 1 };
            let written = self.rows(&workout, number);
            let written = written.map_err(|_| ToolError::Internal)?;
            if !rows.is_empty() && rows.len() + written.len() > max_bytes {
                break;
            }
            rows.extend(written);
            self.workouts += 1;
            self.sets += workout
                .exercises
                .iter()
                .map(|e| e.sets.len())
                .sum::<usize>();
            (self.after, self.number) = ((workout.performed_at, workout.id), number);
        }
        Ok(rows)
    }

    /// The id of the last workout that was written.
    pub fn last_id(&self) -> &str {
        &self.after.1
    }

    fn rows(&self, workout: &Workout, number: usize) -> Result<Vec<u8>, csv::Error> {
        let mut writer = Writer::from_writer(Vec::new());
        let mut workout_notes = self.notes(workout.notes.as_deref());
        for exercise in &workout.exercises {
            let mut exercise_notes = self.notes(exercise.notes.as_deref());
            for (at, set) in (1_usize..).zip(&exercise.sets) {
                let notes = (take(&mut workout_notes), take(&mut exercise_notes));
                writer.write_record(self.row((workout, number), exercise, (at, set), notes))?;
            }
        }
        writer
            .into_inner()
            .map_err(|error| error.into_error().into())
    }

    fn notes(&self, notes: Option<&str>) -> String {
        let notes = notes.filter(|_| !self.without_notes);
        notes.unwrap_or_default().to_owned()
    }

    /// The cells of a set: with the workout's number among those of its time, the set's in the exercise, and the notes of both.
    fn row(
        &self,
        (workout, number): (&Workout, usize),
        exercise: &WorkoutExercise,
        (at, set): (usize, &WorkoutSet),
        (workout_notes, exercise_notes): (String, String),
    ) -> [String; 19] {
        let known = self.catalogue.by_id(&exercise.exercise_id);
        let measure = known.map_or(Measure::Reps, |exercise| exercise.measure);
        let count = |of: Measure| {
            let count = (of == measure).then_some(set.reps);
            shown(count)
        };
        let name = known.map_or(exercise.exercise_id.as_str(), |known| known.name.as_str());
        [
            number.to_string(),
            workout.performed_at.to_string(),
            shown(workout.ended_at),
            workout.name.clone().unwrap_or_default(),
            workout_notes,
            name.to_owned(),
            exercise.exercise_id.clone(),
            shown(exercise.superset_group),
            exercise_notes,
            at.to_string(),
            set.kind().as_str().to_owned(),
            set.weight.to_string(),
            set.unit.as_str().to_owned(),
            count(Measure::Reps),
            count(Measure::Seconds),
            count(Measure::Metres),
            shown(set.rpe),
            shown(set.rir),
            // The catalogue knows that of its own.
            shown(
                known
                    .filter(|known| known.own)
                    .map(|known| known.load.as_str()),
            ),
        ]
    }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
