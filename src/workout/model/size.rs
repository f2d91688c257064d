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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workout::{figures::units::Unit, model::WorkoutSet};

    /// Exercises with these numbers of sets and of characters of notes.
    fn checked(exercises: &[(usize, usize)]) -> Result<(), String> {
        let set = WorkoutSet {
            reps: 5,
            weight: 100.0,
            unit: Unit::Kg,
            rpe: None,
            rir: None,
            kind: None,
            is_warmup: false,
        };
        let exercises = exercises.iter().map(|(sets, chars)| WorkoutExercise {
            exercise_id: "squat".to_owned(),
            sets: vec![set.clone(); *sets],
            superset_group: None,
            notes: (*chars > 0).then(|| "é".repeat(*chars)),
        });
        let exercises: Vec<_> = exercises.collect();
        check_size(&exercises).map_err(|oversize| oversize.to_string())
    }

    #[test]
    fn a_workout_may_be_as_large_as_each_maximum_and_not_larger() {
        for (most, more, why) in [
            (vec![(1, 0); 50], (1, 0), "51 exercises; at most 50"),
            (vec![(100, 0); 5], (1, 0), "501 sets; at most 500"),
            (
                vec![(1, 1000); 8],
                (1, 1),
                "8001 characters of notes; at most 8000",
            ),
            (
                vec![(1, 0)],
                (101, 0),
                "101 sets of one exercise; at most 100",
            ),
        ] {
            assert_eq!(checked(&most), Ok(()), "{why}");
            let larger = [most, vec![more]].concat();
            let why = format!("{why} fit in one workout");
            assert_eq!(checked(&larger), Err(why));
        }
    }
}
