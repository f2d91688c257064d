//! Domain types: workouts, sets, plans and user settings.

mod plan;
mod settings;
mod workout;

pub use plan::{NewPlan, Plan, PlanExercise, PlanSession, PlanSource};
pub use settings::{MAX_HISTORY_DAYS, Settings, Units};
pub use workout::{ExerciseSession, Workout, WorkoutExercise, WorkoutSet};
