//! Validation of plans: sessions, exercises and duration.

use jiff::{ToSpan, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workout::{
    catalogue::Catalogue,
    error::{ToolError, invalid},
    model::{PlanExercise, PlanSession},
    tools::input::{MAX_NOTES_CHARS, check_rpe, name, text, within},
};

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

/// The last day of a plan of so many weeks.
pub(super) fn last_day(first: Date, weeks: i64) -> Date {
    first.saturating_add(weeks.weeks()).saturating_sub(1.day())
}

/// Validates the sessions and resolves the names of their exercises to slugs.
pub(super) fn sessions(
    given: Option<Vec<PlanSession>>,
    catalogue: &Catalogue,
) -> Result<Option<Vec<PlanSession>>, ToolError> {
    let Some(sessions) = given else {
        return Ok(None);
    };
    let n = sessions.len();
    if n == 0 || n > MAX_SESSIONS {
        let message = format_args!("has {n} sessions; a week has 1 to {MAX_SESSIONS}");
        return Err(ToolError::at("sessions", message));
    }
    let sessions = sessions.into_iter().enumerate();
    sessions
        .map(|(at, given)| session(&format!("sessions[{at}]"), given, catalogue))
        .collect::<Result<_, _>>()
        .map(Some)
}

fn session(
    place: &str,
    session: PlanSession,
    catalogue: &Catalogue,
) -> Result<PlanSession, ToolError> {
    let PlanSession {
        name: given,
        day,
        exercises,
    } = session;
    let name_place = format!("{place}.name");
    let name = name(&name_place, given)?;
    if let Some(day) = day {
        within(&format!("{place}.day"), day, 1, 7)?;
    }
    let n = exercises.len();
    if n == 0 || n > MAX_EXERCISES {
        let message = format_args!("has {n} exercises; it must have 1 to {MAX_EXERCISES}");
        return Err(ToolError::at(format!("{place}.exercises"), message));
    }
    let exercises = exercises.into_iter().enumerate();
    let exercises = exercises
        .map(|(at, given)| exercise(&format!("{place}.exercises[{at}]"), given, catalogue));
    Ok(PlanSession {
        name,
        day,
        exercises: exercises.collect::<Result<_, _>>()?,
    })
}

fn exercise(
    place: &str,
    exercise: PlanExercise,
    catalogue: &Catalogue,
) -> Result<PlanExercise, ToolError> {
    let field = |name: &str| format!("{place}.{name}");
    let found = catalogue.find(&exercise.exercise_id);
    let found = found.map_err(|error| ToolError::at(field("exercise_id"), error))?;
    within(&field("sets"), exercise.sets, 1, 50)?;
    let (min, max) = (exercise.reps_min, exercise.reps_max);
    for (name, reps) in [("reps_min", min), ("reps_max", max)] {
        if let Some(reps) = reps {
            within(&field(name), reps, 1, 1000)?;
        }
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        return Err(invalid!(
            field("reps_max"),
            "is {max}, less than reps_min {min}"
        ));
    }
    check_rpe(&field("rpe"), exercise.rpe)?;
    if let Some(rest) = exercise.rest_seconds {
        within(&field("rest_seconds"), rest, 0, 3600)?;
    }
    let notes = text(&field("notes"), exercise.notes, MAX_NOTES_CHARS)?;
    Ok(PlanExercise {
        exercise_id: found.id.clone(),
        notes,
        ..exercise
    })
}
