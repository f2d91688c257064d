//! Tools for logged workouts: `list_workouts`, `create_workout`, `add_sets`, `correct_set`, `update_workout` and
//! `delete_workout`.

mod create;
mod edit;
mod input;
mod list;
mod update;

use super::{paging::not_found, prelude::*};
pub(super) use create::CreateWorkout;
pub(super) use edit::{AddSets, CorrectSet};
pub(super) use list::ListWorkouts;
pub(super) use update::{DeleteWorkout, UpdateWorkout};

#[derive(Serialize, JsonSchema)]
pub(super) struct WorkoutReply {
    workout: WorkoutView,
    /// This very call was executed before; nothing was changed
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
}

impl WorkoutReply {
    fn reply(
        action: &str,
        workout: WorkoutView,
        notice: Option<String>,
        repeated: bool,
    ) -> Reply<Self> {
        let text = format!("{action} {}", workout.text());
        let reply = Self { workout, repeated };
        Reply::new(reply, text).with_notice(notice)
    }
}

/// The reply to a repeated call that wrote the workout of this id.
async fn repeated(
    mut user: UserData,
    id: &str,
    notice: Option<String>,
    catalogue: &Catalogue,
) -> Result<Reply<WorkoutReply>, ToolError> {
    let stored = user.tx.workout(id).await?;
    let stored = stored.ok_or_else(|| {
        let what = "was executed before, and its workout was deleted since; nothing was changed";
        ToolError::at("this call", what)
    })?;
    let view = WorkoutView::new(stored, catalogue, &user);
    let action = "This call was carried out before; logged then:";
    Ok(WorkoutReply::reply(action, view, notice, true))
}
