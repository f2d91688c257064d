//! `suggest_next_weight`: by double progression, from the last two sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::{answer, within};
use crate::{
    workout::call::{Answer, Call, Opened, ToolError},
    workout::catalogue::Exercise,
    workout::dates,
    workout::figures::{
        progression::{self, Reason, Rule},
        units::{Unit, convert, round1, round2, step_in},
    },
    workout::store::ExerciseSession,
    workout::views::{SessionView, unit_of, working},
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

pub(super) async fn suggest(
    call: &Call<'_>,
    input: SuggestNextWeight,
) -> Result<Answer, ToolError> {
    let exercise = call.catalogue.find(&input.exercise)?;
    let target = within("target_reps", input.target_reps.unwrap_or(10), 1, 100)?;
    let target_reps = u32::try_from(target).unwrap_or(u32::MAX);
    let Opened {
        mut tx,
        settings,
        zone,
    } = call.read().await?;
    let since = dates::days_ago(settings.max_history_days, &zone, call.now);
    let mut sessions = tx.exercise_history(&exercise.id, since, 10).await?;
    sessions.retain(|session| session.sets.iter().any(|set| !set.is_warmup));
    sessions.truncate(2);
    let unit = unit_of(&sessions, settings.units);
    let step = step_in(exercise.step_increment, unit);
    let rule = Rule {
        step,
        limit: limit_in(exercise, unit, step),
        target_reps,
    };
    let log: Vec<progression::Session> = sessions
        .iter()
        .map(|session| worked(session, unit))
        .collect();
    let mut next = progression::next(&log, &rule);
    // A converted weight is nothing that plates add up to.
    let converted = sessions
        .iter()
        .flat_map(|s| &s.sets)
        .any(|set| set.unit != unit);
    if let Some(next) = next.as_mut().filter(|_| converted && step > 0.0) {
        next.weight = round2((next.weight / step).round() * step);
    }
    let suggestion = NextWeight {
        exercise_id: exercise.id.clone(),
        name: exercise.name.clone(),
        target_reps,
        unit,
        days: settings.max_history_days,
        weight: next.as_ref().map(|next| next.weight),
        last_weight: next.as_ref().map(|next| next.from),
        reason: next.map(|next| next.reason),
        step_increment: rule.step,
        progression_limit: rule.limit,
        based_on: sessions
            .iter()
            .map(|s| SessionView::of(exercise, s, unit, &zone, settings.include_notes))
            .collect(),
    };
    let text = suggestion.text();
    answer(&suggestion, text)
}

/// The exercise's limit, in kg as it is, in lb at the step below.
fn limit_in(exercise: &Exercise, unit: Unit, step: f64) -> f64 {
    let limit = convert(exercise.progression_limit, Unit::Kg, unit);
    if unit == Unit::Kg || step <= 0.0 {
        return round1(limit);
    }
    (limit / step).floor() * step
}

fn worked(session: &ExerciseSession, unit: Unit) -> progression::Session {
    let sets = working(session, unit).map(|(weight, reps)| progression::WorkSet {
        weight: round2(weight),
        reps,
    });
    progression::Session {
        sets: sets.collect(),
    }
}

impl NextWeight {
    fn text(&self) -> String {
        let (unit, target) = (self.unit.as_str(), self.target_reps);
        let (Some(weight), Some(last), Some(reason)) = (self.weight, self.last_weight, self.reason)
        else {
            return format!(
                "{}: nothing logged in the last {} days, so there is nothing to go by",
                self.name, self.days
            );
        };
        let why = match reason {
            Reason::StepUp => format!(
                "every working set reached {target} reps: one step of {} {unit} up",
                self.step_increment
            ),
            Reason::AtLimit => format!(
                "every working set reached {target} reps, and {} {unit} is this exercise's limit",
                self.progression_limit
            ),
            Reason::Repeat => {
                format!("not every working set reached {target} reps: the same again")
            }
            Reason::BackOff => {
                format!(
                    "{target} reps were missed in two sessions in a row: about 10 % down, to what can be loaded"
                )
            }
            Reason::AddReps => "progress here is not by weight: add reps".to_owned(),
        };
        let mut lines = vec![format!(
            "{}: next {weight} {unit} for {target} reps (last {last} {unit}); {why}",
            self.name
        )];
        lines.extend(
            self.based_on
                .iter()
                .map(|session| format!("based on {}", session.text(self.unit))),
        );
        lines.join("\n")
    }
}
