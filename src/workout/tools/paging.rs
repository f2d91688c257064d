//! Pages of lists: where a page begins, and how much of it one answer holds.

use jiff::Timestamp;
use serde::Serialize;

use crate::workout::{
    context::UserData,
    dates,
    error::{ToolError, invalid, quoted},
};

/// JSON of a list in one answer: less than 10,000 tokens, at 2.4 bytes each.
pub(super) const PAGE_BYTES: usize = 24_000;

/// How many of the items fit into an answer of so many bytes of JSON; at least one.
pub(super) fn fitting(items: &[impl Serialize], max_bytes: usize) -> usize {
    let mut bytes = 0;
    let fit = items.iter().take_while(|item| {
        // An item that cannot be written is an error later.
        bytes += serde_json::to_vec(item).map_or(0, |json| json.len() + 1);
        bytes <= max_bytes
    });
    fit.count().max(1).min(items.len())
}

/// The place in the order that `before` names: a workout's id, a time, or a date, past or future, for its start.
pub(super) async fn position(
    before: &str,
    user: &mut UserData,
) -> Result<(Timestamp, String), ToolError> {
    if uuid::Uuid::try_parse(before).is_ok() {
        let at = user.tx.workout_time(before).await?;
        let at = at.ok_or_else(|| not_found("before", before))?;
        return Ok((at, before.to_owned()));
    }
    let at = match dates::parse_date("before", before) {
        Ok(date) => dates::start_of(date, &user.zone),
        Err(_) => dates::parse_past("before", before, &user.zone, user.now)
            .map_err(|_| not_found("before", before))?,
    };
    Ok((at, String::new()))
}

pub(super) fn not_found(place: &str, id: &str) -> ToolError {
    let id = quoted(id);
    invalid!(
        place,
        "the user has no workout {id}; list_workouts shows the ids"
    )
}
