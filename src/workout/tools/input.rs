//! What all tools check of their input: its shape, and the texts in it.

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::workout::call::{Answer, ToolError, brief};

pub(super) const MAX_NAME_CHARS: usize = 200;
pub(super) const MAX_NOTES_CHARS: usize = 4000;

/// The arguments as the tool's input type; the error names the place.
pub fn parsed<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, ToolError> {
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        // Both may name whatever the caller has made up.
        let place = brief(&error.path().to_string(), 100);
        let what = brief(&error.into_inner().to_string(), 300);
        if place == "." {
            ToolError::Input(what)
        } else {
            ToolError::at(place, what)
        }
    })
}

/// A text of a bounded length without control characters (line ends and tabs may stay); blank means none.
pub(super) fn text(
    place: &str,
    given: Option<String>,
    max_chars: usize,
) -> Result<Option<String>, ToolError> {
    let Some(given) = given else { return Ok(None) };
    let clean: String = given
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    let clean = clean.trim();
    if clean.chars().count() > max_chars {
        return Err(ToolError::at(
            place,
            format!("is longer than {max_chars} characters"),
        ));
    }
    Ok((!clean.is_empty()).then(|| clean.to_owned()))
}

/// A whole number within bounds.
pub(super) fn within(place: &str, given: i64, min: i64, max: i64) -> Result<i64, ToolError> {
    if (min..=max).contains(&given) {
        return Ok(given);
    }
    Err(ToolError::at(
        place,
        format!("is {given}; it must be from {min} to {max}"),
    ))
}

/// How many days to look back: what was asked for, but no more than the user allows.
pub(super) fn days(
    place: &str,
    given: Option<i64>,
    default: i64,
    cap: i64,
) -> Result<i64, ToolError> {
    let days = given.unwrap_or(default);
    if days < 1 {
        return Err(ToolError::at(
            place,
            format!("is {days}; it must be 1 or more"),
        ));
    }
    Ok(days.min(cap))
}

pub(super) fn answer(
    structured: &impl serde::Serialize,
    text: String,
) -> Result<Answer, ToolError> {
    let structured = serde_json::to_value(structured)
        .map_err(|error| ToolError::Database(sqlx::Error::Encode(error.into())))?;
    Ok(Answer { structured, text })
}
