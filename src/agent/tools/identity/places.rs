//! Where a schema declares `user_id`, and the caller put in there.

use std::collections::{HashMap, HashSet};

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::{USER_ID, looks_like_json, references::resolve};

/// Where a tool's schema declares `user_id`.
#[derive(Debug)]
pub(in crate::agent::tools) struct Places {
    schema: Value,
    /// `None`: a pattern this engine cannot read, taken to match every key.
    patterns: HashMap<String, Option<Regex>>,
    anywhere: bool,
}

impl Places {
    pub(in crate::agent::tools) fn new(schema: Value) -> Self {
        let mut patterns = HashMap::new();
        collect_patterns(&schema, &mut patterns);
        let anywhere = mentions(&schema);
        Self {
            schema,
            patterns,
            anywhere,
        }
    }

    /// `input` with the user put in everywhere the schema declares it. `input` holds no `user_id` yet.
    pub(in crate::agent::tools) fn filled(
        &self,
        input: Map<String, Value>,
        user_id: &str,
    ) -> Map<String, Value> {
        if !self.anywhere {
            return input;
        }
        let mut value = Value::Object(input);
        self.fill(&[&self.schema], &mut value, user_id);
        match value {
            Value::Object(input) => input,
            _ => Map::new(),
        }
    }

    /// All `schemas` apply to `value`.
    fn fill(&self, schemas: &[&Value], value: &mut Value, user_id: &str) {
        let schemas = self.applicable(schemas);
        if schemas.is_empty() {
            return;
        }
        match value {
            Value::Object(object) => {
                for (key, value) in object.iter_mut() {
                    let below: Vec<_> = schemas
                        .iter()
                        .flat_map(|schema| self.of_key(schema, key))
                        .collect();
                    self.fill(&below, value, user_id);
                }
                let declares = |schema: &&Map<String, Value>| {
                    schema
                        .get("properties")
                        .is_some_and(|p| p.get(USER_ID).is_some())
                };
                if schemas.iter().any(declares) {
                    object.insert(USER_ID.into(), user_id.into());
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter_mut().enumerate() {
                    let below: Vec<_> = schemas
                        .iter()
                        .flat_map(|schema| of_item(schema, at))
                        .collect();
                    self.fill(&below, value, user_id);
                }
            }
            // A server that parses the text would find an object without its user.
            Value::String(text) if looks_like_json(text) => {
                let Ok(before @ (Value::Object(_) | Value::Array(_))) =
                    serde_json::from_str::<Value>(text)
                else {
                    return;
                };
                let mut after = before.clone();
                let schemas: Vec<Value> = schemas.into_iter().cloned().map(Value::Object).collect();
                self.fill(&schemas.iter().collect::<Vec<_>>(), &mut after, user_id);
                if after != before {
                    *text = after.to_string();
                }
            }
            _ => {}
        }
    }

    /// The schemas themselves, what they refer to, and every branch of theirs, each once.
    fn applicable<'a>(&'a self, schemas: &[&'a Value]) -> Vec<&'a Map<String, Value>> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        let mut open = schemas.to_vec();
        while let Some(schema) = open.pop() {
            let Value::Object(object) = schema else {
                continue;
            };
            if !seen.insert(std::ptr::from_ref(schema)) {
                continue;
            }
            found.push(object);
            for keyword in ["allOf", "anyOf", "oneOf"] {
                open.extend(
                    object
                        .get(keyword)
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten(),
                );
            }
            for keyword in ["$ref", "$dynamicRef"] {
                open.extend(
                    object
                        .get(keyword)
                        .and_then(Value::as_str)
                        .and_then(|r| resolve(&self.schema, r)),
                );
            }
        }
        found
    }

    /// The schemas that one schema holds for the value of a key.
    fn of_key<'a>(&self, schema: &'a Map<String, Value>, key: &str) -> Vec<&'a Value> {
        let mut found: Vec<&Value> = schema
            .get("properties")
            .and_then(|p| p.get(key))
            .into_iter()
            .collect();
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for (pattern, value) in patterns.into_iter().flatten() {
            let matches = self
                .patterns
                .get(pattern)
                .and_then(Option::as_ref)
                .is_none_or(|regex| regex.is_match(key));
            if matches {
                found.push(value);
            }
        }
        if found.is_empty() {
            found.extend(schema.get("additionalProperties"));
        }
        found
    }
}

/// The schemas that one schema holds for the item at a place. A list under `items` is how drafts before 2020-12 wrote
/// `prefixItems`.
fn of_item(schema: &Map<String, Value>, at: usize) -> Vec<&Value> {
    let list = |keyword: &str| schema.get(keyword).and_then(Value::as_array);
    if let Some(item) = list("prefixItems")
        .or_else(|| list("items"))
        .and_then(|items| items.get(at))
    {
        return vec![item];
    }
    let rest = ["items", "additionalItems"];
    rest.iter()
        .filter_map(|keyword| schema.get(*keyword))
        .filter(|schema| schema.is_object())
        .collect()
}

fn collect_patterns(value: &Value, patterns: &mut HashMap<String, Option<Regex>>) {
    match value {
        Value::Object(object) => {
            let here = object.get("patternProperties").and_then(Value::as_object);
            patterns.extend(
                here.into_iter()
                    .flat_map(Map::keys)
                    .map(|p| (p.clone(), Regex::new(p).ok())),
            );
            object
                .values()
                .for_each(|value| collect_patterns(value, patterns));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| collect_patterns(value, patterns)),
        _ => {}
    }
}

/// Whether anything is called `user_id` at all: most tools need no walk.
fn mentions(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.contains_key(USER_ID) || object.values().any(mentions),
        Value::Array(items) => items.iter().any(mentions),
        _ => false,
    }
}
