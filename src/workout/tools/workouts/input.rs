//! Validation of workouts: exercises, sets and times.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::workout::{
    catalogue::Catalogue,
    context::UserData,
    dates,
    error::{ToolError, invalid},
    model::{Workout, WorkoutExercise, WorkoutSet},
    tools::input::{check_rpe, non_blank, text, within},
};

const MAX_EXERCISES: usize = 50;
const MAX_SETS: usize = 100;
const MAX_SETS_PER_WORKOUT: usize = 500;
const MAX_EXERCISE_NOTES_CHARS: usize = 1000;
/// Of all exercises of a workout together.
const MAX_ALL_NOTES_CHARS: usize = 8000;
const MAX_HOURS: i64 = 24;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExerciseInput {
    /// Slug or name
    #[serde(alias = "exercise", alias = "exercise_name")]
    exercise_id: String,
    #[schemars(length(min = 1, max = 100))]
    sets: Vec<WorkoutSet>,
    /// Same number: done in alternation
    superset_group: Option<i64>,
    notes: Option<String>,
}

/// Validates the exercises and resolves their names to slugs.
pub(super) fn exercises(
    inputs: Vec<ExerciseInput>,
    catalogue: &Catalogue,
) -> Result<Vec<WorkoutExercise>, ToolError> {
    if inputs.is_empty() {
        return Err(invalid!(
            "exercises",
            "is empty; a workout has at least one exercise"
        ));
    }
    let sets = inputs.iter().map(|exercise| exercise.sets.len()).sum();
    let notes = inputs.iter().filter_map(|exercise| exercise.notes.as_ref());
    let chars = notes.map(|notes| notes.chars().count()).sum();
    for (count, max, what) in [
        (inputs.len(), MAX_EXERCISES, "exercises"),
        (sets, MAX_SETS_PER_WORKOUT, "sets"),
        (chars, MAX_ALL_NOTES_CHARS, "characters of notes"),
    ] {
        if count > max {
            let message = format_args!("{count} {what}; at most {max} fit in one workout");
            return Err(ToolError::at("exercises", message));
        }
    }
    let inputs = inputs.into_iter().enumerate();
    inputs
        .map(|(at, input)| exercise(&format!("exercises[{at}]"), input, catalogue))
        .collect()
}

fn exercise(
    place: &str,
    input: ExerciseInput,
    catalogue: &Catalogue,
) -> Result<WorkoutExercise, ToolError> {
    let found = catalogue.find(&input.exercise_id);
    let found = found.map_err(|error| invalid!(format!("{place}.exercise_id"), "{error}"))?;
    let sets = input.sets.len();
    if sets == 0 || sets > MAX_SETS {
        let message = format_args!("has {sets} sets; it must have 1 to {MAX_SETS}");
        return Err(ToolError::at(format!("{place}.sets"), message));
    }
    for (at, set) in input.sets.iter().enumerate() {
        check_set(&format!("{place}.sets[{at}]"), set)?;
    }
    if let Some(group) = input.superset_group {
        within(&format!("{place}.superset_group"), group, 0, 1000)?;
    }
    let notes = format!("{place}.notes");
    Ok(WorkoutExercise {
        exercise_id: found.id.clone(),
        superset_group: input.superset_group,
        notes: text(&notes, input.notes, MAX_EXERCISE_NOTES_CHARS)?,
        sets: input.sets,
    })
}

fn check_set(place: &str, set: &WorkoutSet) -> Result<(), ToolError> {
    within(&format!("{place}.reps"), set.reps, 1, 1000)?;
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
