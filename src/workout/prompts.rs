//! MCP prompts: each is a question, followed by the user's recent data. Conclusions are left to the model.

use std::collections::BTreeMap;

use jiff::ToSpan;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::Value;

use super::{
    context::ToolContext,
    dates,
    error::{ToolError, quoted},
    store::Page,
    tools::{AnalyzeProgress, Audience, CheckVolumeLandmarks, ListPlans, Tool, WorkoutView},
};

/// Workouts shown in a prompt.
const MAX_WORKOUTS: i64 = 40;
/// Exercises whose progress is shown when none is named.
const MAX_EXERCISES: usize = 4;

/// A row of the prompt table.
pub struct PromptSpec {
    kind: PromptKind,
    name: &'static str,
    description: &'static str,
    question: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PromptKind {
    SuggestDeload,
    WeeklyReview,
    PlanMyWeek,
    BreakPlateau,
}

static PROMPTS: [PromptSpec; 4] = [
    PromptSpec {
        kind: PromptKind::SuggestDeload,
        name: "suggest_deload",
        description: "Whether a deload week is due, from the last four weeks",
        question: "Look at my last four weeks of training and tell me whether I need a deload week. If I do, say by how much to \
                   cut the sets of each muscle group and for how long. Go by the figures below and say which ones you used.",
    },
    PromptSpec {
        kind: PromptKind::WeeklyReview,
        name: "weekly_review",
        description: "A review of this week against the last one",
        question: "Review my training week: what I did, how it compares with the week before, which muscle groups are short of or \
                   past their volume, and one thing to do differently next week. Go by the figures below.",
    },
    PromptSpec {
        kind: PromptKind::PlanMyWeek,
        name: "plan_my_week",
        description: "A plan for the coming week, from the active plan and recent training",
        question: "Plan my coming training week, day by day, with exercises, sets, reps and weights. Keep to my active plan if there \
                   is one, and take the weights from what I did last.",
    },
    PromptSpec {
        kind: PromptKind::BreakPlateau,
        name: "break_plateau",
        description: "Ways past a plateau in one exercise, or in the most trained ones",
        question: "Help me get past a plateau. Say whether the figures below show one, what may be behind it, and what to change for \
                   the next four weeks.",
    },
];

/// The prompt of this name.
pub fn find(name: &str) -> Option<&'static PromptSpec> {
    PROMPTS.iter().find(|prompt| prompt.name == name)
}

/// The prompts as `prompts/list` returns them.
pub fn listed(audience: Audience) -> Vec<Prompt> {
    PROMPTS.iter().map(|spec| spec.listed(audience)).collect()
}

impl PromptSpec {
    fn listed(&self, audience: Audience) -> Prompt {
        let mut arguments = Vec::new();
        if audience == Audience::Agent {
            let user = PromptArgument::new("user_id").with_description("Whose data");
            arguments.push(user.with_required(true));
        }
        if self.kind == PromptKind::BreakPlateau {
            let exercise = PromptArgument::new("exercise").with_description("Slug or name");
            arguments.push(exercise.with_required(false));
        }
        let arguments = (!arguments.is_empty()).then_some(arguments);
        Prompt::new(self.name, Some(self.description), arguments)
    }

    /// The question with the data it needs.
    pub async fn get(
        &self,
        ctx: &ToolContext<'_>,
        arguments: JsonObject,
    ) -> Result<GetPromptResult, ToolError> {
        let exercise = self.exercise(arguments)?;
        let mut parts = vec![self.question.to_owned()];
        match self.kind {
            PromptKind::SuggestDeload => {
                parts.push(workouts(ctx, 28).await?);
                parts.extend(weekly_volume(ctx, 4).await?);
                parts.extend(progress(ctx, None, 28).await?);
            }
            PromptKind::WeeklyReview => {
                parts.push(workouts(ctx, 14).await?);
                parts.extend(weekly_volume(ctx, 2).await?);
            }
            PromptKind::PlanMyWeek => {
                parts.push(active_plan(ctx).await?);
                parts.push(workouts(ctx, 14).await?);
            }
            PromptKind::BreakPlateau => parts.extend(progress(ctx, exercise, 56).await?),
        }
        let message = PromptMessage::new_text(Role::User, parts.join("\n\n"));
        Ok(GetPromptResult::new(vec![message]).with_description(self.description))
    }

