//! Expectations of an input schema, in words, for errors about arguments.

use serde_json::Value;

use crate::workout::error::{ToolError, invalid, quoted};

/// The error for a value that is not of the schema's type.
pub(super) fn mismatch(schema: &Value, place: &str, given: &Value) -> ToolError {
    let shown = match given {
        Value::String(text) => quoted(text),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        scalar => scalar.to_string(),
    };
    invalid!(place, "is {shown}; it must be {}", wanted(schema))
}

/// `a whole number from 1 to 100`, `one of lb, kg`, `a list`.
pub(super) fn wanted(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        return format!("one of {}", values.join(", "));
    }
    let number = |what: &str| {
        let (min, max) = bounds(schema);
        format!("{what} {}", range(min, max)).trim_end().to_owned()
    };
    match schema["type"].as_str().unwrap_or_default() {
        "integer" => number("a whole number"),
        "number" => number("a number"),
        "boolean" => "true or false".to_owned(),
        "array" => "a list".to_owned(),
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            let names: Vec<&str> = fields.map(|(name, _)| name.as_str()).collect();
            format!("an object with the fields {}", names.join(", "))
        }
        _ => "a text".to_owned(),
    }
}

/// The bounds of a number; infinite without.
pub(super) fn bounds(schema: &Value) -> (f64, f64) {
    let bound = |key, none| schema[key].as_f64().unwrap_or(none);
    (
        bound("minimum", f64::NEG_INFINITY),
        bound("maximum", f64::INFINITY),
    )
}

/// `from 1 to 100`, `1 or more`; empty without bounds.
pub(super) fn range(min: f64, max: f64) -> String {
    match (min.is_finite(), max.is_finite()) {
        (true, true) => format!("from {min} to {max}"),
        (true, false) => format!("{min} or more"),
        (false, true) => format!("{max} or less"),
        (false, false) => String::new(),
    }
}
