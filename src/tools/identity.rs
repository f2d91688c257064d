//! `user_id`: hidden from every schema, removed from every input, put in where the server's schema declares it.

use std::collections::{HashMap, HashSet};

use regex_lite::Regex;
use serde_json::{Map, Value};

const USER_ID: &str = "user_id";

/// Keywords whose value maps names to schemas.
const MAPS: [&str; 6] = [
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "dependencies",
];
/// Keywords whose value is data, not a schema.
const DATA: [&str; 5] = ["default", "examples", "example", "const", "enum"];

/// Removes the key `user_id` from an input, at any depth: also in text that is JSON, since some servers (Python's MCP
/// SDK among them) parse such text where the schema wants an object.
pub fn without_identity(object: &mut Map<String, Value>) {
    forget_in(object);
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

fn looks_like_json(text: &str) -> bool {
    matches!(text.trim_start().bytes().next(), Some(b'{' | b'[' | b'"'))
}

/// How often what a reference pointed to is put in its place: nested ones need more than one pass.
const PASSES: usize = 4;

/// The schema as Claude sees it: without the property `user_id`, at any depth. `None` if a reference would point to
/// what is gone.
pub(super) fn hidden(schema: &Value) -> Option<Value> {
    let mut shown = schema.clone();
    hide(&mut shown);
    for _ in 0..PASSES {
        let mut dangling = Vec::new();
        references(&shown, &mut dangling);
        dangling.retain(|reference| {
            resolve(schema, reference).is_some() && resolve(&shown, reference).is_none()
        });
        if dangling.is_empty() {
            return Some(shown);
        }
        put_in_place(&mut shown, schema, &dangling);
    }
    None
}

/// Every local `$ref`.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            found.extend(
                object
                    .get("$ref")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// Replaces the `dangling` references by what they point to in `original`, identity hidden there too.
fn put_in_place(value: &mut Value, original: &Value, dangling: &[String]) {
    match value {
        Value::Object(object) => {
            let target = object
                .get("$ref")
                .and_then(Value::as_str)
                .filter(|r| dangling.iter().any(|d| d == r));
            if let Some(Value::Object(mut target)) = target
                .and_then(|r| resolve(original, r))
                .cloned()
                .map(|mut t| {
                    hide(&mut t);
                    t
                })
            {
                object.shift_remove("$ref");
                target.append(object);
                *object = target;
                return;
            }
            object
                .values_mut()
                .for_each(|value| put_in_place(value, original, dangling));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| put_in_place(value, original, dangling)),
        _ => {}
    }
}

/// Unknown keywords are walked like schemas, since a `$ref` may point into them.
fn hide(schema: &mut Value) {
    let object = match schema {
        Value::Object(object) => object,
        Value::Array(items) => return items.iter_mut().for_each(hide),
        _ => return,
    };
    for (keyword, value) in object.iter_mut() {
        match (keyword.as_str(), value) {
            (keyword, value) if DATA.contains(&keyword) => forget_keys(value),
            ("required", Value::Array(names)) => names.retain(|name| name != USER_ID),
            ("dependentRequired", Value::Object(rules)) => {
                rules.shift_remove(USER_ID);
                rules.values_mut().for_each(unmention);
            }
            (keyword, Value::Object(schemas)) if MAPS.contains(&keyword) => {
                schemas.shift_remove(USER_ID);
                for schema in schemas.values_mut() {
                    if keyword == "dependencies" {
                        unmention(schema);
                    }
                    hide(schema);
                }
            }
            (_, value) => hide(value),
        }
    }
}

/// The key `user_id` taken out of data; text stays as it is.
fn forget_keys(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.shift_remove(USER_ID);
            object.values_mut().for_each(forget_keys);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_keys),
        _ => {}
    }
}

/// `user_id` taken out of a list of names.
fn unmention(names: &mut Value) {
    if let Value::Array(names) = names {
        names.retain(|name| name != USER_ID);
    }
}

/// Where a tool's schema declares `user_id`.
#[derive(Debug)]
pub(super) struct Places {
    schema: Value,
    /// `None`: a pattern this engine cannot read, taken to match every key.
    patterns: HashMap<String, Option<Regex>>,
    anywhere: bool,
}

impl Places {
    pub(super) fn new(schema: Value) -> Self {
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
    pub(super) fn filled(&self, input: Map<String, Value>, user_id: &str) -> Map<String, Value> {
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

/// What a `$ref` within the document points to: `#`, `#/a/pointer`, `#anchor`, or an `$id` given below.
fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let document = if base.is_empty() {
        root
    } else {
        find(root, &|object| {
            object.get("$id").is_some_and(|id| id == base)
        })?
    };
    if fragment.is_empty() {
        return Some(document);
    }
    if fragment.starts_with('/') {
        return document
            .pointer(&percent_decoded(fragment))
            .or_else(|| document.pointer(fragment));
    }
    find(document, &|object| {
        ["$anchor", "$dynamicAnchor"]
            .iter()
            .any(|key| object.get(*key).is_some_and(|anchor| anchor == fragment))
    })
}

fn find<'a>(value: &'a Value, wanted: &dyn Fn(&Map<String, Value>) -> bool) -> Option<&'a Value> {
    match value {
        Value::Object(object) if wanted(object) => Some(value),
        Value::Object(object) => object.values().find_map(|value| find(value, wanted)),
        Value::Array(items) => items.iter().find_map(|value| find(value, wanted)),
        _ => None,
    }
}

/// RFC 6901 section 6: a pointer in a fragment is percent-encoded.
fn percent_decoded(fragment: &str) -> String {
    url::form_urlencoded::parse(
        fragment
            .replace('+', "%2B")
            .replace('&', "%26")
            .replace('=', "%3D")
            .as_bytes(),
    )
    .map(|(key, _)| key.into_owned())
    .next()
    .unwrap_or_default()
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
