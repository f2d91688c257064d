//! The size limits of one workout.

use std::fmt;

use super::WorkoutExercise;

const MAX_EXERCISES: usize = 50;
/// Of an exercise in one workout.
const MAX_SETS: usize = 100;
const MAX_SETS_PER_WORKOUT: usize = 500;
/// Of the notes of all exercises of a workout together.
pub const MAX_ALL_NOTES_CHARS: usize = 8000;

/// More than fits.
#[derive(Debug, PartialEq)]
pub struct Oversize {
    count: usize,
    max: usize,
    what: &'static str,
}

impl fmt::Display for Oversize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, max, what } = self;
        write!(f, "{count} {what}; at most {max} fit in one workout")
    }
}

/// Checks what all exercises of one workout may have together.
pub fn check_size(exercises: &[WorkoutExercise]) -> Result<(), Oversize> {
    let sets = exercises.iter().map(|exercise| exercise.sets.len());
    let notes = exercises.iter().filter_map(|e| e.notes.as_ref());
    let chars = notes.map(|notes| notes.chars().count()).sum();
    for (count, max, what) in [
        (exercises.len(), MAX_EXERCISES, "exercises"),
        (sets.clone().sum(), MAX_SETS_PER_WORKOUT, "sets"),
        (chars, MAX_ALL_NOTES_CHARS, "characters of notes"),
        (sets.max().unwrap_or(0), MAX_SETS, "sets of one exercise"),
    ] {
        if count > max {
            return Err(Oversize { count, max, what });
        }
    }
    Ok(())
}
