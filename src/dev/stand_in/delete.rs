//! The order that deletes the last workout: looks the workout up, then deletes it, once the user has confirmed that where the
//! agent asks for it. Pure.

use serde_json::json;

use super::{
    request::{ToolResult, Turn},
    results::result_text,
    rules::Call,
};

const LIST: &str = "list_workouts";
const DELETE: &str = "delete_workout";
const NONE: &str = "Nothing was deleted: I found no workout.";

/// True for an order in which every word is recognized.
pub(super) fn is_ordered(text: &str) -> bool {
    let text = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    let words = text.split_whitespace().filter(|word| *word != "please");
    let words: Vec<&str> = words.collect();
    let ["delete" | "remove", rest @ ..] = &words[..] else {
        return false;
    };
    let (["my" | "the", rest @ ..] | rest) = rest;
    matches!(
        rest,
        [
            "last" | "latest" | "newest",
            "workout" | "session" | "training"
        ] | ["most", "recent", "workout" | "session" | "training"]
    )
}

/// The next calls; none when the workout is deleted, or could not be.
pub(super) fn calls(turn: &Turn) -> Vec<Call> {
    if turn.results.is_empty() {
        return vec![Call::new(LIST, json!({"limit": 1}))];
    }
    let found = found(turn).filter(|_| result_of(turn, DELETE).is_none());
    let delete = |workout: Workout| Call::new(DELETE, json!({"workout_id": workout.id}));
    found.map(delete).into_iter().collect()
}

/// The last text.
pub(super) fn text(turn: &Turn) -> String {
    let failed = result_of(turn, LIST).filter(|list| list.is_error);
    match (failed, found(turn), result_of(turn, DELETE)) {
        (Some(failed), ..) => result_text(failed),
        (None, Some(workout), Some(result)) => outcome(&workout, result),
        _ => NONE.to_owned(),
    }
}

fn outcome(workout: &Workout, result: &ToolResult) -> String {
    let Workout { day, name, .. } = workout;
    let said = result.text.to_lowercase();
    if !result.is_error && said.starts_with("deleted") {
        format!("I have deleted your workout of {day}: {name}.")
    } else if said.contains("declined") {
        format!("You declined, so your workout of {day} is still there: {name}.")
    } else if said.contains("expired") {
        format!(
            "The confirmation came too late, so your workout of {day} is still there: {name}. Ask again if you want it \
             deleted, and confirm it in time."
        )
    } else if said.contains("confirm") {
        format!(
            "Your workout of {day} is still there, {name}: I delete it only once you have confirmed it, and you have not."
        )
    } else {
        result_text(result)
    }
}

struct Workout<'a> {
    day: &'a str,
    name: &'a str,
    id: &'a str,
}

/// The workout in the answer of `list_workouts`: `2026-11-20 Push (id 0190-cc)`.
fn found(turn: &Turn) -> Option<Workout<'_>> {
    let list = result_of(turn, LIST).filter(|list| !list.is_error)?;
    let (head, rest) = list.text.split_once(" (id ")?;
    let (day, name) = head.split_once(' ')?;
    let id = rest.split_once(')')?.0;
    Some(Workout { day, name, id })
}

fn result_of<'a>(turn: &'a Turn, tool: &str) -> Option<&'a ToolResult> {
    turn.results.iter().find(|result| result.tool == tool)
}
