//! `user_id`: hidden from every schema, removed from every input, put in where the server's schema declares it.

mod hide;
mod places;
mod references;

use serde_json::{Map, Value};

pub(super) use hide::hidden;
pub(super) use places::Places;

const USER_ID: &str = "user_id";

/// Removes the key `user_id` from an input, at any depth: also in text that is JSON, since some servers (Python's MCP
/// SDK among them) parse such text where the schema wants an object.
pub fn without_identity(object: &mut Map<String, Value>) {
    forget_in(object);
}

/// Whether [`without_identity`] may find something in an object that is written so.
pub fn may_name_user(json: &str) -> bool {
    // In text that is JSON with keys there are quotes, which are written with a backslash.
    json.contains(USER_ID) || json.contains('\\')
}

/// Whether anything was removed.
fn forget_in(object: &mut Map<String, Value>) -> bool {
    let named = object.shift_remove(USER_ID).is_some();
    object
        .values_mut()
        .fold(named, |removed, value| forget(value) | removed)
}

fn forget(value: &mut Value) -> bool {
    match value {
        Value::Object(object) => forget_in(object),
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |removed, value| forget(value) | removed),
        Value::String(text) => forget_in_text(text),
        _ => false,
    }
}

fn forget_in_text(text: &mut String) -> bool {
    if !looks_like_json(text) {
        return false;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(mut inner) => {
            let removed = forget(&mut inner);
            if removed {
                *text = inner.to_string();
            }
            removed
        }
        // Laxer parsers than this one read what it does not (`NaN`, lone surrogates): spoil it for them.
        Err(_) if text.contains(USER_ID) || text.contains("\\u") => {
            text.insert_str(0, "text: ");
            true
        }
        Err(_) => false,
    }
}

pub(super) fn looks_like_json(text: &str) -> bool {
    matches!(text.trim_start().bytes().next(), Some(b'{' | b'[' | b'"'))
}
