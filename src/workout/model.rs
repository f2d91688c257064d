//! Domain types: workouts, sets, plans and user settings.

mod body_weight;
mod origin;
mod plan;
mod settings;
mod size;
mod workout;

pub use body_weight::{BodyWeight, BodyWeights};
pub use origin::{ImportedRows, Origin, RowsOf};
pub use plan::{NewPlan, Plan, PlanExercise, PlanSession, PlanSource};
pub use settings::{MAX_HISTORY_DAYS, Settings, Units, WeekStart};
pub use size::{MAX_ALL_NOTES_CHARS, check_size};
pub use workout::{DistinctSet, ExerciseSession, SetKind, Workout, WorkoutExercise, WorkoutSet};

/// Characters of a name, and of notes.
pub const MAX_NAME_CHARS: usize = 200;
pub const MAX_NOTES_CHARS: usize = 4000;
/// Of the notes of an exercise in a workout.
pub const MAX_EXERCISE_NOTES_CHARS: usize = 1000;
/// Of the name of an own exercise.
pub const MAX_EXERCISE_NAME_CHARS: usize = 100;
/// The regular expression of a text that is not blank, for JSON Schemas.
pub const NOT_BLANK: &str = r"\S";
