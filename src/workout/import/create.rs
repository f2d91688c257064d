//! Own exercises for names of a file that are no known exercise.

use std::collections::HashSet;

use super::{names::Names, record::FileWorkout};
use crate::workout::{
    catalogue::{Catalogue, Exercise, Load, Measure},
    error::ToolError,
    model::MAX_EXERCISE_NAME_CHARS,
    store::{MAX_USER_EXERCISES, new_id},
};

/// In kg; of exercises in which more weight is more work.
const STEP: f64 = 2.5;

/// New exercises for the names that are not matched: measured as the file counts their sets, with the load that it says, or else that of its weights.
/// Their muscles are not known.
pub(super) fn exercises(
    names: &Names<'_>,
    workouts: &[FileWorkout],
    catalogue: &Catalogue,
) -> Result<Vec<Exercise>, ToolError> {
    let mut created = Vec::new();
    let mut known = HashSet::new();
    for name in names.all().iter().filter(|name| name.exercise.is_none()) {
        let letters = name.text.chars().filter(|c| c.is_alphanumeric());
        let spelled: String = letters.flat_map(char::to_lowercase).collect();
        let is_name = !spelled.is_empty() && name.text.chars().count() <= MAX_EXERCISE_NAME_CHARS;
        if is_name && known.insert(spelled) {
            created.push(exercise(&name.text, workouts));
        }
    }
    let own = catalogue.all().filter(|exercise| exercise.own).count();
    if own + created.len() > MAX_USER_EXERCISES {
        return Err(ToolError::Input(format!(
            "{} own exercises would be created beside {own}; a user has at most {MAX_USER_EXERCISES}",
            created.len()
        )));
    }
    Ok(created)
}

fn exercise(name: &str, workouts: &[FileWorkout]) -> Exercise {
    let exercises = workouts.iter().flat_map(|workout| &workout.exercises);
    let named = exercises.filter(|exercise| exercise.name == name);
    let (mut reps, mut metres, mut seconds) = (false, false, false);
    let (mut said, mut seen) = (None, Load::None);
    for exercise in named {
        said = said.or(exercise.load);
        for set in &exercise.sets {
            reps |= set.reps.is_some_and(|reps| reps > 0.0);
            metres |= set.distance.is_some();
            seconds |= set.seconds.is_some();
            match set.weight {
                // Some apps write assistance as less than nothing.
                Some(weight) if weight < 0.0 => seen = Load::Assistance,
                Some(weight) if weight > 0.0 && seen == Load::None => seen = Load::External,
                _ => {}
            }
        }
    }
    let load = said.unwrap_or(seen);
    let step_increment = match load {
        Load::External | Load::Added => STEP,
        Load::Assistance | Load::None => 0.0,
    };
    let exercise = Exercise {
        id: new_id(),
        name: name.split_whitespace().collect::<Vec<_>>().join(" "),
        measure: match (reps, metres, seconds) {
            (false, true, _) => Measure::Metres,
            (false, false, true) => Measure::Seconds,
            _ => Measure::Reps,
        },
        load,
        step_increment,
        ..Exercise::own()
    };
    exercise.derived()
}
