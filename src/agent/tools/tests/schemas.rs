//! The schemas that Claude gets: identity is hidden in them, and nothing else.

use serde_json::{Value, json};

use super::{bound, catalogue};

#[test]
fn identity_is_hidden_at_any_depth_and_nothing_else_changes() {
    let owner = || json!({"type": "object", "properties": {"user_id": {"type": "string"}, "x": {}}, "required": ["user_id", "x"]});
    let clean = || json!({"type": "object", "properties": {"x": {}}, "required": ["x"]});
    let around = |inner: Value| {
        json!({
            "type": "object",
            "title": "user_id stays in prose",
            "$defs": {"D": inner}, "definitions": {"E": inner},
            "properties": {
                "a": {"type": "array", "items": inner, "prefixItems": [inner], "contains": inner, "unevaluatedItems": inner},
                "b": {"anyOf": [inner, {"oneOf": [inner]}, {"allOf": [inner]}, {"not": inner}]},
                "c": {"if": inner, "then": inner, "else": inner, "additionalProperties": inner},
                "d": {"patternProperties": {"^x": inner}, "propertyNames": inner, "unevaluatedProperties": inner},
                "e": {"dependentSchemas": {"x": inner}, "dependencies": {"y": inner}},
            },
        })
    };
    assert_eq!(
        catalogue(around(owner())).specs()[0].input_schema,
        around(clean())
    );
    let mentions = json!({"type": "object", "properties": {"o": {
        "dependentRequired": {"user_id": ["x"], "x": ["user_id", "y"]},
        "dependencies": {"x": ["user_id", "y"]},
        "default": {"user_id": 1, "k": [{"user_id": 2}]}, "examples": [{"user_id": 1}], "const": {"user_id": 1}, "enum": [{"user_id": 1}],
        "description": "the user_id",
    }}});
    assert_eq!(
        catalogue(mentions).specs()[0].input_schema["properties"]["o"],
        json!({
            "dependentRequired": {"x": ["y"]},
            "dependencies": {"x": ["y"]},
            "default": {"k": [{}]}, "examples": [{}], "const": {}, "enum": [{}],
            "description": "the user_id",
        })
    );
}

#[test]
fn a_reference_to_what_is_hidden_is_replaced_by_what_it_meant() {
    let shared = catalogue(json!({
        "type": "object",
        "$defs": {"user_id": {"type": "string", "minLength": 1}},
        "properties": {"user_id": {"$ref": "#/$defs/user_id"}, "coach": {"$ref": "#/properties/user_id", "title": "Coach"}},
    }));
    assert_eq!(
        shared.specs()[0].input_schema,
        json!({"type": "object", "$defs": {}, "properties": {"coach": {"type": "string", "minLength": 1, "title": "Coach"}}})
    );
    let endless = json!({
        "type": "object", "$defs": {"user_id": {"type": "array", "items": {"$ref": "#/$defs/user_id"}}},
        "properties": {"tree": {"$ref": "#/$defs/user_id"}},
    });
    assert_eq!(catalogue(endless).left_out(), ["t"]);
}

#[test]
fn a_definition_that_refers_to_itself_many_times_takes_neither_time_nor_memory() {
    let many = json!({"anyOf": vec![json!({"$ref": "#/$defs/user_id"}); 1000]});
    let schema = json!({"type": "object", "$defs": {"user_id": many}, "properties": {"a": {"$ref": "#/$defs/user_id"}}});
    assert_eq!(catalogue(schema).left_out(), ["t"]);
}

#[test]
fn keywords_that_nobody_knows_name_no_user() {
    let catalogue = catalogue(json!({
        "type": "object",
        "user_id": {"type": "string"},
        "properties": {"a": {"x-fields": {"user_id": {"type": "string"}, "b": 1}, "user_id": "the owner's"}},
    }));
    assert_eq!(
        catalogue.specs()[0].input_schema,
        json!({"type": "object", "properties": {"a": {"x-fields": {"b": 1}}}})
    );
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let catalogue = catalogue(json!({
        "type": "object", "$defs": {"L": {"$ref": "#/$defs/L"}, "M": {"anyOf": [{"$ref": "#/$defs/M"}, {"$ref": "#"}]}},
        "properties": {"user_id": {}, "l": {"$ref": "#/$defs/L"}, "m": {"$ref": "#/$defs/M"}},
    }));
    assert_eq!(
        bound(&catalogue, json!({"l": {}, "m": {"m": {}}})),
        json!({"l": {}, "m": {"m": {"user_id": "ann"}, "user_id": "ann"}, "user_id": "ann"})
    );
}
