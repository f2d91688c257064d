use proptest::prelude::*;
use serde_json::json;

use super::*;

fn tool(name: &str, schema: Value) -> Listed {
    let Value::Object(input_schema) = schema else {
        panic!("a schema is an object")
    };
    Listed {
        name: name.into(),
        description: None,
        input_schema,
        read_only: false,
        idempotent: false,
    }
}

fn catalogue(schema: Value) -> Catalogue {
    Catalogue::new(vec![tool("t", schema)], vec![])
}

fn bound(catalogue: &Catalogue, input: Value) -> Value {
    let Value::Object(input) = input else {
        panic!("an input is an object")
    };
    let caller = Caller::fake("ann");
    let context = CallContext {
        caller: &caller,
        request_id: "r1",
        time_zone: None,
        tool_use_id: "toolu_1",
    };
    Value::Object(
        catalogue
            .bind(context, "t", input)
            .expect("t is in the catalogue")
            .arguments,
    )
}

#[test]
fn the_model_neither_sees_nor_chooses_whom_it_acts_for() {
    let catalogue = catalogue(json!({
        "type": "object",
        "properties": {"user_id": {"type": "string"}, "reps": {"type": "integer"}},
        "required": ["user_id", "reps"],
    }));
    assert_eq!(
        catalogue.specs()[0].input_schema,
        json!({"type": "object", "properties": {"reps": {"type": "integer"}}, "required": ["reps"]})
    );
    assert_eq!(
        bound(&catalogue, json!({"reps": 5, "user_id": "mallory"})),
        json!({"reps": 5, "user_id": "ann"})
    );
    assert_eq!(bound(&catalogue, json!({})), json!({"user_id": "ann"}));
}

#[test]
fn a_tool_that_declares_no_user_gets_none_but_its_meta_says_who_asks() {
    let catalogue = catalogue(json!({"type": "object", "properties": {"q": {}}}));
    assert_eq!(
        bound(
            &catalogue,
            json!({"q": {"user_id": "eve"}, "user_id": "eve"})
        ),
        json!({"q": {}})
    );
    let caller = Caller::fake("ann");
    let context = CallContext {
        caller: &caller,
        request_id: "r1",
        time_zone: None,
        tool_use_id: "toolu_1",
    };
    let call = catalogue.bind(context, "t", Map::new()).unwrap();
    assert_eq!(
        Value::Object(call.meta().clone()),
        json!({
            "fitness.progstrength/user_id": "ann",
            "fitness.progstrength/tool_use_id": "toolu_1",
            "fitness.progstrength/request_id": "r1",
        })
    );
    assert_eq!(catalogue.bind(context, "no such tool", Map::new()), None);
}

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
fn the_user_is_put_in_wherever_the_schema_declares_one() {
    let owner = json!({"type": "object", "properties": {"user_id": {"type": "string"}, "next": {"$ref": "#/$defs/Owner"}}});
    let by_ref = json!({"$ref": "#/$defs/Owner"});
    let catalogue = catalogue(json!({
        "type": "object",
        "$defs": {"Owner": owner, "Named": {"$anchor": "named", "properties": {"user_id": {}}}},
        "properties": {
            "one": by_ref,
            "many": {"type": "array", "items": by_ref},
            "pair": {"type": "array", "prefixItems": [{}, by_ref], "items": false},
            "either": {"anyOf": [{"type": "null"}, {"oneOf": [{"allOf": [by_ref]}]}]},
            "map": {"type": "object", "additionalProperties": by_ref},
            "pattern": {"type": "object", "patternProperties": {"^x": by_ref, "(?=lookahead)": {}}},
            "anchor": {"$ref": "#named"},
            "none": {"type": "object"},
        },
    }));
    let input = json!({
        "one": {"next": {"next": {}}}, "many": [{}, 5, {"user_id": "eve"}], "pair": [{}, {}], "either": {}, "map": {"k": {}},
        "pattern": {"x1": {}, "y1": {}}, "anchor": {}, "none": {"user_id": "eve"},
    });
    assert_eq!(
        bound(&catalogue, input),
        json!({
            "one": {"next": {"next": {"user_id": "ann"}, "user_id": "ann"}, "user_id": "ann"},
            "many": [{"user_id": "ann"}, 5, {"user_id": "ann"}], "pair": [{}, {"user_id": "ann"}], "either": {"user_id": "ann"},
            "map": {"k": {"user_id": "ann"}}, "pattern": {"x1": {"user_id": "ann"}, "y1": {}}, "anchor": {"user_id": "ann"},
            "none": {},
        })
    );
}

