//! Strips `user_id` from the input of a tool call.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{USER_ID, looks_like_json};

/// The input of a tool call without any `user_id`. Only [`StrippedInput::strip`] makes one. Clones share the input.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct StrippedInput(Arc<Map<String, Value>>);

impl StrippedInput {
    /// Removes the key `user_id` at any depth, also in texts that are JSON.
    pub fn strip(mut input: Map<String, Value>) -> Self {
        strip_object(&mut input);
        Self(Arc::new(input))
    }

    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Copies the input only if there are other clones.
    pub fn into_map(self) -> Map<String, Value> {
        Arc::unwrap_or_clone(self.0)
    }
}

/// False if [`StrippedInput::strip`] certainly removes nothing from the object that is written as `json`.
pub fn may_contain_user_id(json: &str) -> bool {
    // A string that holds JSON with keys contains escaped quotes.
    json.contains(USER_ID) || json.contains('\\')
}

/// True if anything was removed; the same holds for the functions below.
fn strip_object(object: &mut Map<String, Value>) -> bool {
    let removed = object.shift_remove(USER_ID).is_some();
    object
        .values_mut()
        .fold(removed, |removed, value| strip_value(value) | removed)
}

fn strip_value(value: &mut Value) -> bool {
    match value {
        Value::Object(object) => strip_object(object),
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |removed, value| strip_value(value) | removed),
        Value::String(text) => strip_text(text),
        _ => false,
    }
}

fn strip_text(text: &mut String) -> bool {
    if !looks_like_json(text) {
        return false;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(mut inner) => {
            let removed = strip_value(&mut inner);
            if removed {
                *text = inner.to_string();
            }
            removed
        }
        // A laxer parser may read what this one does not (`NaN`, lone surrogates): make it unreadable for both.
        Err(_) if text.contains(USER_ID) || text.contains("\\u") => {
            text.insert_str(0, "text: ");
            true
        }
        Err(_) => false,
    }
}
