use serde_json::{Value, json};

use super::*;

/// A schema with a field of each kind.
fn schema() -> Value {
    let set = json!({"type": "object", "required": ["reps"], "properties": {
        "reps": {"type": "integer", "minimum": 1, "maximum": 100},
        "unit": {"type": "string", "enum": ["lb", "kg"]}}});
    json!({"type": "object", "required": ["sets"], "properties": {
        "sets": {"type": "array", "items": set, "minItems": 1, "maxItems": 2},
        "set": set,
        "exercise": {"type": "string"},
        "weight": {"type": "number", "minimum": 0, "maximum": 2000},
        "done": {"type": "boolean"},
        "units": {"type": "string", "enum": ["as_entered", "lb", "kg"]},
        "measure": {"type": "string", "enum": ["reps", "seconds", "metres"]},
        "notes": {"type": "string", "maxLength": 4},
        "name": {"type": "string", "maxLength": 4, "pattern": NOT_BLANK},
        "day": {"type": "string", "pattern": "^[0-9]+$"},
        "end": {"type": "string", "pattern": "^([0-9]+)?$"}}})
}

fn fitted(mut fields: Value) -> Result<Value, String> {
    if fields.get("sets").is_none() {
        fields["sets"] = json!([{"reps": 1}]);
    }
    let fields = fields.as_object().cloned().expect("an object");
    let mut fitted = fit(&schema(), fields).map_err(|error| error.to_string())?;
    if fitted["sets"] == json!([{"reps": 1}]) {
        fitted.as_object_mut().expect("an object").remove("sets");
    }
    Ok(fitted)
}

#[test]
fn other_spellings_of_clear_values_are_taken() {
    for (given, taken) in [
        (
            json!({"sets": [{"reps": 5.0}]}),
            json!({"sets": [{"reps": 5}]}),
        ),
        (
            json!({"sets": [{"reps": " 5 "}]}),
            json!({"sets": [{"reps": 5}]}),
        ),
        (
            json!({"sets": [{"reps": "5.0"}]}),
            json!({"sets": [{"reps": 5}]}),
        ),
        (
            json!({"sets": "[{\"reps\": 5}]"}),
            json!({"sets": [{"reps": 5}]}),
        ),
        (
            json!({"sets": ["{\"reps\": \"5\"}"]}),
            json!({"sets": [{"reps": 5}]}),
        ),
        (json!({"set": "{\"reps\": 5}"}), json!({"set": {"reps": 5}})),
        (json!({"measure": "meters"}), json!({"measure": "metres"})),
        (json!({"measure": "Secs."}), json!({"measure": "seconds"})),
        (json!({"units": "lbs."}), json!({"units": "lb"})),
        (json!({"weight": "102.5"}), json!({"weight": 102.5})),
        (json!({"weight": "1e2"}), json!({"weight": 100.0})),
        (json!({"weight": 100}), json!({"weight": 100})),
        (json!({"done": "True"}), json!({"done": true})),
        (
            json!({"units": "As entered"}),
            json!({"units": "as_entered"}),
        ),
        (json!({"units": "LBS"}), json!({"units": "lb"})),
        (json!({"units": " Kilograms "}), json!({"units": "kg"})),
        (
            json!({"exercise_name": "squat"}),
            json!({"exercise": "squat"}),
        ),
        (
            json!({"exercise_id": "squat"}),
            json!({"exercise": "squat"}),
        ),
    ] {
        assert_eq!(fitted(given.clone()), Ok(taken), "{given}");
    }
}

#[test]
fn an_optional_field_may_be_null_or_empty_or_say_null() {
    for field in ["set", "weight", "done", "units", "name", "day"] {
        for none in [json!(null), json!(""), json!(" ")] {
            assert_eq!(fitted(json!({field: none})), Ok(json!({})), "{field}");
        }
    }
    for field in ["set", "exercise", "weight", "done", "units", "day", "end"] {
        for none in ["null", " NULL "] {
            assert_eq!(fitted(json!({field: none})), Ok(json!({})), "{field}");
        }
    }
    // An empty text is a value where the schema allows it, and a user's note may be "null".
    for (field, value) in [
        ("notes", ""),
        ("exercise", ""),
        ("end", ""),
        ("notes", "null"),
        ("name", "null"),
    ] {
        assert_eq!(fitted(json!({field: value})), Ok(json!({field: value})));
    }
}

#[test]
fn errors_name_the_place_and_what_is_wanted() {
    let long = format!("[{}]", " ".repeat(MAX_JSON_TEXT_BYTES));
    for (given, error) in [
        (json!({"sets": null}), "sets: is missing; give a list"),
        (json!({"sets": ""}), "sets: is \"\"; it must be a list"),
        (json!({"sets": 5}), "sets: is 5; it must be a list"),
        (json!({"sets": "5"}), "sets: is \"5\"; it must be a list"),
        (json!({"sets": []}), "sets: has 0 sets; it must have 1 to 2"),
        (
            json!({"sets": [null]}),
            "sets[0]: is null; it must be an object with the fields reps, unit",
        ),
        (
            json!({"sets": [[]]}),
            "sets[0]: is a list; it must be an object with the fields reps, unit",
        ),
        (
            json!({"sets": [{}]}),
            "sets[0].reps: is missing; give a whole number from 1 to 100",
        ),
        (
            json!({"sets": [{"reps": 0}]}),
            "sets[0].reps: is 0; it must be from 1 to 100",
        ),
        (
            json!({"sets": [{"reps": 1.5}]}),
            "sets[0].reps: is 1.5; it must be a whole number from 1 to 100",
        ),
        (
            json!({"sets": [{"reps": "NaN"}]}),
            "sets[0].reps: is \"NaN\"; it must be a whole number from 1 to 100",
        ),
        (
            json!({"sets": [{"reps": u64::MAX}]}),
            "sets[0].reps: is 18446744073709551615; it must be from 1 to 100",
        ),
        (
            json!({"sets": [{"reps": true}]}),
            "sets[0].reps: is true; it must be a whole number from 1 to 100",
        ),
        (
            json!({"sets": [{"reps": 1, "a\u{0}b": 1}]}),
            "sets[0].a b: is no field here; the fields are reps, unit",
        ),
        (
            json!({"sets": long}),
            "sets: is long, and a text; give it as JSON and not as a text that holds JSON",
        ),
        (
            json!({"units": "stone"}),
            "units: is \"stone\"; it must be one of as_entered, lb, kg",
        ),
        (
            json!({"units": {}}),
            "units: is an object; it must be one of as_entered, lb, kg",
        ),
        (json!({"done": 1}), "done: is 1; it must be true or false"),
        (
            json!({"notes": "12345"}),
            "notes: is longer than 4 characters",
        ),
        (json!({"notes": 7}), "notes: is 7; it must be a text"),
        (
            json!({"exercise": "a", "exercise_id": "b"}),
            "exercise: is given twice",
        ),
    ] {
        assert_eq!(fitted(given.clone()), Err(error.to_owned()), "{given}");
    }
}
