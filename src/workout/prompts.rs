//! The prompts: a question each, with the user's recent data beneath it. What to make of the data is the model's part.

use jiff::ToSpan;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Value, json};

use super::{
    call::{Call, Opened, ToolError},
    dates,
    store::Page,
    tools::{self, Audience},
    views::WorkoutView,
};

/// Sessions shown in a prompt.
const MAX_SESSIONS: i64 = 40;
/// Lifts whose progress is shown when none is named.
const MAX_LIFTS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    SuggestDeload,
    WeeklyReview,
    PlanMyWeek,
    BreakPlateau,
}

impl Wanted {
    const ALL: [Self; 4] = [
        Self::SuggestDeload,
        Self::WeeklyReview,
        Self::PlanMyWeek,
        Self::BreakPlateau,
    ];

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|prompt| prompt.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::SuggestDeload => "suggest_deload",
            Self::WeeklyReview => "weekly_review",
            Self::PlanMyWeek => "plan_my_week",
            Self::BreakPlateau => "break_plateau",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::SuggestDeload => "Whether a deload week is due, from the last four weeks",
            Self::WeeklyReview => "A review of this week against the last one",
            Self::PlanMyWeek => {
                "A plan for the coming week, from the active plan and recent training"
            }
            Self::BreakPlateau => {
                "Ways past a plateau in one exercise, or in the most trained ones"
            }
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::SuggestDeload => {
                "Look at my last four weeks of training and tell me whether I need a deload week. If I do, say by how much to \
                 cut the sets of each muscle group and for how long. Go by the figures below and say which ones you used."
            }
            Self::WeeklyReview => {
                "Review my training week: what I did, how it compares with the week before, which muscle groups are short of or \
                 past their volume, and one thing to do differently next week. Go by the figures below."
            }
            Self::PlanMyWeek => {
                "Plan my coming training week, day by day, with exercises, sets, reps and weights. Keep to my active plan if there \
                 is one, and take the weights from what I did last."
            }
            Self::BreakPlateau => {
                "Help me get past a plateau. Say whether the figures below show one, what may be behind it, and what to change for \
                 the next four weeks."
            }
        }
    }
}

pub fn listed(audience: Audience) -> Vec<Prompt> {
    let prompt = |prompt: Wanted| {
        let mut arguments = Vec::new();
        if audience == Audience::Agent {
            arguments.push(
                PromptArgument::new("user_id")
                    .with_description("Whose data")
                    .with_required(true),
            );
        }
        if prompt == Wanted::BreakPlateau {
            let exercise = PromptArgument::new("exercise").with_description("Slug or name");
            arguments.push(exercise.with_required(false));
        }
        let arguments = (!arguments.is_empty()).then_some(arguments);
        Prompt::new(prompt.name(), Some(prompt.description()), arguments)
    };
    Wanted::ALL.into_iter().map(prompt).collect()
}

/// The question with the data it needs.
pub async fn fill(
    prompt: Wanted,
    call: &Call<'_>,
    arguments: JsonObject,
) -> Result<GetPromptResult, ToolError> {
    let exercise = exercise_of(prompt, arguments)?;
    let mut parts = vec![prompt.question().to_owned()];
    match prompt {
        Wanted::SuggestDeload => {
            parts.push(workouts(call, 28).await?);
            parts.extend(weeks(call, 4).await?);
            parts.extend(lifts(call, None, 28).await?);
        }
        Wanted::WeeklyReview => {
            parts.push(workouts(call, 14).await?);
            parts.extend(weeks(call, 2).await?);
        }
        Wanted::PlanMyWeek => {
            parts.push(active_plan(call).await?);
            parts.push(workouts(call, 14).await?);
        }
        Wanted::BreakPlateau => parts.extend(lifts(call, exercise, 56).await?),
    }
    let message = PromptMessage::new_text(Role::User, parts.join("\n\n"));
    Ok(GetPromptResult::new(vec![message]).with_description(prompt.description()))
}

