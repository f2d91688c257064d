//! Input validation shared by the tools.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::workout::{
    catalogue::{Catalogue, Exercise},
    error::{ToolError, quoted, truncated},
};

/// Deserializes arguments that fit the tool's input schema.
pub(super) fn parse<T: DeserializeOwned>(arguments: Value) -> Result<T, ToolError> {
    serde_path_to_error::deserialize(arguments).map_err(|error| {
        let place = truncated(&error.path().to_string(), 100);
        tracing::error!(place, "arguments fit the tool's schema and not its type");
        ToolError::at(place, "is not what this tool takes")
    })
}

/// An optional text; blank counts as not given.
pub(super) fn non_blank(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// Trims a text and removes control characters (but line ends and tabs); blank means none.
pub(super) fn text(given: Option<String>) -> Option<String> {
    let clean = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let text: String = given?.chars().filter(clean).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A name, which is required.
pub(super) fn name(place: &str, given: String) -> Result<String, ToolError> {
    text(Some(given)).ok_or_else(|| ToolError::at(place, "has no visible character"))
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
