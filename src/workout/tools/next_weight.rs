//! Tool `suggest_next_weight`: double progression from the last two sessions.

use super::prelude::*;
use crate::workout::figures::{
    progression::{self, Reason, Rule},
    units::{convert, step_in},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SuggestNextWeight {
    /// Slug or name
    #[serde(alias = "exercise_name", alias = "exercise_id")]
    exercise: String,
    /// Default 10
    #[schemars(range(min = 1, max = 100))]
    target_reps: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct NextWeight {
    exercise_id: String,
    name: String,
    target_reps: u32,
    unit: Unit,
    /// How far back was looked
    days: i64,
    /// Absent without a logged session
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    step_increment: f64,
    progression_limit: f64,
    /// What the suggestion rests on, newest first
    based_on: Vec<SessionView>,
}

impl Tool for SuggestNextWeight {
    const NAME: &'static str = "suggest_next_weight";
    const TITLE: &'static str = "Suggest the next weight";
    const DESCRIPTION: &'static str = "The next weight for an exercise by double progression: one step up when every working set of the last \
        session met the target, the same after a miss, 10 % down after two.";
    type Output = NextWeight;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<NextWeight>, ToolError> {
        let exercise = ctx.catalogue.find(&self.exercise)?;
        let target = within("target_reps", self.target_reps.unwrap_or(10), 1, 100)?;
        let target_reps = u32::try_from(target).unwrap_or(u32::MAX);
        let mut user = ctx.read().await?;
        let days = user.settings.max_history_days;
        let since = user.days_ago(days);
        let mut sessions = user.tx.exercise_history(&exercise.id, since, 10).await?;
        sessions.retain(|session| session.working_sets().next().is_some());
        sessions.truncate(2);
        let unit = unit_of(&sessions, user.settings.units.unit());
        let rule = rule(exercise, unit, target_reps);
        let next = next(&sessions, unit, &rule);
        let suggestion = NextWeight {
            exercise_id: exercise.id.clone(),
            name: exercise.name.clone(),
            target_reps,
            unit,
            days,
            weight: next.as_ref().map(|next| next.weight),
            last_weight: next.as_ref().map(|next| next.from),
            reason: next.map(|next| next.reason),
            step_increment: rule.step,
            progression_limit: rule.limit,
            based_on: sessions
                .iter()
                .map(|session| SessionView::new(exercise, session, unit, &user))
                .collect(),
        };
        let text = suggestion.text();
        Ok(Reply::new(suggestion, text))
    }
}

/// The exercise's step and limit in the unit; a limit in lb is rounded down to a step.
fn rule(exercise: &Exercise, unit: Unit, target_reps: u32) -> Rule {
    let step = step_in(exercise.step_increment, unit);
    let limit = convert(exercise.progression_limit, Unit::Kg, unit);
    let limit = if unit == Unit::Kg || step <= 0.0 {
        round1(limit)
    } else {
        (limit / step).floor() * step
    };
    Rule {
        step,
        limit,
        target_reps,
    }
}

fn next(sessions: &[ExerciseSession], unit: Unit, rule: &Rule) -> Option<progression::Suggestion> {
    let rounded = |(weight, reps)| (round2(weight), reps);
    let log: Vec<progression::Session> = sessions
        .iter()
        .map(|session| session.weights_and_reps(unit).map(rounded).collect())
        .collect();
    let mut next = progression::next(&log, rule)?;
    // A converted weight cannot be loaded with plates: round it to a step.
    let mut sets = sessions.iter().flat_map(|session| &session.sets);
    if rule.step > 0.0 && sets.any(|set| set.unit != unit) {
        next.weight = round2((next.weight / rule.step).round() * rule.step);
    }
    Some(next)
}

impl NextWeight {
    fn text(&self) -> String {
        let (unit, target, name) = (self.unit.as_str(), self.target_reps, &self.name);
        let (Some(weight), Some(last), Some(reason)) = (self.weight, self.last_weight, self.reason)
        else {
            let days = self.days;
            return format!(
                "{name}: nothing logged in the last {days} days, so there is nothing to go by"
            );
        };
        let why = self.reason_text(reason);
        let mut lines = vec![format!(
            "{name}: next {weight} {unit} for {target} reps (last {last} {unit}); {why}"
        )];
        let sessions = self.based_on.iter();
        lines.extend(sessions.map(|session| format!("based on {}", session.text(self.unit))));
        lines.join("\n")
    }

    fn reason_text(&self, reason: Reason) -> String {
        let (unit, target) = (self.unit.as_str(), self.target_reps);
        let (step, limit) = (self.step_increment, self.progression_limit);
        match reason {
            Reason::StepUp => {
                format!("every working set reached {target} reps: one step of {step} {unit} up")
            }
            Reason::AtLimit => format!(
                "every working set reached {target} reps, and {limit} {unit} is this exercise's limit"
            ),
            Reason::Repeat => {
                format!("not every working set reached {target} reps: the same again")
            }
            Reason::BackOff => format!(
                "{target} reps were missed in two sessions in a row: about 10 % down, to what can be loaded"
            ),
            Reason::AddReps => "progress here is not by weight: add reps".to_owned(),
        }
    }
}
