//! Input validation shared by the tools.

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::workout::{
    catalogue::{Catalogue, Exercise},
    error::{ToolError, invalid, quoted, truncated},
};

pub(super) const MAX_NAME_CHARS: usize = 200;
pub(super) const MAX_NOTES_CHARS: usize = 4000;

/// Deserializes the arguments; the error names the field.
pub(super) fn parse<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, ToolError> {
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        // Both may contain caller text.
        let place = truncated(&error.path().to_string(), 100);
        let what = truncated(&error.into_inner().to_string(), 300);
        if place == "." {
            ToolError::Input(what)
        } else {
            ToolError::at(place, what)
        }
    })
}

/// An optional text; blank counts as not given.
pub(super) fn non_blank(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// Trims a text of bounded length and removes control characters (but line ends and tabs); blank means none.
pub(super) fn text(
    place: &str,
    given: Option<String>,
    max_chars: usize,
) -> Result<Option<String>, ToolError> {
    let clean = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let text: String = given.unwrap_or_default().chars().filter(clean).collect();
    let text = text.trim();
    if text.chars().count() > max_chars {
        return Err(invalid!(place, "is longer than {max_chars} characters"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A name, which is required.
pub(super) fn name(place: &str, given: String) -> Result<String, ToolError> {
    text(place, Some(given), MAX_NAME_CHARS)?.ok_or_else(|| ToolError::at(place, "is blank"))
}

/// Checks that a number is within bounds.
pub(super) fn within(
    place: &str,
    given: impl Into<i64>,
    min: i64,
    max: i64,
) -> Result<i64, ToolError> {
    let given = given.into();
    if (min..=max).contains(&given) {
        return Ok(given);
    }
    Err(invalid!(
        place,
        "is {given}; it must be from {min} to {max}"
    ))
}

/// Checks that a rate of perceived exertion is from 1 to 10.
pub(super) fn check_rpe(place: &str, rpe: Option<f64>) -> Result<(), ToolError> {
    match rpe.filter(|rpe| !(1.0..=10.0).contains(rpe)) {
        Some(rpe) => Err(invalid!(place, "is {rpe}; it must be from 1 to 10")),
        None => Ok(()),
    }
}

/// How many days to look back: the given number, at most the user's limit.
pub(super) fn days(
    place: &str,
    given: Option<i64>,
    default: i64,
    limit: i64,
) -> Result<i64, ToolError> {
    let days = given.unwrap_or(default);
    if days < 1 {
        return Err(invalid!(place, "is {days}; it must be 1 or more"));
    }
    Ok(days.min(limit))
}

/// Checks the length of a list that must not be empty.
pub(super) fn count(place: &str, what: &str, n: usize, max: usize) -> Result<(), ToolError> {
    if (1..=max).contains(&n) {
        return Ok(());
    }
    Err(invalid!(place, "has {n} {what}; it must have 1 to {max}"))
}

/// Resolves the names of exercises in a write.
pub(super) struct NameResolver<'a> {
    catalogue: &'a Catalogue,
    /// What became of names other than the exercise's own.
    others: Vec<String>,
}

impl<'a> NameResolver<'a> {
    pub(super) fn new(catalogue: &'a Catalogue) -> Self {
        let others = Vec::new();
        Self { catalogue, others }
    }

    /// Replaces the name of an exercise by its slug, and returns the exercise.
    pub(super) fn resolve(
        &mut self,
        place: &str,
        name: &mut String,
    ) -> Result<&'a Exercise, ToolError> {
        let found = self.catalogue.find(name);
        let found = found.map_err(|error| ToolError::at(place, error))?;
        if !found.is_called(name) {
            let other = format!("as {}, from {}", found.name, quoted(name));
            if !self.others.contains(&other) {
                self.others.push(other);
            }
        }
        name.clone_from(&found.id);
        Ok(found)
    }

    /// `logged as Pull-Up, from "wide pull ups"`: for the user to see what other names were taken for.
    pub(super) fn notice(self, verb: &str) -> Option<String> {
        (!self.others.is_empty()).then(|| format!("{verb} {}", self.others.join("; ")))
    }
}
