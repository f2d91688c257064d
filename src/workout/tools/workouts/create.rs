//! Tool `create_workout`.

use super::{
    WorkoutReply,
    input::{check_exercises, check_times, time},
    not_found,
};
use crate::workout::tools::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct CreateWorkout {
    #[schemars(length(min = 1, max = 50))]
    exercises: Vec<WorkoutExercise>,
    name: Option<String>,
    /// Time (2026-11-21T18:30) or date; default now
    performed_at: Option<String>,
    ended_at: Option<String>,
    notes: Option<String>,
}

impl Tool for CreateWorkout {
    const NAME: &'static str = "create_workout";
    const TITLE: &'static str = "Log a workout";
    const DESCRIPTION: &'static str = "Log a workout that has been done. Each call logs one more.";
    const EFFECT: Effect = Effect::Add;
    type Output = WorkoutReply;

    async fn run(mut self, ctx: &ToolContext<'_>) -> Result<Reply<WorkoutReply>, ToolError> {
        check_exercises(&mut self.exercises, ctx.catalogue)?;
        let name = text("name", self.name, MAX_NAME_CHARS)?;
        let notes = text("notes", self.notes, MAX_NOTES_CHARS)?;
        let mut user = ctx.write().await?;
        let performed_at = time("performed_at", self.performed_at, &user)?;
        let mut workout = Workout {
            id: new_id(),
            name,
            notes,
            performed_at: performed_at.unwrap_or(ctx.now),
            ended_at: time("ended_at", self.ended_at, &user)?,
            exercises: self.exercises,
        };
        check_times(&workout)?;
        let call_id = ctx.call_id.as_deref();
        let earlier = user.tx.insert_workout(&workout, call_id, ctx.now).await?;
        if let Some(id) = &earlier {
            let stored = user.tx.workout(id).await?;
            workout = stored.ok_or_else(|| not_found("workout_id", id))?;
        }
        let workout = WorkoutView::new(workout, ctx.catalogue, &user);
        user.commit().await?;
        let repeated = earlier.is_some();
        let action = if repeated {
            "This call had been carried out before; logged then:"
        } else {
            "Logged:"
        };
        let text = format!("{action} {}", workout.text());
        let data = WorkoutReply { workout, repeated };
        Ok(Reply::new(data, text))
    }
}
