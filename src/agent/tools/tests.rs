//! Stripping and injecting the user's id.

mod names;
mod properties;
mod schemas;
mod servers;
mod strip_input;

use serde_json::json;

use super::*;
use crate::auth::Caller;

fn tool(name: &str, schema: Value) -> ListedTool {
    let Value::Object(input_schema) = schema else {
        panic!("a schema is an object")
    };
    ListedTool {
        name: name.into(),
        description: None,
        input_schema,
        ..ListedTool::default()
    }
}

fn catalogue(schema: Value) -> Catalogue {
    Catalogue::new(vec![tool("t", schema)], vec![])
}

fn context(caller: &Caller) -> CallContext<'_> {
    CallContext {
        caller,
        request_id: "r1",
        turn_id: "turn_1",
        time_zone: None,
        tool_use_id: "toolu_1",
    }
}

fn left_out(catalogue: &Catalogue) -> Vec<String> {
    let tools = catalogue.left_out().iter();
    tools.map(ToString::to_string).collect()
}

fn bound(catalogue: &Catalogue, input: Value) -> Value {
    let Value::Object(input) = input else {
        panic!("an input is an object")
    };
    let caller = Caller::fake("ann");
    let context = context(&caller);
    Value::Object(
        catalogue
            .prepare_call(context, "t", &StrippedInput::strip(input))
            .expect("t is in the catalogue")
            .arguments,
    )
}

#[test]
fn user_id_is_stripped_from_schema_and_input_and_the_caller_is_injected() {
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
fn a_tool_that_declares_no_user_id_gets_the_caller_only_in_meta() {
    let catalogue = catalogue(json!({"type": "object", "properties": {"q": {}}}));
    assert_eq!(
        bound(
            &catalogue,
            json!({"q": {"user_id": "eve"}, "user_id": "eve"})
        ),
        json!({"q": {}})
    );
    let caller = Caller::fake("ann");
    let context = context(&caller);
    let input = StrippedInput::default();
    let call = catalogue.prepare_call(context, "t", &input).unwrap();
    assert_eq!(
        Value::Object(call.meta().clone()),
        json!({
            "fitness.progstrength/user_id": "ann",
            "fitness.progstrength/tool_use_id": "toolu_1",
            "fitness.progstrength/turn_id": "turn_1",
            "fitness.progstrength/request_id": "r1",
        })
    );
    let unknown = catalogue.prepare_call(context, "no such tool", &input);
    assert_eq!(unknown, None);
}

#[test]
fn the_caller_is_injected_wherever_the_schema_declares_user_id() {
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
fn user_ids_in_texts_that_are_json_are_stripped() {
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
