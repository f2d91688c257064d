//! Validation of plans: sessions and exercises.

use crate::workout::tools::prelude::*;

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

/// Validates the sessions and resolves the names of their exercises to slugs.
pub(super) fn check_sessions(
    sessions: Option<&mut Vec<PlanSession>>,
    names: &mut NameResolver<'_>,
) -> Result<(), ToolError> {
    for (at, session) in sessions.into_iter().flatten().enumerate() {
        let place = format!("sessions[{at}]");
        session.name = name(&format!("{place}.name"), std::mem::take(&mut session.name))?;
        for (at, exercise) in session.exercises.iter_mut().enumerate() {
            check_exercise(&format!("{place}.exercises[{at}]"), exercise, names)?;
        }
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
    if let (Some(min), Some(max)) = (exercise.reps_min, exercise.reps_max)
        && min > max
    {
        return Err(invalid!(
            field("reps_max"),
            "is {max}, less than reps_min {min}"
        ));
    }
    exercise.notes = text(exercise.notes.take());
    Ok(())
}
