//! Tools `add_sets` and `correct_set`: changes of a logged workout without the rest of it.

use super::{
    WorkoutReply,
    input::{check_set, check_sets, check_size},
    not_found, repeated,
};
use crate::workout::tools::{prelude::*, schema::terse};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct AddSets {
    workout_id: String,
    /// One that the workout lacks is added
    exercise: String,
    /// As in `create_workout`
    #[schemars(length(min = 1, max = 100), transform = terse)]
    sets: Vec<WorkoutSet>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct CorrectSet {
    workout_id: String,
    exercise: String,
    /// Its number, from 1, warm-ups included
    #[schemars(range(min = 1, max = 500))]
    set: usize,
    #[schemars(range(min = 0, max = 100_000))]
    reps: Option<u32>,
    #[schemars(range(min = 0, max = 2000))]
    weight: Option<f64>,
    unit: Option<Unit>,
    #[schemars(range(min = 1, max = 10))]
    rpe: Option<f64>,
    #[schemars(range(min = 0, max = 10))]
    rir: Option<f64>,
    kind: Option<SetKind>,
    is_warmup: Option<bool>,
}

impl Tool for AddSets {
    const NAME: &'static str = "add_sets";
    const TITLE: &'static str = "Add sets";
    const DESCRIPTION: &'static str = "Add sets to an exercise of a logged workout; each call adds more. list_workouts gives the id.";
    const EFFECT: Effect = Effect::Add;
    type Output = WorkoutReply;

    async fn run(mut self, ctx: &ToolContext<'_>) -> Result<Reply<WorkoutReply>, ToolError> {
        let catalogue = ctx.catalogue().await?;
        let mut names = NameResolver::new(&catalogue);
        let mut id = self.exercise;
        let exercise = names.resolve("exercise", &mut id)?;
        check_sets("sets", &mut self.sets, exercise.measure)?;
        let notice = names.notice("logged");
        let add = |workout: &mut Workout| {
            let of_exercise = |logged: &&mut WorkoutExercise| logged.exercise_id == id;
            let sets = self.sets;
            match workout.exercises.iter_mut().rfind(of_exercise) {
                Some(logged) => logged.sets.extend(sets),
                None => workout.exercises.push(WorkoutExercise {
                    exercise_id: id,
                    sets,
                    superset_group: None,
                    notes: None,
                }),
            }
            check_size("sets", &workout.exercises)
        };
        change(
            ctx.write().await?,
            &self.workout_id,
            notice,
            &catalogue,
            add,
        )
        .await
    }
}

impl Tool for CorrectSet {
    const NAME: &'static str = "correct_set";
    const TITLE: &'static str = "Correct a set";
    const DESCRIPTION: &'static str =
        "Correct one set of a logged workout. What is not given stays.";
    const EFFECT: Effect = Effect::Overwrite;
    type Output = WorkoutReply;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<WorkoutReply>, ToolError> {
        let catalogue = ctx.catalogue().await?;
        let mut names = NameResolver::new(&catalogue);
        let mut id = self.exercise.clone();
        let exercise = names.resolve("exercise", &mut id)?;
        let notice = names.notice("corrected");
        let correct = |workout: &mut Workout| {
            let set = self.find(workout, exercise)?;
            self.apply_to(set);
            check_set(str::to_owned, set, exercise.measure)
        };
        change(
            ctx.write().await?,
            &self.workout_id,
            notice,
            &catalogue,
            correct,
        )
        .await
    }
}

impl CorrectSet {
    /// The set of this number, counted over all places where the workout has the exercise.
    fn find<'w>(
        &self,
        workout: &'w mut Workout,
        exercise: &Exercise,
    ) -> Result<&'w mut WorkoutSet, ToolError> {
        let logged = workout.exercises.iter_mut();
        let logged = logged.filter(|logged| logged.exercise_id == exercise.id);
        let mut sets: Vec<&mut WorkoutSet> = logged.flat_map(|logged| &mut logged.sets).collect();
        let (n, name) = (sets.len(), &exercise.name);
        if sets.is_empty() {
            return Err(invalid!("exercise", "this workout has no {name}"));
        }
        if self.set > n {
            return Err(invalid!("set", "is {}; {name} has {n} sets", self.set));
        }
        Ok(sets.swap_remove(self.set - 1))
    }

    /// RPE and RIR say one thing, and so do the kind and `is_warmup`: one given replaces both.
    fn apply_to(&self, set: &mut WorkoutSet) {
        set.reps = self.reps.unwrap_or(set.reps);
        set.weight = self.weight.unwrap_or(set.weight);
        set.unit = self.unit.unwrap_or(set.unit);
        if self.rpe.is_some() || self.rir.is_some() {
            (set.rpe, set.rir) = (self.rpe, self.rir);
        }
        if self.kind.is_some() || self.is_warmup == Some(true) {
            (set.kind, set.is_warmup) = (self.kind, false);
        }
        set.is_warmup = self.is_warmup.unwrap_or(set.is_warmup);
    }
}

/// Changes the exercises of the user's workout, and replies with all of it.
async fn change(
    write: Write,
    id: &str,
    notice: Option<String>,
    catalogue: &Catalogue,
    edit: impl FnOnce(&mut Workout) -> Result<(), ToolError>,
) -> Result<Reply<WorkoutReply>, ToolError> {
    let mut user = match write {
        Write::First(user) => user,
        Write::Repeated(user, id) => return repeated(user, &id, notice, catalogue).await,
    };
    let stored = user.tx.workout(id).await?;
    let mut workout = stored.ok_or_else(|| not_found("workout_id", id))?;
    edit(&mut workout)?;
    user.tx.replace_workout(&workout, true, user.now).await?;
    let id = workout.id.clone();
    let view = WorkoutView::new(workout, catalogue, &user);
    user.commit(&id).await?;
    Ok(WorkoutReply::reply("Now:", view, notice, false))
}
