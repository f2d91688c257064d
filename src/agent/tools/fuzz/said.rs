//! The contents of an input: the users that it names, and all else.

use serde_json::{Map, Value, value::RawValue};

use crate::agent::json::Object;
use crate::agent::tools::identity::{is_user_id, looks_like_json, mentions_user_id};

/// The values of all `user_id` keys, in texts that are JSON too.
pub(super) fn users(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(object) => {
            let named = object.iter().filter(|(key, _)| is_user_id(key));
            let named = named.map(|(_, user)| user.clone());
            named.chain(object.values().flat_map(users)).collect()
        }
        Value::Array(items) => items.iter().flat_map(users).collect(),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(inner) => users(&inner),
            // A laxer parser might find a user id in it.
            Err(_) if is_lax(text) => vec![value.clone()],
            Err(_) => vec![],
        },
        _ => vec![],
    }
}

/// True for a text that is not JSON, but might be JSON with a `user_id` for a laxer parser.
fn is_lax(text: &str) -> bool {
    looks_like_json(text) && (mentions_user_id(text) || text.contains("\\u"))
}

/// The input without user ids. Texts that only a laxer parser would read are marked, as they are when sent.
pub(super) fn said(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let others = object.iter().filter(|(key, _)| !is_user_id(key));
            others
                .map(|(key, value)| (key.clone(), said(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(said).collect(),
        Value::String(text) if looks_like_json(text) => match others(text) {
            Some(inner) => Value::Array(vec!["as JSON".into(), said(&inner)]),
            None if is_lax(text) => format!("text: {text}").into(),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

/// A JSON text without the users that it names, whose values may be beyond the limits of a tree.
fn others(json: &str) -> Option<Value> {
    let json = serde_json::from_str::<&RawValue>(json).ok()?.get();
    if json.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        return items.into_iter().map(|item| others(item.get())).collect();
    }
    if !json.starts_with('{') {
        return serde_json::from_str(json).ok();
    }
    let fields = Object::parse(json).ok()?.0.into_iter();
    let fields = fields.filter(|(key, _)| !is_user_id(key));
    let fields = fields.map(|(key, value)| Some((key.into_owned(), others(value.get())?)));
    fields.collect::<Option<Map<_, _>>>().map(Value::Object)
}
