//! Tool `create_workout`.

use super::{
    WorkoutReply,
    input::{check_exercises, check_times, time},
    repeated,
};
use crate::workout::tools::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct CreateWorkout {
    #[schemars(length(min = 1, max = 50))]
    exercises: Vec<WorkoutExercise>,
    #[schemars(length(max = MAX_NAME_CHARS))]
    name: Option<String>,
    /// Start, as 2026-11-21T18:30 or a date; default now
    #[schemars(regex(pattern = dates::TIME_PATTERN))]
    performed_at: Option<String>,
    #[schemars(regex(pattern = dates::TIME_PATTERN))]
    ended_at: Option<String>,
    #[schemars(length(max = MAX_NOTES_CHARS))]
    notes: Option<String>,
}

impl Tool for CreateWorkout {
    const NAME: &'static str = "create_workout";
    const TITLE: &'static str = "Log a workout";
    const DESCRIPTION: &'static str = "Log a finished workout, all exercises in one call; each call logs one more. Give weights as the user said them. notice says what names were taken for: tell the user.";
    const EFFECT: Effect = Effect::Add;
    const ZONED: bool = true;
    type Output = WorkoutReply;

    async fn run(mut self, ctx: &ToolContext<'_>) -> Result<Reply<WorkoutReply>, ToolError> {
        let catalogue = ctx.catalogue().await?;
        let mut names = NameResolver::new(&catalogue);
        check_exercises(&mut self.exercises, &mut names)?;
        let notice = names.notice("logged");
        let name = text(self.name);
        let notes = text(self.notes);
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(user, id) => return repeated(user, &id, notice, &catalogue).await,
        };
        let id = new_id();
        let performed_at = time("performed_at", self.performed_at, &user)?;
        let workout = Workout {
            id: id.clone(),
            name,
            notes,
            performed_at: performed_at.unwrap_or(ctx.now),
            ended_at: time("ended_at", self.ended_at, &user)?,
            exercises: self.exercises,
        };
        check_times(&workout)?;
        user.tx.insert_workout(&workout, ctx.now).await?;
        let view = WorkoutView::new(workout, &catalogue, &user);
        user.commit(&id).await?;
        Ok(WorkoutReply::reply("Logged:", view, notice, false))
    }
}
