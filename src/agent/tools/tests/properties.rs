//! Property tests: for any schema and input, no other user's id reaches a tool.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{bound, catalogue, tool};
use crate::{
    agent::tools::{
        CallContext, Catalogue, Profile, StrippedInput, ToolServer, identity::mentions_user_id,
    },
    auth::Caller,
};

/// Any schemas, with `user_id` in many places.
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
    let leaf = prop_oneof![
        Just(json!("mallory")),
        Just(json!(5)),
        Just(json!(null)),
        Just(json!("[1, {}]")),
        Just(json!("{\"\\u0075ser_id\": 1}")),
        Just(json!("{\"a\": NaN, \"b\": \"\\u0075\"}")),
    ];
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
    #![proptest_config(ProptestConfig::with_cases(30_000))]

    #[test]
    fn no_other_user_id_reaches_a_tool(
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

proptest! {
    #[test]
    fn stripping_changes_nothing_where_no_user_id_is_possible(
        input in prop::collection::hash_map(prop::sample::select(vec!["user_id", "a", "b"]), any_input(), 0..3),
    ) {
        let map: Map<_, _> = input.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let stripped = StrippedInput::strip(map);
        let sent = json!(input).to_string();
        let may_contain = mentions_user_id(&sent) || sent.contains('\\');
        prop_assert!(may_contain || json!(stripped) == json!(input), "{stripped:?}");
    }

    #[test]
    fn a_foreign_tool_gets_what_claude_wrote_and_never_the_caller(schema in any_schema(), input in any_input()) {
        let input = json!({"a": input, "user_id": "mallory"});
        let server = ToolServer { name: "s".into(), profile: Profile::Foreign, prefixed: false };
        let listed = tool("t", json!({"type": "object", "properties": {"a": schema}, "$defs": {"D": {"type": "object"}}}));
        let catalogue = Catalogue::of_server(&server, vec![listed], vec![]);
        prop_assert_eq!(catalogue.left_out(), &[]);
        let caller = Caller::fake("ann-the-caller");
        let context = CallContext {
            caller: &caller,
            request_id: "ann-the-caller",
            turn_id: "turn_1",
            time_zone: Some("ann-the-caller"),
            tool_use_id: "toolu_1",
        };
        let (shown, call) = catalogue.prepare(context, "t", &input.to_string()).unwrap();
        let call = call.unwrap();
        prop_assert_eq!(&Value::from(call.arguments().clone()), &input);
        prop_assert_eq!(&json!(shown), &input);
        let sent = format!("{call:?}");
        prop_assert!(!sent.contains("ann-the-caller"), "{sent}");
    }
}
