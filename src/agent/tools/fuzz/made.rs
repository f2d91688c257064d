//! Tools and inputs built from choices, with `user_id` in many places.

use serde_json::{Map, Value, json};

use super::USER_ID;
use crate::fuzz::Choices;

const KEYS: [&str; 6] = [USER_ID, "a", "b", "aa", "items", "properties"];
/// Names of properties: inputs have [`KEYS`] only.
const NAMES: [&str; 7] = [USER_ID, "User_ID", "a", "b", "aa", "items", "properties"];
const PATTERNS: [&str; 5] = ["^a", ".*", "(?=a", USER_ID, "b"];
const TARGETS: [&str; 9] = [
    "#",
    "#/$defs/D",
    "#/$defs/user_id",
    "#/properties/user_id",
    "#/properties/a",
    "#named",
    "#/$defs/D/properties/user_id",
    "#/nowhere",
    "https://example.com/other",
];
const TEXTS: [&str; 9] = [
    "mallory",
    USER_ID,
    "{\"user_id\":\"mallory\",\"a\":1}",
    "{\"us\\u0065r_id\":\"mallory\"}",
    "[{\"a\":{\"b\":2}}]",
    "{\"user_id\":NaN}",
    " {}",
    "\"{\\\"user_id\\\":1}\"",
    "{\"a\":\"[{\\\"user_id\\\":0.1}]\"}",
];

pub(super) fn name(choices: &mut Choices<'_>) -> String {
    let long = "l".repeat(70);
    let name = choices.pick(&["a", "a.b", "a/b", "a_b", "a_b_2", "ü", &long]);
    format!("{name}{}", choices.text(&["", "", "x"]))
}

/// The schema of a tool: an object, with definitions.
pub(super) fn schema(choices: &mut Choices<'_>) -> Map<String, Value> {
    let mut schema = object(choices, 3);
    let definitions = [
        ("D", part(choices, 2)),
        (USER_ID, part(choices, 1)),
        (
            "N",
            json!({"$anchor": "named", "properties": {USER_ID: {}}}),
        ),
    ];
    let kept = definitions.into_iter().filter(|_| choices.below(4) > 0);
    schema.insert(
        "$defs".into(),
        kept.map(|(name, part)| (name.to_owned(), part)).collect(),
    );
    if choices.below(8) == 7 {
        schema.insert(
            choices
                .pick(&["type", "anyOf", "required", "x-more", USER_ID])
                .into(),
            choices.json(2, &KEYS),
        );
    }
    schema
}

/// A schema of any kind.
fn part(choices: &mut Choices<'_>, depth: usize) -> Value {
    let mut schema = match choices.below(8) {
        0 => return choices.flag().into(),
        1 => Map::from_iter([("type".to_owned(), "string".into())]),
        2 => Map::from_iter([("$ref".to_owned(), choices.pick(&TARGETS).into())]),
        _ if depth == 0 => Map::from_iter([(
            "properties".to_owned(),
            json!({USER_ID: {"type": "string"}}),
        )]),
        3 | 4 => object(choices, depth),
        n => {
            let keyword = match n {
                5 => choices.pick(&[
                    "items",
                    "additionalProperties",
                    "not",
                    "if",
                    "then",
                    "contains",
                    "additionalItems",
                    "unevaluatedProperties",
                    "propertyNames",
                ]),
                6 => choices.pick(&["anyOf", "oneOf", "allOf", "prefixItems", "items"]),
                _ => choices.pick(&[
                    "patternProperties",
                    "dependentSchemas",
                    "definitions",
                    "dependencies",
                    "x-unknown",
                ]),
            };
            let value = match n {
                5 => part(choices, depth - 1),
                6 => (0..=choices.below(2))
                    .map(|_| part(choices, depth - 1))
                    .collect(),
                _ => parts(choices, depth, &PATTERNS).into(),
            };
            let mut schema = Map::from_iter([(keyword.to_owned(), value)]);
            if keyword == "prefixItems" && choices.flag() {
                schema.insert("items".into(), part(choices, depth - 1));
            }
            schema
        }
    };
    match choices.below(8) {
        5 => drop(
            schema.insert(
                choices
                    .pick(&["default", "enum", "const", "examples"])
                    .into(),
                Value::Array(vec![choices.json(2, &KEYS)]),
            ),
        ),
        6 => drop(schema.insert(
            "dependentRequired".into(),
            json!({USER_ID: ["a"], "b": [USER_ID, "a"]}),
        )),
        7 => drop(schema.insert(
            "description".into(),
            "the user_id, or {\"user_id\": 1}".into(),
        )),
        _ => {}
    }
    schema.into()
}

fn object(choices: &mut Choices<'_>, depth: usize) -> Map<String, Value> {
    let properties = parts(choices, depth, &NAMES);
    let required: Vec<_> = properties
        .keys()
        .filter(|_| choices.flag())
        .cloned()
        .collect();
    let mut schema = Map::from_iter([("properties".to_owned(), properties.into())]);
    let more = choices.byte();
    if more % 2 == 1 {
        schema.insert("type".into(), "object".into());
        schema.insert("required".into(), required.into());
    }
    if more / 2 % 4 == 3 {
        schema.insert("additionalProperties".into(), part(choices, depth - 1));
    }
    if more / 8 % 4 == 3 {
        schema.insert(
            "patternProperties".into(),
            parts(choices, depth, &PATTERNS).into(),
        );
    }
    schema
}

fn parts(choices: &mut Choices<'_>, depth: usize, names: &[&str]) -> Map<String, Value> {
    (0..choices.below(4))
        .map(|_| (choices.pick(names).to_owned(), part(choices, depth - 1)))
        .collect()
}

/// Inputs that Claude might write: nested objects, lists, and texts that contain JSON.
pub(super) fn input(choices: &mut Choices<'_>) -> Map<String, Value> {
    (0..choices.below(6))
        .map(|_| (choices.pick(&KEYS).to_owned(), value(choices, 4)))
        .collect()
}

fn value(choices: &mut Choices<'_>, depth: usize) -> Value {
    match choices.below(if depth == 0 { 3 } else { 8 }) {
        0 => choices.pick(&[0.1, 5.0, 1e300, -0.0]).into(),
        1 => choices.text(&TEXTS).into(),
        2 => choices.byte().into(),
        3 => (0..choices.below(4))
            .map(|_| value(choices, depth - 1))
            .collect(),
        4 => value(choices, depth - 1).to_string().into(),
        _ => (0..choices.below(5))
            .map(|_| (choices.pick(&KEYS).to_owned(), value(choices, depth - 1)))
            .collect(),
    }
}
