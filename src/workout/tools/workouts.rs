//! Tools for logged workouts: `list_workouts`, `create_workout`, `update_workout` and `delete_workout`.

mod create;
mod input;
mod list;
mod update;

use super::prelude::*;
pub(super) use create::CreateWorkout;
pub(super) use list::ListWorkouts;
pub(super) use update::{DeleteWorkout, UpdateWorkout};

#[derive(Serialize, JsonSchema)]
pub(super) struct WorkoutReply {
    workout: WorkoutView,
    /// This very call had logged it before; nothing was added
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
}

fn not_found(place: &str, id: &str) -> ToolError {
    let id = quoted(id);
    invalid!(
        place,
        "the user has no workout {id}; list_workouts shows the ids"
    )
}
