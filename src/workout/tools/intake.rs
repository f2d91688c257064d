//! Arguments as clients send them, checked against a tool's input schema and brought to its types.
//!
//! Where the schema leaves no doubt, other spellings are taken: integral floats, numbers, booleans and JSON given as text,
//! `null`, `"null"` and `""` for an optional property that is left out, units and other fixed values in any case.

use rmcp::model::JsonObject;
use serde_json::{Map, Number, Value};

use super::wanted::{bounds, mismatch, range, wanted};
use crate::workout::{
    catalogue::Measure,
    error::{ToolError, invalid, truncated},
    figures::units::Unit,
    model::{NOT_BLANK, SetKind},
};

/// Bytes of JSON that one call may give as text.
const MAX_JSON_TEXT_BYTES: usize = 64 << 10;
/// Largest integer that every JSON implementation reads exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;
/// Names that assistants give to one property. The one that the schema has is meant.
const SYNONYMS: [&[&str]; 2] = [
    &["exercise", "exercise_id", "exercise_name"],
    &["days", "time_period_days"],
];

/// The arguments with the types of the schema; the error names the place and what is wanted there.
pub(super) fn fit(schema: &Value, arguments: JsonObject) -> Result<Value, ToolError> {
    let mut intake = Intake {
        json_text_left: MAX_JSON_TEXT_BYTES,
    };
    intake.object(schema, "", arguments)
}

struct Intake {
    json_text_left: usize,
}

impl Intake {
    fn value(&mut self, schema: &Value, place: &str, given: Value) -> Result<Value, ToolError> {
        match (schema["type"].as_str().unwrap_or_default(), given) {
            ("object", Value::Object(map)) => self.object(schema, place, map),
            ("array", Value::Array(items)) => self.array(schema, place, items),
            ("object" | "array", Value::String(text)) => {
                let given = self.json(place, &text)?;
                if matches!(given, Value::Object(_) | Value::Array(_)) {
                    self.value(schema, place, given)
                } else {
                    Err(mismatch(schema, place, &text.into()))
                }
            }
            ("string", Value::String(text)) => string(schema, place, text),
            ("boolean", Value::Bool(given)) => Ok(given.into()),
            ("boolean", Value::String(text)) => match text.trim().to_lowercase().as_str() {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => Err(mismatch(schema, place, &text.into())),
            },
            ("number" | "integer", given) => number(schema, place, &given),
            (_, given) => Err(mismatch(schema, place, &given)),
        }
    }

    fn object(
        &mut self,
        schema: &Value,
        place: &str,
        given: Map<String, Value>,
    ) -> Result<Value, ToolError> {
        let none = Map::new();
        let fields = schema["properties"].as_object().unwrap_or(&none);
        let required = schema["required"].as_array();
        let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|r| r == name));
        let inside = |name: &str| match place {
            "" => truncated(name, 60),
            place => format!("{place}.{}", truncated(name, 60)),
        };
        let mut fitted = Map::new();
        for (name, value) in given {
            let name = synonym(fields, name);
            let place = inside(&name);
            let any = Some(&schema["additionalProperties"]).filter(|any| any.is_object());
            let Some(field) = fields.get(&name).or(any) else {
                let known: Vec<&str> = fields.keys().map(String::as_str).collect();
                return Err(match &known[..] {
                    [] => invalid!(place, "is no field here; there are none"),
                    known => invalid!(
                        place,
                        "is no field here; the fields are {}",
                        known.join(", ")
                    ),
                });
            };
            if fitted.contains_key(&name) {
                return Err(invalid!(place, "is given twice"));
            }
            let absent = value.is_null() || !is_required(&name) && means_absent(field, &value);
            if !absent {
                fitted.insert(name, self.value(field, &place, value)?);
            }
        }
        let missing = |name: &&str| !fitted.contains_key(*name);
        let mut required = required.into_iter().flatten().filter_map(Value::as_str);
        match required.find(missing) {
            Some(name) => {
                let wanted = wanted(&fields[name]);
                Err(invalid!(inside(name), "is missing; give {wanted}"))
            }
            None => Ok(Value::Object(fitted)),
        }
    }

    fn array(
        &mut self,
        schema: &Value,
        place: &str,
        given: Vec<Value>,
    ) -> Result<Value, ToolError> {
        let n = given.len();
        let bound = |key| schema[key].as_u64().and_then(|n| usize::try_from(n).ok());
        let (min, max) = (
            bound("minItems").unwrap_or(0),
            bound("maxItems").unwrap_or(n),
        );
        if !(min..=max).contains(&n) {
            let what = place.rsplit('.').next().unwrap_or_default();
            return Err(invalid!(
                place,
                "has {n} {what}; it must have {min} to {max}"
            ));
        }
        let item = |(at, item)| self.value(&schema["items"], &format!("{place}[{at}]"), item);
        let items: Result<Vec<Value>, ToolError> =
            given.into_iter().enumerate().map(item).collect();
        items.map(Value::Array)
    }

    /// The JSON of a text; null if it is none. All texts of a call have one bound.
    fn json(&mut self, place: &str, text: &str) -> Result<Value, ToolError> {
        let Some(left) = self.json_text_left.checked_sub(text.len()) else {
            let what = "is long, and a text; give it as JSON and not as a text that holds JSON";
            return Err(ToolError::at(place, what));
        };
        self.json_text_left = left;
        Ok(serde_json::from_str(text).unwrap_or_default())
    }
}