    /// The argument `exercise`, which only [`PromptKind::BreakPlateau`] has.
    fn exercise(&self, mut arguments: JsonObject) -> Result<Option<String>, ToolError> {
        let exercise = match arguments.shift_remove("exercise") {
            Some(Value::String(exercise)) if self.kind == PromptKind::BreakPlateau => exercise,
            None | Some(Value::Null) => String::new(),
            Some(_) => {
                let message = "is not an argument of this prompt, or no text";
                return Err(ToolError::at("exercise", message));
            }
        };
        if let Some(other) = arguments.keys().next() {
            let other = quoted(other);
            return Err(ToolError::Input(format!("there is no argument {other}")));
        }
        Ok(Some(exercise).filter(|exercise| !exercise.trim().is_empty()))
    }
}

async fn workouts(ctx: &ToolContext<'_>, days: i64) -> Result<String, ToolError> {
    let mut user = ctx.read().await?;
    let days = days.min(user.settings.max_history_days);
    let catalogue = user.catalogue().await?;
    let page = Page::newest(user.days_ago(days), MAX_WORKOUTS);
    let workouts = user.tx.workouts(&page).await?;
    let mut lines = vec![format!("Workouts of the last {days} days, newest first:")];
    if workouts.is_empty() {
        lines.push("none logged".to_owned());
    }
    let workouts = workouts.into_iter();
    lines.extend(workouts.map(|w| WorkoutView::new(w, &catalogue, &user).text()));
    Ok(lines.join("\n"))
}

/// The sets of the last `count` weeks, the current one last, without weeks before the user's history limit.
async fn weekly_volume(ctx: &ToolContext<'_>, count: i64) -> Result<Vec<String>, ToolError> {
    let user = ctx.read().await?;
    let today = user.today();
    let week_start = user.settings.week_start;
    let oldest = today.saturating_sub(user.settings.max_history_days.days());
    drop(user);
    let mut parts = Vec::new();
    for back in (0..count).rev() {
        let first = dates::week_of(today, week_start).saturating_sub(back.weeks());
        if first.saturating_add(6.days()) >= oldest {
            let check = CheckVolumeLandmarks {
                week: Some(first.to_string()),
                muscle_group: None,
            };
            parts.push(check.run(ctx).await?.text);
        }
    }
    Ok(parts)
}

/// The progress of the named exercise, or of the most trained ones.
async fn progress(
    ctx: &ToolContext<'_>,
    exercise: Option<String>,
    days: i64,
) -> Result<Vec<String>, ToolError> {
    let exercises = match exercise {
        Some(exercise) => vec![exercise],
        None => most_trained(ctx, days).await?,
    };
    let mut parts = Vec::new();
    for exercise in exercises {
        let analysis = AnalyzeProgress {
            exercise,
            time_period_days: Some(days),
        };
        parts.push(analysis.run(ctx).await?.text);
    }
    if parts.is_empty() {
        parts.push(format!("Nothing was logged in the last {days} days."));
    }
    Ok(parts)
}

async fn most_trained(ctx: &ToolContext<'_>, days: i64) -> Result<Vec<String>, ToolError> {
    let mut user = ctx.read().await?;
    let since = user.days_ago(days.min(user.settings.max_history_days));
    let until = ctx.now + 1.millisecond();
    let catalogue = user.catalogue().await?;
    let mut sets: BTreeMap<String, u32> = BTreeMap::new();
    for done in user.tx.working_sets(since, until).await? {
        *sets.entry(done.exercise_id).or_default() += done.sets;
    }
    let mut sets: Vec<(String, u32)> = sets.into_iter().collect();
    sets.sort_by_key(|(_, sets)| std::cmp::Reverse(*sets));
    let ids = sets.into_iter().map(|(id, _)| id);
    let known = ids.filter(|id| catalogue.by_id(id).is_some());
    Ok(known.take(MAX_EXERCISES).collect())
}

async fn active_plan(ctx: &ToolContext<'_>) -> Result<String, ToolError> {
    let plans = ctx.read().await?.tx.plans().await?;
    let Some(plan) = plans.into_iter().find(|plan| plan.is_active) else {
        return Ok("I have no active plan.".to_owned());
    };
    let plan_id = Some(plan.id);
    let list = ListPlans {
        plan_id,
        offset: None,
    };
    let plan = list.run(ctx).await?.text;
    Ok(format!("My active plan:\n{plan}"))
}
