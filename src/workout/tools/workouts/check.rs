//! Whether exercises and sets can be what they say.

use super::ExerciseInput;
use crate::{
    workout::call::ToolError,
    workout::catalogue::Catalogue,
    workout::store::{WorkoutExercise, WorkoutSet},
    workout::tools::input::{text, within},
};

const MAX_EXERCISES: usize = 50;
const MAX_SETS: usize = 100;
const MAX_SETS_PER_WORKOUT: usize = 500;
const MAX_EXERCISE_NOTES_CHARS: usize = 1000;
/// Of all exercises of a workout together.
const MAX_ALL_NOTES_CHARS: usize = 8000;

/// The exercises with their slugs; or the first thing that is wrong, and where.
pub(super) fn checked(
    exercises: Vec<ExerciseInput>,
    catalogue: &Catalogue,
) -> Result<Vec<WorkoutExercise>, ToolError> {
    if exercises.is_empty() {
        return Err(ToolError::at(
            "exercises",
            "is empty; a workout has at least one exercise",
        ));
    }
    if exercises.len() > MAX_EXERCISES {
        let n = exercises.len();
        return Err(ToolError::at(
            "exercises",
            format!("{n} exercises; at most {MAX_EXERCISES} fit in one workout"),
        ));
    }
    let sets: usize = exercises.iter().map(|exercise| exercise.sets.len()).sum();
    if sets > MAX_SETS_PER_WORKOUT {
        return Err(ToolError::at(
            "exercises",
            format!("{sets} sets; at most {MAX_SETS_PER_WORKOUT} fit in one workout"),
        ));
    }
    let noted = exercises
        .iter()
        .filter_map(|exercise| exercise.notes.as_ref());
    let chars: usize = noted.map(|notes| notes.chars().count()).sum();
    if chars > MAX_ALL_NOTES_CHARS {
        return Err(ToolError::at(
            "exercises",
            format!(
                "{chars} characters of notes; at most {MAX_ALL_NOTES_CHARS} fit in one workout"
            ),
        ));
    }
    exercises
        .into_iter()
        .enumerate()
        .map(|(at, exercise)| checked_exercise(at, exercise, catalogue))
        .collect()
}

fn checked_exercise(
    at: usize,
    exercise: ExerciseInput,
    catalogue: &Catalogue,
) -> Result<WorkoutExercise, ToolError> {
    let place = format!("exercises[{at}]");
    let found = catalogue.find(&exercise.exercise_id);
    let found = found.map_err(|error| ToolError::at(format!("{place}.exercise_id"), error))?;
    let sets = exercise.sets.len();
    if sets == 0 || sets > MAX_SETS {
        return Err(ToolError::at(
            format!("{place}.sets"),
            format!("has {sets} sets; it must have 1 to {MAX_SETS}"),
        ));
    }
    for (n, set) in exercise.sets.iter().enumerate() {
        checked_set(&format!("{place}.sets[{n}]"), set)?;
    }
    if let Some(group) = exercise.superset_group {
        within(&format!("{place}.superset_group"), group, 0, 1000)?;
    }
    Ok(WorkoutExercise {
        exercise_id: found.id.clone(),
        superset_group: exercise.superset_group,
        notes: text(
            &format!("{place}.notes"),
            exercise.notes,
            MAX_EXERCISE_NOTES_CHARS,
        )?,
        sets: exercise.sets,
    })
}

fn checked_set(place: &str, set: &WorkoutSet) -> Result<(), ToolError> {
    let wrong = |field: &str, value: f64, range: &str| {
        Err(ToolError::at(
            format!("{place}.{field}"),
            format!("is {value}; it must be {range}"),
        ))
    };
    if !(1..=1000).contains(&set.reps) {
        return wrong("reps", f64::from(set.reps), "from 1 to 1000");
    }
    if !(0.0..=2000.0).contains(&set.weight) {
        return wrong("weight", set.weight, "from 0 (bodyweight) to 2000");
    }
    match set.rpe {
        Some(rpe) if !(1.0..=10.0).contains(&rpe) => wrong("rpe", rpe, "from 1 to 10"),
        _ => Ok(()),
    }
}
