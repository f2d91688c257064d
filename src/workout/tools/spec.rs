//! Tool registry: the table of all tools, with their names, schemas and code.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use futures_util::future::BoxFuture;
use rmcp::model::{self, JsonObject, ToolAnnotations};
use serde_json::Value;

use super::{
    exercises::{CreateExercise, ListExercises, UpdateExercise},
    export::ExportWorkouts,
    history::GetExerciseHistory,
    import::ImportWorkouts,
    input::parse,
    intake,
    next_weight::SuggestNextWeight,
    plans::{ActivatePlan, CreatePlan, DeletePlan, ListPlans, ModifyPlan},
    progress::AnalyzeProgress,
    schema,
    settings::{GetSettings, UpdateSettings},
    tool::{Answer, Effect, Tool},
    volume::CheckVolumeLandmarks,
    workouts::{AddSets, CorrectSet, CreateWorkout, DeleteWorkout, ListWorkouts, UpdateWorkout},
};
use crate::workout::{app_views, context::ToolContext, error::ToolError};

/// The kind of client that a list of tools or prompts is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The agent, which names the user in each call.
    Agent,
    /// A user, who acts for themselves and never sees `user_id`.
    User,
}

/// A row of the tool table, made from a [`Tool`].
pub struct Spec {
    pub name: &'static str,
    /// True if it needs a user.
    pub personal: bool,
    title: &'static str,
    description: &'static str,
    effect: Effect,
    zoned: bool,
    /// Without the user and the time zone, which are taken out of the arguments before.
    input: LazyLock<Value>,
    output: fn() -> JsonObject,
    run: for<'a> fn(&'a ToolContext<'a>, Value) -> BoxFuture<'a, Result<Answer, ToolError>>,
}

/// All tools, in the order of `tools/list`.
pub static SPECS: [Spec; 22] = [
    Spec::new::<ListExercises>(),
    Spec::new::<CreateExercise>(),
    Spec::new::<UpdateExercise>(),
    Spec::new::<ListWorkouts>(),
    Spec::new::<CreateWorkout>(),
    Spec::new::<AddSets>(),
    Spec::new::<CorrectSet>(),
    Spec::new::<UpdateWorkout>(),
    Spec::new::<DeleteWorkout>(),
    Spec::new::<ImportWorkouts>(),
    Spec::new::<ExportWorkouts>(),
    Spec::new::<GetExerciseHistory>(),
    Spec::new::<AnalyzeProgress>(),
    Spec::new::<SuggestNextWeight>(),
    Spec::new::<CheckVolumeLandmarks>(),
    Spec::new::<ListPlans>(),
    Spec::new::<CreatePlan>(),
    Spec::new::<ModifyPlan>(),
    Spec::new::<ActivatePlan>(),
    Spec::new::<DeletePlan>(),
    Spec::new::<GetSettings>(),
    Spec::new::<UpdateSettings>(),
];

/// The tool of this name.
pub fn find(name: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.name == name)
}

/// The tools as `tools/list` returns them.
pub fn listed(audience: Audience) -> Vec<model::Tool> {
    SPECS.iter().map(|spec| spec.listed(audience)).collect()
}

impl Spec {
    const fn new<T: Tool>() -> Self {
        Self {
            name: T::NAME,
            personal: T::PERSONAL,
            title: T::TITLE,
            description: T::DESCRIPTION,
            effect: T::EFFECT,
            zoned: T::ZONED,
            input: LazyLock::new(|| Value::Object(schema::input::<T>())),
            output: schema::output::<T::Output>,
            run: |ctx, arguments| Box::pin(run::<T>(ctx, arguments)),
        }
    }

    pub async fn run(
        &self,
        ctx: &ToolContext<'_>,
        arguments: JsonObject,
    ) -> Result<Answer, ToolError> {
        let arguments = intake::fit(&self.input, arguments)?;
        (self.run)(ctx, arguments).await
    }

    fn listed(&self, audience: Audience) -> model::Tool {
        let mut input = self.input.as_object().cloned().unwrap_or_default();
        if self.zoned {
            schema::add_time_zone(&mut input);
        }
        if self.personal && audience == Audience::Agent {
            schema::add_user_id(&mut input);
        }
        let effect = self.effect;
        let overwrites = matches!(effect, Effect::Overwrite | Effect::AddOrOverwrite);
        let annotations = ToolAnnotations::with_title(self.title)
            .read_only(effect == Effect::Read)
            .destructive(overwrites)
            .idempotent(matches!(
                effect,
                Effect::Read | Effect::AddOnce | Effect::Overwrite
            ))
            .open_world(false);
        let tool = model::Tool::new(
            Cow::Borrowed(self.name),
            Cow::Borrowed(self.description),
            Arc::new(input),
        )
        .with_raw_output_schema(Arc::new((self.output)()))
        .with_annotations(annotations);
        match app_views::of_tool(self.name) {
            Some(view) => tool.with_meta(view.tool_meta()),
            None => tool,
        }
    }
}

async fn run<T: Tool>(ctx: &ToolContext<'_>, arguments: Value) -> Result<Answer, ToolError> {
    parse::<T>(arguments)?.run(ctx).await?.into_answer()
}