fn exercise_of(prompt: Wanted, mut arguments: JsonObject) -> Result<Option<String>, ToolError> {
    let exercise = match arguments.shift_remove("exercise") {
        Some(Value::String(exercise)) if prompt == Wanted::BreakPlateau => Some(exercise),
        None | Some(Value::Null) => None,
        Some(_) => {
            return Err(ToolError::at(
                "exercise",
                "is not an argument of this prompt, or no text",
            ));
        }
    };
    match arguments.keys().next() {
        Some(other) => Err(ToolError::Input(format!(
            "there is no argument {}",
            super::call::quoted(other)
        ))),
        None => Ok(exercise.filter(|exercise| !exercise.trim().is_empty())),
    }
}

async fn tool(call: &Call<'_>, name: &str, arguments: Value) -> Result<String, ToolError> {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    match tools::run(name, call, arguments).await {
        Some(answer) => Ok(answer?.text),
        None => Ok(String::new()),
    }
}

async fn workouts(call: &Call<'_>, days: i64) -> Result<String, ToolError> {
    let Opened {
        mut tx,
        settings,
        zone,
    } = call.read().await?;
    let days = days.min(settings.max_history_days);
    let since = dates::days_ago(days, &zone, call.now);
    let workouts = tx.workouts(&Page::newest(since, MAX_SESSIONS)).await?;
    let mut lines = vec![format!("Workouts of the last {days} days, newest first:")];
    if workouts.is_empty() {
        lines.push("none logged".to_owned());
    }
    lines.extend(
        workouts
            .into_iter()
            .map(|w| WorkoutView::of(w, call.catalogue, &zone, settings.include_notes).text()),
    );
    Ok(lines.join("\n"))
}

/// The sets of so many weeks, this one last, but of none that the user's cap hides.
async fn weeks(call: &Call<'_>, count: i64) -> Result<Vec<String>, ToolError> {
    let Opened { settings, zone, .. } = call.read().await?;
    let today = dates::today(&zone, call.now);
    let oldest = today.saturating_sub(settings.max_history_days.days());
    let mut parts = Vec::new();
    for back in (0..count).rev() {
        let monday = dates::monday_of(today).saturating_sub(back.weeks());
        if monday.saturating_add(6.days()) >= oldest {
            let week = json!({"week": monday.to_string()});
            parts.push(tool(call, "check_volume_landmarks", week).await?);
        }
    }
    Ok(parts)
}

/// The progress of the named exercise, or of those trained most.
async fn lifts(
    call: &Call<'_>,
    named: Option<String>,
    days: i64,
) -> Result<Vec<String>, ToolError> {
    let exercises = match named {
        Some(exercise) => vec![exercise],
        None => most_trained(call, days).await?,
    };
    let mut parts = Vec::new();
    for exercise in exercises {
        parts.push(
            tool(
                call,
                "analyze_progress",
                json!({"exercise": exercise, "time_period_days": days}),
            )
            .await?,
        );
    }
    if parts.is_empty() {
        parts.push(format!("Nothing was logged in the last {days} days."));
    }
    Ok(parts)
}

async fn most_trained(call: &Call<'_>, days: i64) -> Result<Vec<String>, ToolError> {
    let Opened {
        mut tx,
        settings,
        zone,
    } = call.read().await?;
    let since = dates::days_ago(days.min(settings.max_history_days), &zone, call.now);
    let mut sets = tx
        .working_sets(since, call.now.as_millisecond() + 1)
        .await?;
    sets.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let known = sets
        .into_iter()
        .map(|(id, _)| id)
        .filter(|id| call.catalogue.by_id(id).is_some());
    Ok(known.take(MAX_LIFTS).collect())
}

async fn active_plan(call: &Call<'_>) -> Result<String, ToolError> {
    let plans = call.read().await?.tx.plans().await?;
    match plans.into_iter().find(|plan| plan.is_active) {
        Some(plan) => Ok(format!(
            "My active plan:\n{}",
            tool(call, "list_plans", json!({"plan_id": plan.id})).await?
        )),
        None => Ok("I have no active plan.".to_owned()),
    }
}
