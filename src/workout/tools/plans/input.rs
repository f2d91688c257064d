//! Validation of plans: sessions, exercises and duration.

use crate::workout::tools::prelude::*;

const MAX_SESSIONS: usize = 14;
const MAX_EXERCISES: usize = 30;
const MAX_WEEKS: i64 = 104;

#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
pub(super) enum Visibility {
    #[default]
    Private,
    Shared,
    Public,
}

impl Visibility {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Shared => "shared",
            Self::Public => "public",
        }
    }
}

pub(super) fn weeks(given: Option<i64>) -> Result<Option<i64>, ToolError> {
    let weeks = given.map(|weeks| within("duration_weeks", weeks, 1, MAX_WEEKS));
    weeks.transpose()
}

/// Validates the sessions and resolves the names of their exercises to slugs.
pub(super) fn check_sessions(
    sessions: Option<&mut Vec<PlanSession>>,
    names: &mut NameResolver<'_>,
) -> Result<(), ToolError> {
    let Some(sessions) = sessions else {
        return Ok(());
    };
    let n = sessions.len();
    if n == 0 || n > MAX_SESSIONS {
        let message = format_args!("has {n} sessions; a week has 1 to {MAX_SESSIONS}");
        return Err(ToolError::at("sessions", message));
    }
    for (at, session) in sessions.iter_mut().enumerate() {
        check_session(&format!("sessions[{at}]"), session, names)?;
    }
    Ok(())
}

fn check_session(
    place: &str,
    session: &mut PlanSession,
    names: &mut NameResolver<'_>,
) -> Result<(), ToolError> {
    session.name = name(&format!("{place}.name"), std::mem::take(&mut session.name))?;
    if let Some(day) = session.day {
        within(&format!("{place}.day"), day, 1, 7)?;
    }
    let place = format!("{place}.exercises");
    count(&place, "exercises", session.exercises.len(), MAX_EXERCISES)?;
    for (at, exercise) in session.exercises.iter_mut().enumerate() {
        check_exercise(&format!("{place}[{at}]"), exercise, names)?;
    }
    Ok(())
}

fn check_exercise(
    place: &str,
    exercise: &mut PlanExercise,
    names: &mut NameResolver<'_>,
) -> Result<(), ToolError> {
    let field = |name: &str| format!("{place}.{name}");
    names.resolve(&field("exercise_id"), &mut exercise.exercise_id)?;
    within(&field("sets"), exercise.sets, 1, 50)?;
    for (name, given, min, max) in [
        ("reps_min", exercise.reps_min, 1, 1000),
        ("reps_max", exercise.reps_max, 1, 1000),
        ("rest_seconds", exercise.rest_seconds, 0, 3600),
    ] {
        if let Some(given) = given {
            within(&field(name), given, min, max)?;
        }
    }
    if let (Some(min), Some(max)) = (exercise.reps_min, exercise.reps_max)
        && min > max
    {
        return Err(invalid!(
            field("reps_max"),
            "is {max}, less than reps_min {min}"
        ));
    }
    check_rpe(&field("rpe"), exercise.rpe)?;
    let notes = exercise.notes.take();
    exercise.notes = text(&field("notes"), notes, MAX_NOTES_CHARS)?;
    Ok(())
}
