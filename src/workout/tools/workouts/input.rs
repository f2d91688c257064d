//! Validation of workouts: exercises, sets and times.

use jiff::Timestamp;

use crate::workout::{catalogue::Measure, tools::prelude::*};

const MAX_EXERCISES: usize = 50;
const MAX_SETS: usize = 100;
/// Of a set that is not measured in seconds or metres.
const MAX_REPS: i64 = 1000;
const MAX_SETS_PER_WORKOUT: usize = 500;
const MAX_EXERCISE_NOTES_CHARS: usize = 1000;
/// Of all exercises of a workout together.
const MAX_ALL_NOTES_CHARS: usize = 8000;
const MAX_HOURS: i64 = 24;

/// Validates the exercises and resolves their names to slugs.
pub(super) fn check_exercises(
    exercises: &mut [WorkoutExercise],
    names: &mut NameResolver<'_>,
) -> Result<(), ToolError> {
    if exercises.is_empty() {
        let message = "is empty; a workout has at least one exercise";
        return Err(ToolError::at("exercises", message));
    }
    let sets = exercises.iter().map(|exercise| exercise.sets.len()).sum();
    let notes = exercises.iter().filter_map(|e| e.notes.as_ref());
    let chars = notes.map(|notes| notes.chars().count()).sum();
    for (count, max, what) in [
        (exercises.len(), MAX_EXERCISES, "exercises"),
        (sets, MAX_SETS_PER_WORKOUT, "sets"),
        (chars, MAX_ALL_NOTES_CHARS, "characters of notes"),
    ] {
        if count > max {
            let message = format_args!("{count} {what}; at most {max} fit in one workout");
            return Err(ToolError::at("exercises", message));
        }
    }
    for (at, exercise) in exercises.iter_mut().enumerate() {
        check_exercise(&format!("exercises[{at}]"), exercise, names)?;
    }
    Ok(())
}

fn check_exercise(
    place: &str,
    exercise: &mut WorkoutExercise,
    names: &mut NameResolver<'_>,
) -> Result<(), ToolError> {
    let field = |name: &str| format!("{place}.{name}");
    let found = names.resolve(&field("exercise_id"), &mut exercise.exercise_id)?;
    count(&field("sets"), "sets", exercise.sets.len(), MAX_SETS)?;
    for (at, set) in exercise.sets.iter().enumerate() {
        check_set(&format!("{place}.sets[{at}]"), set, found.measure)?;
    }
    if let Some(group) = exercise.superset_group {
        within(&field("superset_group"), group, 0, 1000)?;
    }
    let notes = exercise.notes.take();
    exercise.notes = text(&field("notes"), notes, MAX_EXERCISE_NOTES_CHARS)?;
    Ok(())
}

fn check_set(place: &str, set: &WorkoutSet, measure: Measure) -> Result<(), ToolError> {
    if measure == Measure::Reps {
        within(&format!("{place}.reps"), set.reps, 1, MAX_REPS)?;
    }
    let weight = set.weight;
    if !(0.0..=2000.0).contains(&weight) {
        let message = format_args!("is {weight}; it must be from 0 (bodyweight) to 2000");
        return Err(ToolError::at(format!("{place}.weight"), message));
    }
    check_rpe(&format!("{place}.rpe"), set.rpe)
}

/// Parses a time; blank counts as not given.
pub(super) fn time(
    place: &str,
    given: Option<String>,
    user: &UserData,
) -> Result<Option<Timestamp>, ToolError> {
    let given = non_blank(given);
    given
        .map(|given| dates::parse_past(place, &given, &user.zone, user.now))
        .transpose()
}

/// Checks that the workout ends at most a day after its start.
pub(super) fn check_times(workout: &Workout) -> Result<(), ToolError> {
    let Some(took) = workout
        .ended_at
        .map(|end| end.duration_since(workout.performed_at))
    else {
        return Ok(());
    };
    if took.is_negative() {
        return Err(invalid!("ended_at", "is before performed_at"));
    }
    if took > jiff::SignedDuration::from_hours(MAX_HOURS) {
        return Err(invalid!(
            "ended_at",
            "is more than a day after performed_at"
        ));
    }
    Ok(())
}
