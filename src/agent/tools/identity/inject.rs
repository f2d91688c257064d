//! Injects the caller's id wherever a tool's schema declares `user_id`.

use std::collections::{HashMap, HashSet};

use regex_lite::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use super::{
    StrippedInput, USER_ID, looks_like_json,
    references::{descendants, resolve},
};

/// Of a compiled pattern, in bytes: a short text may stand for a million states.
const MAX_PATTERN_SIZE: usize = 256 * 1024;

/// Injects the caller's id into the inputs of one tool.
#[derive(Debug)]
pub(in crate::agent::tools) struct Injector {
    schema: Value,
    /// `None`: a pattern that this engine cannot read, or a very large one, taken to match every key.
    patterns: HashMap<String, Option<Regex>>,
    /// False for most tools: their inputs need not be searched.
    mentions_user_id: bool,
}

impl Injector {
    pub(in crate::agent::tools) fn new(schema: Value) -> Self {
        let patterns =
            descendants(&schema).filter_map(|it| it.get("patternProperties")?.as_object());
        let patterns = patterns.flat_map(Map::keys);
        let patterns = patterns.map(|it| (it.clone(), compile(it)));
        let patterns = patterns.collect();
        let mentions_user_id = descendants(&schema).any(|it| it.get(USER_ID).is_some());
        Self {
            schema,
            patterns,
            mentions_user_id,
        }
    }

    /// Sets `user_id` in every object of the input, at any depth, for which the schema declares it.
    pub(in crate::agent::tools) fn inject(
        &self,
        input: &StrippedInput,
        user_id: &str,
    ) -> Map<String, Value> {
        let mut input = input.as_map().clone();
        if self.mentions_user_id {
            self.inject_object(&[&self.schema], &mut input, user_id);
        }
        input
    }

    /// All `schemas` apply to `value`.
    fn inject_value(&self, schemas: &[&Value], value: &mut Value, user_id: &str) {
        if schemas.is_empty() {
            return;
        }
        match value {
            Value::Object(object) => self.inject_object(schemas, object, user_id),
            Value::Array(items) => {
                let schemas = self.applicable(schemas);
                for (at, item) in items.iter_mut().enumerate() {
                    let schemas = schemas.iter().flat_map(|schema| item_schemas(schema, at));
                    self.inject_value(&schemas.collect::<Vec<_>>(), item, user_id);
                }
            }
            // A server that parses the text would find an object without its user.
            Value::String(text) if looks_like_json(text) => {
                self.inject_text(schemas, text, user_id);
            }
            _ => {}
        }
    }

    fn inject_object(&self, schemas: &[&Value], object: &mut Map<String, Value>, user_id: &str) {
        let schemas = self.applicable(schemas);
        for (key, value) in object.iter_mut() {
            let schemas = schemas.iter().flat_map(|it| self.key_schemas(it, key));
            self.inject_value(&schemas.collect::<Vec<_>>(), value, user_id);
        }
        let declares = |schema: &&Map<String, Value>| {
            let properties = schema.get("properties");
            properties.is_some_and(|properties| properties.get(USER_ID).is_some())
        };
        if schemas.iter().any(declares) {
            object.insert(USER_ID.into(), user_id.into());
        }
    }

    fn inject_text(&self, schemas: &[&Value], text: &mut String, user_id: &str) {
        let Ok(before @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) else {
            return;
        };
        let mut after = before.clone();
        self.inject_value(schemas, &mut after, user_id);
        if after != before {
            *text = after.to_string();
        }
    }

    /// The schemas themselves, their branches, and the targets of their references, each once.
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
            let branches = ["allOf", "anyOf", "oneOf"].map(|keyword| object.get(keyword));
            let branches = branches.into_iter().flatten().filter_map(Value::as_array);
            open.extend(branches.flatten());
            let references = ["$ref", "$dynamicRef"].map(|keyword| object.get(keyword));
            let references = references.into_iter().flatten().filter_map(Value::as_str);
            open.extend(references.filter_map(|reference| resolve(&self.schema, reference)));
        }
        found
    }

    /// The subschemas for the value of a key.
    fn key_schemas<'a>(&self, schema: &'a Map<String, Value>, key: &str) -> Vec<&'a Value> {
        let property = schema.get("properties").and_then(|all| all.get(key));
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let matches = |pattern: &String| {
            let regex = self.patterns.get(pattern).and_then(Option::as_ref);
            regex.is_none_or(|regex| regex.is_match(key))
        };
        let matching = patterns.into_iter().flatten();
        let matching = matching.filter(|(pattern, _)| matches(pattern));
        let mut found: Vec<&Value> = property.into_iter().collect();
        found.extend(matching.map(|(_, schema)| schema));
        if found.is_empty() {
            found.extend(schema.get("additionalProperties"));
        }
        found
    }
}

pub(super) fn compile(pattern: &str) -> Option<Regex> {
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(MAX_PATTERN_SIZE).build().ok()
}

/// The subschemas for the item at a position. Before 2020-12 `prefixItems` was a list under `items`.
fn item_schemas(schema: &Map<String, Value>, at: usize) -> Vec<&Value> {
    let list = |keyword: &str| schema.get(keyword).and_then(Value::as_array);
    let items = list("prefixItems").or_else(|| list("items"));
    if let Some(item) = items.and_then(|items| items.get(at)) {
        return vec![item];
    }
    let rest = ["items", "additionalItems"].map(|keyword| schema.get(keyword));
    let rest = rest.into_iter().flatten();
    rest.filter(|schema| schema.is_object()).collect()
}