#[test]
fn text_that_is_json_smuggles_nobody_in() {
    let catalogue = catalogue(json!({
        "type": "object",
        "properties": {"filter": {"type": "object", "properties": {"user_id": {}, "from": {}}}, "notes": {"type": "string"}},
    }));
    let input = json!({
        "filter": "{\"us\\u0065r_id\":\"bob\",\"from\":1}",
        "notes": "[\"{\\\"user_id\\\":\\\"bob\\\"}\"]",
    });
    assert_eq!(
        bound(&catalogue, input),
        json!({"filter": "{\"from\":1,\"user_id\":\"ann\"}", "notes": "[\"{}\"]"})
    );
    let plain = json!({"filter": "{\"from\":1}", "notes": "{ plain: the user_id }"});
    assert_eq!(
        bound(&catalogue, plain),
        json!({"filter": "{\"from\":1,\"user_id\":\"ann\"}", "notes": "text: { plain: the user_id }"})
    );
    let lax = json!({"filter": "{\"user_id\":\"bob\",\"x\":NaN}", "notes": "{\"a\": [1, 2]}"});
    assert_eq!(
        bound(&catalogue, lax),
        json!({"filter": "text: {\"user_id\":\"bob\",\"x\":NaN}", "notes": "{\"a\": [1, 2]}"})
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

#[test]
fn what_claudes_api_would_refuse_is_mended_or_left_out() {
    let listed = vec![
        tool("z_no_type", json!({"properties": {}})),
        tool("array", json!({"type": "array"})),
        tool("union", json!({"type": "object", "anyOf": []})),
        tool(
            "key",
            json!({"type": "object", "properties": {"größe": {}}}),
        ),
        tool(
            "broken",
            json!({"type": "object", "properties": {"a": {"type": "strin"}}}),
        ),
        tool("a", json!({"type": "object"})),
        tool("a", json!({"type": "object", "description": "twice"})),
    ];
    let catalogue = Catalogue::new(listed, vec!["unreadable".into()]);
    let names: Vec<_> = catalogue
        .specs()
        .iter()
        .map(|spec| (spec.name.as_str(), spec.input_schema.clone()))
        .collect();
    assert_eq!(
        names,
        [
            ("a", json!({"type": "object"})),
            ("z_no_type", json!({"properties": {}, "type": "object"}))
        ]
    );
    assert_eq!(
        catalogue.left_out(),
        ["unreadable", "a", "array", "broken", "key", "union"]
    );
}

#[test]
fn names_claude_refuses_are_mapped_to_unique_ones_and_back() {
    let long = "l".repeat(70);
    let names = ["a/b", "a.b", "a_b", "ü", "", &long, &format!("{long}x")];
    let catalogue = Catalogue::new(
        names.iter().map(|name| tool(name, json!({}))).collect(),
        vec![],
    );
    let offered: Vec<_> = catalogue
        .specs()
        .iter()
        .map(|spec| spec.name.clone())
        .collect();
    assert_eq!(offered.len(), names.len());
    assert_eq!(
        offered
            .iter()
            .collect::<std::collections::HashSet<_>>()
            .len(),
        names.len()
    );
    assert!(
        offered
            .iter()
            .all(|name| accepted_name(name) == *name && name.len() <= 64),
        "{offered:?}"
    );
    let caller = Caller::fake("ann");
    let context = CallContext {
        caller: &caller,
        request_id: "r",
        time_zone: None,
        tool_use_id: "t",
    };
    let called: std::collections::HashSet<_> = offered
        .iter()
        .map(|name| catalogue.bind(context, name, Map::new()).unwrap().name)
        .collect();
    assert_eq!(called, names.iter().map(ToString::to_string).collect());
    assert_eq!(
        catalogue.bind(context, "a_b", Map::new()).unwrap().name(),
        "a_b"
    );
}

/// Schemas of all sorts, with `user_id` strewn about.
fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!(true)),
        Just(json!({"$ref": "#/$defs/D"})),
        Just(json!({"$ref": "#"})),
        Just(
            json!({"type": "object", "properties": {"user_id": {"type": "string"}}, "required": ["user_id"]})
        ),
        Just(json!({"default": {"user_id": "x"}, "enum": [{"user_id": 1}]})),
    ];
    let key = || prop::sample::select(vec!["user_id", "a", "b", "items"]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::hash_map(key(), inner.clone(), 0..4)
                .prop_map(|properties| json!({"type": "object", "properties": properties})),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|all| json!({"prefixItems": all})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|all| json!({"anyOf": all})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|all| json!({"allOf": all})),
            inner.clone().prop_map(|extra| json!({"additionalProperties": extra})),
            inner.clone().prop_map(|some| json!({"patternProperties": {"^a": some}})),
            (inner.clone(), inner).prop_map(|(a, b)| json!({"if": a, "then": b, "dependentRequired": {"user_id": ["a"], "b": ["user_id"]}})),
        ]
    })
}

fn any_input() -> impl Strategy<Value = Value> {
    let key = || prop::sample::select(vec!["user_id", "a", "b", "items", "c"]);
    let leaf = prop_oneof![Just(json!("mallory")), Just(json!(5)), Just(json!(null))];
    leaf.prop_recursive(5, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::hash_map(key(), inner.clone(), 0..4).prop_map(|o| json!(o)),
            prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

/// Every value under the key `user_id`.
fn users(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("user_id").cloned());
            object.values().for_each(|value| users(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| users(value, found)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn no_user_of_claudes_making_ever_reaches_a_tool(
        top in prop::collection::hash_map(prop::sample::select(vec!["user_id", "a", "b"]), any_schema(), 0..4),
        shared in any_schema(),
        input in prop::collection::hash_map(prop::sample::select(vec!["user_id", "a", "b", "c"]), any_input(), 0..4),
    ) {
        let declares = top.contains_key("user_id");
        let catalogue = catalogue(json!({"type": "object", "properties": top, "required": ["user_id", "a"], "$defs": {"D": shared}}));
        let shown = catalogue.specs()[0].input_schema.to_string();
        prop_assert!(!shown.contains("user_id"), "{shown}");
        let arguments = bound(&catalogue, json!(input));
        let mut found = vec![];
        users(&arguments, &mut found);
        prop_assert!(found.iter().all(|user| user == "ann"), "{arguments}");
        prop_assert_eq!(arguments.get("user_id").is_some(), declares);
    }
}
