//! Whether sessions of a plan can be what they say.

use crate::{
    workout::call::ToolError,
    workout::catalogue::Catalogue,
    workout::plan::{PlanExercise, PlanSession},
    workout::tools::input::{MAX_NAME_CHARS, MAX_NOTES_CHARS, text, within},
};

const MAX_SESSIONS: usize = 14;
const MAX_EXERCISES: usize = 30;

/// The sessions with the slugs of their exercises; or the first thing that is wrong, and where.
pub(super) fn checked(
    sessions: Vec<PlanSession>,
    catalogue: &Catalogue,
) -> Result<Vec<PlanSession>, ToolError> {
    if sessions.is_empty() || sessions.len() > MAX_SESSIONS {
        let n = sessions.len();
        return Err(ToolError::at(
            "sessions",
            format!("has {n} sessions; a week has 1 to {MAX_SESSIONS}"),
        ));
    }
    let sessions = sessions.into_iter().enumerate();
    sessions
        .map(|(at, session)| checked_session(&format!("sessions[{at}]"), session, catalogue))
        .collect()
}

fn checked_session(
    place: &str,
    session: PlanSession,
    catalogue: &Catalogue,
) -> Result<PlanSession, ToolError> {
    let name = text(&format!("{place}.name"), Some(session.name), MAX_NAME_CHARS)?;
    if let Some(day) = session.day {
        within(&format!("{place}.day"), i64::from(day), 1, 7)?;
    }
    let n = session.exercises.len();
    if n == 0 || n > MAX_EXERCISES {
        return Err(ToolError::at(
            format!("{place}.exercises"),
            format!("has {n} exercises; it must have 1 to {MAX_EXERCISES}"),
        ));
    }
    let exercises = session.exercises.into_iter().enumerate();
    let exercises = exercises
        .map(|(at, e)| checked_exercise(&format!("{place}.exercises[{at}]"), e, catalogue));
    Ok(PlanSession {
        name: name.ok_or_else(|| ToolError::at(format!("{place}.name"), "is blank"))?,
        day: session.day,
        exercises: exercises.collect::<Result<_, _>>()?,
    })
}

fn checked_exercise(
    place: &str,
    exercise: PlanExercise,
    catalogue: &Catalogue,
) -> Result<PlanExercise, ToolError> {
    let found = catalogue.find(&exercise.exercise_id);
    let found = found.map_err(|error| ToolError::at(format!("{place}.exercise_id"), error))?;
    within(&format!("{place}.sets"), i64::from(exercise.sets), 1, 50)?;
    for (field, reps) in [
        ("reps_min", exercise.reps_min),
        ("reps_max", exercise.reps_max),
    ] {
        if let Some(reps) = reps {
            within(&format!("{place}.{field}"), i64::from(reps), 1, 1000)?;
        }
    }
    if let (Some(min), Some(max)) = (exercise.reps_min, exercise.reps_max)
        && min > max
    {
        return Err(ToolError::at(
            format!("{place}.reps_max"),
            format!("is {max}, less than reps_min {min}"),
        ));
    }
    if let Some(rpe) = exercise.rpe.filter(|rpe| !(1.0..=10.0).contains(rpe)) {
        return Err(ToolError::at(
            format!("{place}.rpe"),
            format!("is {rpe}; it must be from 1 to 10"),
        ));
    }
    if let Some(rest) = exercise.rest_seconds {
        within(&format!("{place}.rest_seconds"), i64::from(rest), 0, 3600)?;
    }
    let notes = text(&format!("{place}.notes"), exercise.notes, MAX_NOTES_CHARS)?;
    Ok(PlanExercise {
        exercise_id: found.id.clone(),
        notes,
        ..exercise
    })
}
