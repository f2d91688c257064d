//! Validation of workouts: exercises, sets and times.

use jiff::Timestamp;

use crate::workout::{catalogue::Measure, model, tools::prelude::*};

/// Of a set that is not measured in seconds or metres.
const MAX_REPS: u32 = 1000;
const MAX_HOURS: i64 = 24;

/// Validates the exercises and resolves their names to slugs.
pub(super) fn check_exercises(
    exercises: &mut [WorkoutExercise],
    names: &mut NameResolver<'_>,
) -> Result<(), ToolError> {
    check_size("exercises", exercises)?;
    for (at, exercise) in exercises.iter_mut().enumerate() {
        let place = format!("exercises[{at}]");
        let name = &mut exercise.exercise_id;
        let found = names.resolve(&format!("{place}.exercise_id"), name)?;
        check_sets(&format!("{place}.sets"), &mut exercise.sets, found.measure)?;
        exercise.notes = text(exercise.notes.take());
    }
    Ok(())
}

/// Checks what all exercises of one workout may have together.
pub(super) fn check_size(place: &str, exercises: &[WorkoutExercise]) -> Result<(), ToolError> {
    let checked = model::check_size(exercises);
    checked.map_err(|oversize| ToolError::at(place, oversize))
}

/// Checks the sets of one exercise; `place` is theirs.
pub(super) fn check_sets(
    place: &str,
    sets: &mut [WorkoutSet],
    measure: Measure,
) -> Result<(), ToolError> {
    for (at, set) in sets.iter_mut().enumerate() {
        check_set(|field| format!("{place}[{at}].{field}"), set, measure)?;
    }
    Ok(())
}

/// Checks what the schema cannot say of a set; `place` gives that of a field of it.
pub(super) fn check_set(
    place: impl Fn(&str) -> String,
    set: &mut WorkoutSet,
    measure: Measure,
) -> Result<(), ToolError> {
    let failed = set.kind == Some(SetKind::FailedAttempt);
    let (fault, message) = match set.reps {
        0 if !failed => (
            "reps",
            "is 0; only a set of the kind failed_attempt has none",
        ),
        1.. if failed => (
            "kind",
            "is failed_attempt, which has 0 reps; a set with some is of the kind failure",
        ),
        // Seconds and metres may be more.
        reps if measure == Measure::Reps && reps > MAX_REPS => {
            return Err(invalid!(
                place("reps"),
                "is {reps}; a set has at most {MAX_REPS} reps"
            ));
        }
        _ => {
            check_reserve(&place("rir"), set)?;
            return check_kind(&place("kind"), set);
        }
    };
    Err(ToolError::at(place(fault), message))
}

/// RPE is 10 less the reps in reserve: given both, they must say the same, to the half point in which RPE is given.
fn check_reserve(place: &str, set: &WorkoutSet) -> Result<(), ToolError> {
    if let (Some(rpe), Some(rir)) = (set.rpe, set.rir)
        && (10.0 - rpe - rir).abs() > 0.5
    {
        let message = format_args!(
            "is {rir}, but rpe {rpe} means {} in reserve; give one",
            10.0 - rpe
        );
        return Err(ToolError::at(place, message));
    }
    Ok(())
}

/// Makes the kind what is stored: a warm-up is one by `is_warmup` alone, and a normal set has no kind.
fn check_kind(place: &str, set: &mut WorkoutSet) -> Result<(), ToolError> {
    let kind = set.kind.unwrap_or_default();
    set.kind = match kind {
        SetKind::Normal => None,
        SetKind::WarmUp => {
            set.is_warmup = true;
            None
        }
        SetKind::Drop | SetKind::Failure | SetKind::FailedAttempt if set.is_warmup => {
            let message = format_args!("is {}, but is_warmup is true", kind.as_str());
            return Err(ToolError::at(place, message));
        }
        other => Some(other),
    };
    Ok(())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(effort: &serde_json::Value) -> Result<(), String> {
        let mut set = json!({"reps": 5, "weight": 100.0, "unit": "kg"});
        let fields = effort.as_object().expect("an object").clone();
        set.as_object_mut().expect("an object").extend(fields);
        let mut set: WorkoutSet = serde_json::from_value(set).expect("a set");
        check_set(str::to_owned, &mut set, Measure::Reps).map_err(|error| error.to_string())
    }

    #[test]
    fn rpe_and_reps_in_reserve_say_the_same() {
        for effort in [
            json!({"rpe": 8}),
            json!({"rir": 5}),
            json!({"rpe": 8, "rir": 2}),
            json!({"rpe": 8.5, "rir": 1}),
        ] {
            assert_eq!(checked(&effort), Ok(()), "{effort}");
        }
        assert_eq!(
            checked(&json!({"rpe": 8, "rir": 5})),
            Err("rir: is 5, but rpe 8 means 2 in reserve; give one".to_owned())
        );
    }
}
