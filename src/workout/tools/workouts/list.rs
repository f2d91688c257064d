//! Tool `list_workouts`.

use jiff::Timestamp;

use super::not_found;
use crate::workout::tools::prelude::*;

/// Most workouts in one answer.
const MAX_WORKOUTS: i64 = 100;
const DEFAULT_WORKOUTS: i64 = 50;
/// Approximate size at which a page of long workouts ends early.
const MAX_PAGE_BYTES: usize = 200_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct ListWorkouts {
    /// At most 100; default 50
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    /// Only older ones: a time, a date, or the id of a workout
    before: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::workout::tools) struct WorkoutList {
    workouts: Vec<WorkoutView>,
    /// Give as before for the next page
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<String>,
}

impl Tool for ListWorkouts {
    const NAME: &'static str = "list_workouts";
    const TITLE: &'static str = "List workouts";
    const DESCRIPTION: &'static str =
        "The user's logged workouts, newest first, with exercises, sets and ids.";
    type Output = WorkoutList;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<WorkoutList>, ToolError> {
        let limit = self.limit.unwrap_or(DEFAULT_WORKOUTS);
        let limit = within("limit", limit, 1, MAX_WORKOUTS)?;
        let mut user = ctx.read().await?;
        let mut page = Page::newest(oldest(&user), limit + 1);
        if let Some(before) = non_blank(self.before) {
            page.before = position(before.trim(), &mut user).await?;
        }
        let mut workouts = user.tx.workouts(&page).await?;
        let fit = fitting(&workouts).min(usize::try_from(limit).unwrap_or(usize::MAX));
        let more = workouts.len() > fit;
        workouts.truncate(fit);
        let last = workouts.last().filter(|_| more);
        let next_before = last.map(|workout| workout.id.clone());
        let workouts: Vec<WorkoutView> = workouts
            .into_iter()
            .map(|workout| WorkoutView::new(workout, ctx.catalogue, &user))
            .collect();
        let list = WorkoutList {
            workouts,
            next_before,
        };
        let text = list.text();
        Ok(Reply::new(list, text))
    }
}

/// The start of the listed period: all workouts, unless the user has lowered the history limit.
fn oldest(user: &UserData) -> Timestamp {
    if user.settings.history_is_capped() {
        user.days_ago(user.settings.max_history_days)
    } else {
        Timestamp::MIN
    }
}

/// The place in the order that `before` names: a workout's id, a time, or a date, past or future, for its start.
async fn position(before: &str, user: &mut UserData) -> Result<(Timestamp, String), ToolError> {
    if uuid::Uuid::try_parse(before).is_ok() {
        let at = user.tx.workout_time(before).await?;
        let at = at.ok_or_else(|| not_found("before", before))?;
        return Ok((at, before.to_owned()));
    }
    let at = match dates::parse_date("before", before) {
        Ok(date) => dates::start_of(date, &user.zone),
        Err(_) => dates::parse_past("before", before, &user.zone, user.now)?,
    };
    Ok((at, String::new()))
}

/// How many of the workouts fit into an answer; at least one.
fn fitting(workouts: &[Workout]) -> usize {
    let mut bytes = 0;
    let fit = workouts.iter().take_while(|workout| {
        let own = workout.notes.as_ref().map_or(0, String::len);
        let exercises = workout.exercises.iter().map(|exercise| {
            let notes = exercise.notes.as_ref().map_or(0, String::len);
            100 + notes + exercise.sets.len() * 60
        });
        bytes += 300 + own + exercises.sum::<usize>();
        bytes <= MAX_PAGE_BYTES
    });
    fit.count().max(1)
}

impl WorkoutList {
    fn text(&self) -> String {
        let mut lines: Vec<String> = self.workouts.iter().map(WorkoutView::text).collect();
        if lines.is_empty() {
            lines.push("no workouts".to_owned());
        }
        if let Some(before) = &self.next_before {
            lines.push(format!("older ones: before={before}"));
        }
        lines.join("\n")
    }
}
