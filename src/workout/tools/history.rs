//! `get_exercise_history`, and the same as a resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input::{answer, days};
use crate::{
    workout::call::{Answer, Call, Opened, ToolError},
    workout::dates,
    workout::figures::{e1rm::FORMULA, units::Unit},
    workout::views::{SessionView, unit_of},
};

/// Most sessions in one answer.
const MAX_SESSIONS: i64 = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryOf {
    /// Slug or name
    #[serde(alias = "exercise_name", alias = "exercise_id")]
    exercise: String,
    /// Default 90, at most 365
    days: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct History {
    exercise_id: String,
    name: String,
    /// Of volume and e1rm; sets keep their own
    unit: Unit,
    days: i64,
    /// Newest first, at most 100
    sessions: Vec<SessionView>,
    formula: &'static str,
}

pub(super) async fn get(call: &Call<'_>, input: HistoryOf) -> Result<Answer, ToolError> {
    let history = history_of(call, &input.exercise, input.days).await?;
    let head = match history.sessions.len() {
        0 => format!(
            "{}: nothing logged in the last {} days",
            history.name, history.days
        ),
        n => format!(
            "{}: {n} sessions in the last {} days, newest first",
            history.name, history.days
        ),
    };
    let lines: Vec<String> = history
        .sessions
        .iter()
        .map(|session| session.text(history.unit))
        .collect();
    let text = [vec![head], lines].concat().join("\n");
    answer(&history, text)
}

async fn history_of(
    call: &Call<'_>,
    exercise: &str,
    wanted: Option<i64>,
) -> Result<History, ToolError> {
    let exercise = call.catalogue.find(exercise)?;
    let Opened {
        mut tx,
        settings,
        zone,
    } = call.read().await?;
    let days = days("days", wanted, 90, settings.max_history_days)?;
    let since = dates::days_ago(days, &zone, call.now);
    let sessions = tx
        .exercise_history(&exercise.id, since, MAX_SESSIONS)
        .await?;
    let unit = unit_of(&sessions, settings.units);
    Ok(History {
        exercise_id: exercise.id.clone(),
        name: exercise.name.clone(),
        unit,
        days,
        sessions: sessions
            .iter()
            .map(|s| SessionView::of(exercise, s, unit, &zone, settings.include_notes))
            .collect(),
        formula: FORMULA,
    })
}

/// The history of one exercise, for the resource.
pub async fn history_json(call: &Call<'_>, exercise: &str) -> Result<Value, ToolError> {
    let history = history_of(call, exercise, None).await?;
    serde_json::to_value(history)
        .map_err(|error| ToolError::Database(sqlx::Error::Encode(error.into())))
}
