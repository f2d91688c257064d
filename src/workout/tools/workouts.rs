//! `list_workouts`, `create_workout`, `update_workout`, `delete_workout`.

mod check;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use check::checked;

use super::input::{MAX_NAME_CHARS, MAX_NOTES_CHARS, answer, text, within};
use crate::{
    workout::call::{Answer, Call, Opened, ToolError, quoted},
    workout::dates,
    workout::store::{self, Page, Workout, WorkoutSet},
    workout::views::WorkoutView,
};

/// Most sessions in one answer.
const MAX_SESSIONS: i64 = 100;
const DEFAULT_SESSIONS: i64 = 50;
const MAX_DAY_MS: i64 = 86_400_000;
/// A page of long workouts ends early.
const MAX_PAGE_BYTES: usize = 500_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListWorkouts {
    /// At most 100; default 50
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    /// Only older ones: a time, a date, or the id of a workout
    before: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct WorkoutList {
    workouts: Vec<WorkoutView>,
    /// Give as before for the next page
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateWorkout {
    #[schemars(length(min = 1, max = 50))]
    exercises: Vec<ExerciseInput>,
    name: Option<String>,
    /// Time (2026-11-21T18:30) or date; default now
    performed_at: Option<String>,
    ended_at: Option<String>,
    notes: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExerciseInput {
    /// Slug or name
    #[serde(alias = "exercise", alias = "exercise_name")]
    exercise_id: String,
    #[schemars(length(min = 1, max = 100))]
    sets: Vec<WorkoutSet>,
    /// Same number: done in alternation
    superset_group: Option<i64>,
    notes: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateWorkout {
    workout_id: String,
    exercises: Option<Vec<ExerciseInput>>,
    name: Option<String>,
    performed_at: Option<String>,
    ended_at: Option<String>,
    notes: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteWorkout {
    workout_id: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Logged {
    workout: WorkoutView,
    /// This very call had logged it before; nothing was added
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Deleted {
    deleted: String,
}

pub(super) async fn list(call: &Call<'_>, input: ListWorkouts) -> Result<Answer, ToolError> {
    let limit = within(
        "limit",
        input.limit.unwrap_or(DEFAULT_SESSIONS),
        1,
        MAX_SESSIONS,
    )?;
    let Opened {
        mut tx,
        settings,
        zone,
    } = call.read().await?;
    // What was logged long ago may still be paged through, unless the user has set a cap of their own.
    let since = if settings.history_is_capped() {
        dates::days_ago(settings.max_history_days, &zone, call.now)
    } else {
        i64::MIN
    };
    let mut page = Page::newest(since, limit + 1);
    if let Some(before) = input
        .before
        .as_deref()
        .map(str::trim)
        .filter(|before| !before.is_empty())
    {
        page.before = if uuid::Uuid::try_parse(before).is_ok() {
            let at = tx
                .workout_time(before)
                .await?
                .ok_or_else(|| no_such("before", before))?;
            (at, before.to_owned())
        } else {
            (earlier_than(before, &zone, call)?, String::new())
        };
    }
    let mut workouts = tx.workouts(&page).await?;
    let fit = fitting(&workouts).min(usize::try_from(limit).unwrap_or(usize::MAX));
    let more = workouts.len() > fit;
    workouts.truncate(fit);
    let next_before = workouts
        .last()
        .filter(|_| more)
        .map(|workout| workout.id.clone());
    let workouts: Vec<WorkoutView> = workouts
        .into_iter()
        .map(|workout| WorkoutView::of(workout, call.catalogue, &zone, settings.include_notes))
        .collect();
    let mut lines: Vec<String> = workouts.iter().map(WorkoutView::text).collect();
    if lines.is_empty() {
        lines.push("no workouts".to_owned());
    }
    if let Some(before) = &next_before {
        lines.push(format!("older ones: before={before}"));
    }
    answer(
        &WorkoutList {
            workouts,
            next_before,
        },
        lines.join("\n"),
    )
}

/// How many of the workouts an answer has room for; one at least.
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

/// A date, past or to come, stands for its beginning.
fn earlier_than(before: &str, zone: &TimeZone, call: &Call<'_>) -> Result<i64, ToolError> {
    match dates::date("before", before) {
        Ok(date) => Ok(dates::start_of(date, zone)),
        Err(_) => dates::past("before", before, zone, call.now),
    }
}

fn no_such(place: &str, id: &str) -> ToolError {
    ToolError::at(
        place,
        format!(
            "the user has no workout {}; list_workouts shows the ids",
            quoted(id)
        ),
    )
}

pub(super) async fn create(call: &Call<'_>, input: CreateWorkout) -> Result<Answer, ToolError> {
    let exercises = checked(input.exercises, call.catalogue)?;
    let (name, notes) = (
        text("name", input.name, MAX_NAME_CHARS)?,
        text("notes", input.notes, MAX_NOTES_CHARS)?,
    );
    let Opened {
        mut tx,
        settings,
        zone,
    } = call.write().await?;
    let now = call.now.as_millisecond();
    let performed_at = time("performed_at", input.performed_at, &zone, call)?.unwrap_or(now);
    let ended_at = time("ended_at", input.ended_at, &zone, call)?;
    in_order(performed_at, ended_at)?;
    let mut workout = Workout {
        id: store::new_id(),
        name,
        notes,
        performed_at,
        ended_at,
        exercises,
    };
    let earlier = tx
        .insert_workout(&workout, call.call_id.as_deref(), now)
        .await?;
    if let Some(id) = &earlier {
        workout = tx
            .workout(id)
            .await?
            .ok_or_else(|| no_such("workout_id", id))?;
    }
    tx.commit().await.map_err(ToolError::Commit)?;
    let workout = WorkoutView::of(workout, call.catalogue, &zone, settings.include_notes);
    let did = if earlier.is_some() {
        "This call had been carried out before; logged then:"
    } else {
        "Logged:"
    };
    let text = format!("{did} {}", workout.text());
    answer(
        &Logged {
            workout,
            repeated: earlier.is_some(),
        },
        text,
    )
}

pub(super) async fn update(call: &Call<'_>, input: UpdateWorkout) -> Result<Answer, ToolError> {
    let exercises = input
        .exercises
        .map(|exercises| checked(exercises, call.catalogue))
        .transpose()?;
    let Opened {
        mut tx,
        settings,
        zone,
    } = call.write().await?;
    let stored = tx.workout(&input.workout_id).await?;
    let mut workout = stored.ok_or_else(|| no_such("workout_id", &input.workout_id))?;
    if input.name.is_some() {
        workout.name = text("name", input.name, MAX_NAME_CHARS)?;
    }
    if input.notes.is_some() {
        workout.notes = text("notes", input.notes, MAX_NOTES_CHARS)?;
    }
    if let Some(at) = time("performed_at", input.performed_at, &zone, call)? {
        // It took as long as it did.
        let took = workout.ended_at.map(|end| end - workout.performed_at);
        workout.performed_at = at;
        workout.ended_at = took.map(|took| (at + took).min(call.now.as_millisecond()));
    }
    if input.ended_at.is_some() {
        workout.ended_at = time("ended_at", input.ended_at, &zone, call)?;
    }
    in_order(workout.performed_at, workout.ended_at)?;
    let changed = exercises.is_some();
    workout.exercises = exercises.unwrap_or(workout.exercises);
    tx.replace_workout(&workout, changed, call.now.as_millisecond())
        .await?;
    tx.commit().await.map_err(ToolError::Commit)?;
    let workout = WorkoutView::of(workout, call.catalogue, &zone, settings.include_notes);
    let text = format!("Now: {}", workout.text());
    answer(
        &Logged {
            workout,
            repeated: false,
        },
        text,
    )
}

pub(super) async fn delete(call: &Call<'_>, input: DeleteWorkout) -> Result<Answer, ToolError> {
    let Opened { mut tx, .. } = call.write().await?;
    if !tx.delete_workout(&input.workout_id).await? {
        return Err(no_such("workout_id", &input.workout_id));
    }
    tx.commit().await.map_err(ToolError::Commit)?;
    let text = format!("Deleted workout {}", input.workout_id);
    answer(
        &Deleted {
            deleted: input.workout_id,
        },
        text,
    )
}

/// A blank time is none.
fn time(
    place: &str,
    given: Option<String>,
    zone: &TimeZone,
    call: &Call<'_>,
) -> Result<Option<i64>, ToolError> {
    let given = given.filter(|given| !given.trim().is_empty());
    given
        .map(|given| dates::past(place, &given, zone, call.now))
        .transpose()
}

fn in_order(performed_at: i64, ended_at: Option<i64>) -> Result<(), ToolError> {
    match ended_at {
        Some(end) if end < performed_at => Err(ToolError::at("ended_at", "is before performed_at")),
        Some(end) if end - performed_at > MAX_DAY_MS => Err(ToolError::at(
            "ended_at",
            "is more than a day after performed_at",
        )),
        _ => Ok(()),
    }
}
