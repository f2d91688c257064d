//! Schemas for Claude: without `user_id`, and otherwise unchanged.

use serde_json::{Value, json};

use super::{bound, catalogue, left_out, tool};
use crate::agent::tools::Catalogue;

#[test]
fn user_id_is_stripped_from_schemas_at_any_depth_and_nothing_else_changes() {
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
fn references_to_stripped_schemas_are_inlined() {
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
    assert_eq!(left_out(&catalogue(endless)), ["t ($ref)"]);
}

#[test]
fn a_definition_with_many_references_to_itself_is_refused_quickly() {
    let many = json!({"anyOf": vec![json!({"$ref": "#/$defs/user_id"}); 1000]});
    let schema = json!({"type": "object", "$defs": {"user_id": many}, "properties": {"a": {"$ref": "#/$defs/user_id"}}});
    assert_eq!(left_out(&catalogue(schema)), ["t ($ref)"]);
}

#[test]
fn tools_whose_inlined_references_are_large_together_are_left_out() {
    let large = json!({"type": "object", "anyOf": vec![json!({"type": "string"}); 400]});
    let schema = json!({"type": "object", "$defs": {"user_id": large}, "properties": {"a": {"$ref": "#/$defs/user_id"}}});
    let tools = (0..100).map(|n| tool(&n.to_string(), schema.clone()));
    let catalogue = Catalogue::new(tools.collect(), vec![]);
    let left_out = left_out(&catalogue);
    assert!((30..50).contains(&left_out.len()), "{left_out:?}");
    assert!(left_out.iter().all(|it| it.ends_with("(too large)")));
}

#[test]
fn user_id_is_stripped_in_any_case_and_from_patterns_and_names_of_properties() {
    let stripped = catalogue(json!({
        "type": "object",
        "properties": {"User_ID": {}, "a": {
            "required": ["USER_ID", "u\u{17f}er_id", "b"],
            "dependentRequired": {"uSer_id": ["b"], "b": ["USER_id"]},
            "default": {"USER_ID": 1},
            "enum": ["user_id", "name"],
            "patternProperties": {"^user_id$": {}, "^(user_id|name)$": {}, "(?i)\\buser[_]id": {}, "^superuser_id$": {}},
            "propertyNames": {"enum": ["user_id", "User_Id", "b"], "anyOf": [{"const": "user_id"}, {"pattern": "^user\\_id|b$"}]},
        }},
    }));
    assert_eq!(
        stripped.specs()[0].input_schema,
        json!({"type": "object", "properties": {"a": {
            "required": ["b"],
            "dependentRequired": {"b": []},
            "default": {},
            "enum": ["user_id", "name"],
            "patternProperties": {"^superuser_id$": {}},
            "propertyNames": {"enum": ["b"], "anyOf": [{}, {}]},
        }}})
    );
}

#[test]
fn unknown_keywords_are_stripped() {
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
fn recursive_schemas_terminate() {
    let catalogue = catalogue(json!({
        "type": "object", "$defs": {"L": {"$ref": "#/$defs/L"}, "M": {"anyOf": [{"$ref": "#/$defs/M"}, {"$ref": "#"}]}},
        "properties": {"user_id": {}, "l": {"$ref": "#/$defs/L"}, "m": {"$ref": "#/$defs/M"}},
    }));
    assert_eq!(
        bound(&catalogue, json!({"l": {}, "m": {"m": {}}})),
        json!({"l": {}, "m": {"m": {"user_id": "ann"}, "user_id": "ann"}, "user_id": "ann"})
    );
}
