//! Domain types: workouts, sets, plans and user settings.

mod plan;
mod settings;
mod workout;

pub use plan::{NewPlan, Plan, PlanExercise, PlanSession};
pub use settings::{MAX_HISTORY_DAYS, Settings};
pub use workout::{ExerciseSession, Workout, WorkoutExercise, WorkoutSet};
