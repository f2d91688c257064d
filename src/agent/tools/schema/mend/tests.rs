use super::*;

fn mended(mut schema: Value) -> Value {
    mend(&mut schema);
    schema
}

#[test]
fn null_keywords_are_dropped_at_any_depth_but_not_nulls_in_data() {
    let schema = json!({
        "type": "object", "required": null, "title": null, "$ref": null, "enum": null, "examples": null,
        "properties": {
            "a": {"type": "string", "default": null, "const": null, "example": null, "enum": [null, "x", {"required": null}],
                "examples": [null, {"enum": null}], "format": null, "minLength": null},
            "b": {"type": "array", "items": {"type": null, "properties": null, "additionalProperties": null}},
            "c": null,
            "required": {"anyOf": [{"not": {"minimum": null}}, null, {"type": "null"}], "oneOf": [null]},
        },
        "$defs": {"d": {"if": {"pattern": null}, "dependentRequired": {"x": null, "y": ["z", null, "z"]}, "prefixItems": [null, {"items": null}]}},
    });
    assert_eq!(
        mended(schema),
        json!({
            "type": "object",
            "properties": {
                "a": {"type": "string", "default": null, "const": null, "example": null, "enum": [null, "x", {"required": null}],
                    "examples": [null, {"enum": null}]},
                "b": {"type": "array", "items": {}},
                "c": {},
                "required": {"anyOf": [{"not": {}}, {"type": "null"}]},
            },
            "$defs": {"d": {"if": {}, "dependentRequired": {"y": ["z"]}, "prefixItems": [{}, {}]}},
        })
    );
}

#[test]
fn what_older_drafts_wrote_otherwise_is_written_as_2020_12() {
    for (old, new) in [
        (
            json!({"minimum": 0, "exclusiveMinimum": true}),
            json!({"exclusiveMinimum": 0}),
        ),
        (
            json!({"maximum": 9, "exclusiveMaximum": false}),
            json!({"maximum": 9}),
        ),
        (json!({"exclusiveMaximum": true}), json!({})),
        (
            json!({"exclusiveMinimum": 3}),
            json!({"exclusiveMinimum": 3}),
        ),
        (json!({"divisibleBy": 2.5}), json!({"multipleOf": 2.5})),
        (
            json!({"items": [{"type": "string"}, {"minimum": 1, "exclusiveMinimum": true}], "additionalItems": false}),
            json!({"prefixItems": [{"type": "string"}, {"exclusiveMinimum": 1}], "items": false}),
        ),
        (
            json!({"items": [], "additionalItems": {}}),
            json!({"items": {}}),
        ),
        (
            json!({"items": {}, "additionalItems": false}),
            json!({"items": {}}),
        ),
        (
            json!({"properties": {"a": {"required": true, "type": "string"}, "b": {"required": false}, "c": {"required": ["x"]}}, "required": ["c"]}),
            json!({"properties": {"a": {"type": "string"}, "b": {}, "c": {"required": ["x"]}}, "required": ["c", "a"]}),
        ),
        (
            json!({"properties": {"a": {"properties": {"b": {"required": true}}}}}),
            json!({"properties": {"a": {"properties": {"b": {}}, "required": ["b"]}}}),
        ),
        (json!({"items": {"required": true}}), json!({"items": {}})),
        (
            json!({"definitions": {"a": {"id": "#a", "type": "string"}, "b": {"$id": "#b"}}, "id": "https://x.example/", "properties": {"id": {"$ref": "#a"}}}),
            json!({"definitions": {"a": {"type": "string", "$anchor": "a"}, "b": {"$anchor": "b"}}, "id": "https://x.example/", "properties": {"id": {"$ref": "#a"}}}),
        ),
        (json!({"type": "any"}), json!({})),
        (json!({"type": ["string", "any"]}), json!({})),
        (
            json!({"type": ["string", {"type": "object", "properties": {"a": {"required": true}}}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "object", "properties": {"a": {}}, "required": ["a"]}]}),
        ),
        (
            json!({"dependencies": {"a": "b", "c": ["d", "d"], "e": {"title": null}}}),
            json!({"dependencies": {"a": ["b"], "c": ["d"], "e": {}}}),
        ),
        (
            json!({"required": ["a", "b", "a"], "type": ["string", "string"]}),
            json!({"required": ["a", "b"], "type": ["string"]}),
        ),
        (
            json!({"properties": [], "required": {}}),
            json!({"properties": {}}),
        ),
        (
            json!({"properties": {"a": []}, "additionalProperties": [], "not": {"if": []}, "anyOf": [[]], "dependentRequired": [], "$defs": {"b": []}}),
            json!({"properties": {"a": {}}, "additionalProperties": {}, "not": {"if": {}}, "anyOf": [{}], "dependentRequired": {}, "$defs": {"b": {}}}),
        ),
        (
            json!({"properties": {"a": {"type": ["string", null]}, "b": {"type": [null]}, "c": {"type": [null, "null", "integer", null]}}}),
            json!({"properties": {"a": {"type": ["string", "null"]}, "b": {"type": ["null"]}, "c": {"type": ["null", "integer"]}}}),
        ),
        (
            json!({"type": [{"type": "object"}, null]}),
            json!({"anyOf": [{"type": "object"}, {"type": "null"}]}),
        ),
        (
            json!({"properties": {"required": {"type": "boolean"}, "type": {"type": "string"}, "minimum": {}}}),
            json!({"properties": {"required": {"type": "boolean"}, "type": {"type": "string"}, "minimum": {}}}),
        ),
    ] {
        let mended = mended(old.clone());
        assert_eq!(mended, new, "{old}");
        assert!(jsonschema::draft202012::meta::is_valid(&mended), "{mended}");
    }
}

#[test]
fn a_schema_of_2020_12_stays_as_it_is() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "$id": "#", "id": "#1 of 2", "type": "object", "additionalProperties": false,
        "properties": {"a": {"type": ["string", "null"], "enum": ["x", "x", null]}, "b": {"items": {"$ref": "#/$defs/c"}, "prefixItems": [true, {}]}},
        "required": [], "$defs": {"c": {"anyOf": [true, {"exclusiveMinimum": 0, "minimum": 1}]}}, "x-extra": {"deep": [1, {"a": "b"}]},
    });
    assert_eq!(mended(schema.clone()), schema);
}