/// The property that the schema has for this name.
fn synonym(fields: &Map<String, Value>, name: String) -> String {
    if fields.contains_key(&name) {
        return name;
    }
    let names = SYNONYMS.iter().find(|names| names.contains(&&*name));
    let known = names.and_then(|names| names.iter().find(|name| fields.contains_key(**name)));
    known.map_or(name, |known| (*known).to_owned())
}

/// True for `""` where the schema does not allow it, and for `"null"` except in text of the user's own, whose length has
/// a bound.
fn means_absent(schema: &Value, given: &Value) -> bool {
    let Some(text) = given.as_str().map(str::trim) else {
        return false;
    };
    let is_text = schema["type"] == "string" && schema["enum"].is_null();
    if text.is_empty() {
        let allows =
            |pattern| regex_lite::Regex::new(pattern).is_ok_and(|regex| regex.is_match(""));
        return !is_text
            || schema["pattern"]
                .as_str()
                .is_some_and(|pattern| !allows(pattern));
    }
    text.eq_ignore_ascii_case("null") && !(is_text && schema["maxLength"].is_u64())
}

/// Patterns other than [`NOT_BLANK`] are left to the parsers of dates and times, which take more than these.
fn string(schema: &Value, place: &str, text: String) -> Result<Value, ToolError> {
    if let Some(values) = schema["enum"].as_array() {
        let known = |value: &&Value| {
            value
                .as_str()
                .is_some_and(|value| is_spelling(&text, value))
        };
        let known = values.iter().find(known);
        return known
            .cloned()
            .ok_or_else(|| mismatch(schema, place, &text.into()));
    }
    if schema["pattern"] == NOT_BLANK && text.trim().is_empty() {
        return Err(ToolError::at(place, "is blank"));
    }
    match schema["maxLength"].as_u64() {
        Some(max) if text.chars().count() as u64 > max => {
            Err(invalid!(place, "is longer than {max} characters"))
        }
        _ => Ok(text.into()),
    }
}

/// True if the text means this value of an enum.
fn is_spelling(text: &str, value: &str) -> bool {
    let plain = text.trim().trim_end_matches('.').to_lowercase();
    let plain = plain.replace([' ', '-'], "_");
    plain == value
        || Unit::from_name(&plain).is_some_and(|unit| unit.as_str() == value)
        || Measure::from_name(&plain).is_some_and(|measure| measure.as_str() == value)
        || SetKind::from_name(&plain).is_some_and(|kind| kind.as_str() == value)
}

fn number(schema: &Value, place: &str, given: &Value) -> Result<Value, ToolError> {
    let number = match given {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => parse_number(text.trim()),
        _ => None,
    };
    let Some(number) = number else {
        return Err(mismatch(schema, place, given));
    };
    let float = number.as_f64().unwrap_or(f64::NAN);
    let whole = schema["type"] == "integer";
    if whole && float.fract() != 0.0 {
        return Err(mismatch(schema, place, given));
    }
    let (min, max) = bounds(schema);
    if !(min..=max).contains(&float) {
        return Err(invalid!(
            place,
            "is {number}; it must be {}",
            range(min, max)
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an integer, and within these bounds"
    )]
    if whole && !number.is_i64() {
        if float.abs() > MAX_EXACT {
            return Err(mismatch(schema, place, given));
        }
        return Ok((float as i64).into());
    }
    Ok(Value::Number(number))
}

fn parse_number(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| Number::from_f64(text.parse().ok()?))
}

#[cfg(test)]
mod tests;
