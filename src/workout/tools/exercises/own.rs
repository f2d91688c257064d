//! Tools for the user's own exercises: `create_exercise` and `update_exercise`.

use super::own_input::Changes;
use crate::workout::{
    catalogue::{Load, Measure},
    store::MAX_USER_EXERCISES,
    tools::prelude::*,
};

#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("additionalProperties" = false, "required" = ["name", "primary_muscles"]))]
pub(in crate::workout::tools) struct CreateExercise(Changes);

#[derive(Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub(in crate::workout::tools) struct UpdateExercise {
    exercise_id: String,
    #[serde(flatten)]
    changes: Changes,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::workout::tools) struct OwnExerciseReply {
    exercise: OwnExercise,
    /// This very call was executed before; nothing was changed
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
}

#[derive(Serialize, JsonSchema)]
struct OwnExercise {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    primary_muscles: Vec<String>,
    secondary_muscles: Vec<String>,
    equipment: String,
    measure: Measure,
    load: Load,
    /// kg
    step_increment: f64,
}

impl Tool for CreateExercise {
    const NAME: &'static str = "create_exercise";
    const TITLE: &'static str = "Create an own exercise";
    const DESCRIPTION: &'static str = "Add the user's own exercise if list_exercises has none like it (default: equipment other, measure reps). All tools then take its name.";
    const EFFECT: Effect = Effect::Add;
    type Output = OwnExerciseReply;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<OwnExerciseReply>, ToolError> {
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(user, id) => return repeated(user, &id).await,
        };
        let catalogue = user.catalogue().await?;
        if catalogue.own().count() >= MAX_USER_EXERCISES {
            return Err(ToolError::Input(format!(
                "the user has {MAX_USER_EXERCISES} own exercises already; update one of them instead"
            )));
        }
        let new = Exercise {
            id: new_id(),
            ..Exercise::own()
        };
        let exercise = self.0.applied_to(new, &catalogue)?;
        user.tx.insert_exercise(&exercise, ctx.now).await?;
        user.commit(&exercise.id).await?;
        Ok(OwnExerciseReply::reply("Created:", &exercise, false))
    }
}

impl Tool for UpdateExercise {
    const NAME: &'static str = "update_exercise";
    const TITLE: &'static str = "Change an own exercise";
    const DESCRIPTION: &'static str =
        "Change one of the user's own exercises. What is not given stays; lists are replaced.";
    const EFFECT: Effect = Effect::Overwrite;
    type Output = OwnExerciseReply;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<OwnExerciseReply>, ToolError> {
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(user, id) => return repeated(user, &id).await,
        };
        let catalogue = user.catalogue().await?;
        let stored = own_exercise(&catalogue, &self.exercise_id)?;
        let exercise = self.changes.applied_to(stored.clone(), &catalogue)?;
        if let Some(refusal) = reread(&stored, &exercise)
            && user.tx.has_sets_of(&exercise.id).await?
        {
            return Err(refusal);
        }
        user.tx.update_exercise(&exercise, ctx.now).await?;
        user.commit(&exercise.id).await?;
        Ok(OwnExerciseReply::reply("Now:", &exercise, false))
    }
}

/// Why logged sets forbid the change: their numbers would mean something else.
fn reread(stored: &Exercise, changed: &Exercise) -> Option<ToolError> {
    let [from, to] = [stored, changed].map(|exercise| (exercise.measure, exercise.load));
    let (place, from, to) = if from.0 != to.0 {
        ("measure", from.0.as_str(), to.0.as_str())
    } else if from.1 != to.1 {
        ("load", from.1.as_str(), to.1.as_str())
    } else {
        return None;
    };
    Some(invalid!(
        place,
        "stays {from}: sets of {} are logged with it, and would be read as {to}; create another exercise (create_exercise), \
         and log new sets with that",
        stored.name
    ))
}

/// The user's own exercise of this id or name.
fn own_exercise(catalogue: &Catalogue, text: &str) -> Result<Exercise, ToolError> {
    let place = "exercise_id";
    match catalogue.find(text) {
        Ok(exercise) if exercise.own => Ok(exercise.clone()),
        Ok(shared) => Err(invalid!(
            place,
            "{} is of the shared catalogue, which does not change; create_exercise makes an own one",
            shared.name
        )),
        Err(_) => Err(invalid!(
            place,
            "the user has no exercise {} of their own; list_exercises shows them",
            quoted(text)
        )),
    }
}

/// The reply to a repeated call that wrote the exercise of this id.
async fn repeated(mut user: UserData, id: &str) -> Result<Reply<OwnExerciseReply>, ToolError> {
    let mut own = user.tx.own_exercises().await?.into_iter();
    let stored = own.find(|exercise| exercise.id == id);
    // There is no tool that deletes one.
    let stored = stored.ok_or(ToolError::Internal)?;
    let action = "This call was carried out before:";
    Ok(OwnExerciseReply::reply(action, &stored, true))
}

impl OwnExerciseReply {
    fn reply(action: &str, exercise: &Exercise, repeated: bool) -> Reply<Self> {
        let Exercise { id, name, .. } = exercise;
        let measure = exercise.measure.as_str();
        let (muscles, equipment) = (exercise.primary_muscles.join(", "), &exercise.equipment);
        let text = format!("{action} {name} ({id}): {muscles}; {equipment}; {measure}");
        let exercise = OwnExercise::new(exercise.clone());
        Reply::new(Self { exercise, repeated }, text)
    }
}

impl OwnExercise {
    fn new(exercise: Exercise) -> Self {
        Self {
            id: exercise.id,
            name: exercise.name,
            aliases: exercise.aliases,
            primary_muscles: exercise.primary_muscles,
            secondary_muscles: exercise.secondary_muscles,
            equipment: exercise.equipment,
            measure: exercise.measure,
            load: exercise.load,
            step_increment: exercise.step_increment,
        }
    }
}
