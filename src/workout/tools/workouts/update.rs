//! Tools `update_workout` and `delete_workout`.

use jiff::Timestamp;

use super::{
    WorkoutReply,
    input::{check_exercises, check_times, time},
    not_found, repeated,
};
use crate::workout::tools::{prelude::*, schema::terse};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct UpdateWorkout {
    workout_id: String,
    /// Replaces all; as in `create_workout`
    #[schemars(length(min = 1, max = 50), transform = terse)]
    exercises: Option<Vec<WorkoutExercise>>,
    #[schemars(length(max = MAX_NAME_CHARS))]
    name: Option<String>,
    #[schemars(regex(pattern = dates::TIME_PATTERN))]
    performed_at: Option<String>,
    #[schemars(regex(pattern = dates::OPTIONAL_TIME_PATTERN))]
    ended_at: Option<String>,
    #[schemars(length(max = MAX_NOTES_CHARS))]
    notes: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct DeleteWorkout {
    workout_id: String,
}

impl Tool for UpdateWorkout {
    const NAME: &'static str = "update_workout";
    const TITLE: &'static str = "Correct a workout";
    const DESCRIPTION: &'static str = "Change the name, times, notes or all exercises of a logged workout. What is not given stays; \"\" clears a text. For single sets use add_sets or correct_set.";
    const EFFECT: Effect = Effect::Overwrite;
    const ZONED: bool = true;
    type Output = WorkoutReply;

    async fn run(mut self, ctx: &ToolContext<'_>) -> Result<Reply<WorkoutReply>, ToolError> {
        let catalogue = ctx.catalogue().await?;
        let mut names = NameResolver::new(&catalogue);
        if let Some(exercises) = &mut self.exercises {
            check_exercises(exercises, &mut names)?;
        }
        let notice = names.notice("logged");
        let replaced = self.exercises.is_some();
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(user, id) => return repeated(user, &id, notice, &catalogue).await,
        };
        let stored = user.tx.workout(&self.workout_id).await?;
        let mut workout = stored.ok_or_else(|| not_found("workout_id", &self.workout_id))?;
        self.apply_to(&mut workout, &user)?;
        user.tx.replace_workout(&workout, replaced, ctx.now).await?;
        let id = workout.id.clone();
        let view = WorkoutView::new(workout, &catalogue, &user);
        user.commit(&id).await?;
        Ok(WorkoutReply::reply("Now:", view, notice, false))
    }
}

impl UpdateWorkout {
    fn apply_to(self, workout: &mut Workout, user: &UserData) -> Result<(), ToolError> {
        if self.name.is_some() {
            workout.name = text(self.name);
        }
        if self.notes.is_some() {
            workout.notes = text(self.notes);
        }
        if let Some(exercises) = self.exercises {
            workout.exercises = exercises;
        }
        if let Some(at) = time("performed_at", self.performed_at, user)? {
            // The duration stays the same.
            let shift = at.duration_since(workout.performed_at);
            workout.performed_at = at;
            let shifted = |end: Timestamp| end.checked_add(shift).unwrap_or(user.now);
            workout.ended_at = workout.ended_at.map(|end| shifted(end).min(user.now));
        }
        if self.ended_at.is_some() {
            workout.ended_at = time("ended_at", self.ended_at, user)?;
        }
        check_times(workout)
    }
}

impl Tool for DeleteWorkout {
    const NAME: &'static str = "delete_workout";
    const TITLE: &'static str = "Delete a workout";
    const DESCRIPTION: &'static str = "Delete a logged workout for good. Ask the user first.";
    const EFFECT: Effect = Effect::Overwrite;
    type Output = Deleted;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<Deleted>, ToolError> {
        let id = self.workout_id;
        if let Write::First(mut user) = ctx.write().await? {
            if !user.tx.delete_workout(&id).await? {
                return Err(not_found("workout_id", &id));
            }
            user.commit(&id).await?;
        }
        let text = format!("Deleted workout {id}");
        Ok(Reply::new(Deleted { deleted: id }, text))
    }
}
