//! Tool schemas and annotations in `tools/list`. All other tests validate answers against the output schemas.

use prog_strength_agent::workout::tools::{Audience, listed};
use serde_json::{Value, json};

use crate::support::world::{World, on_both};

/// 10,000 tokens, at four bytes each.
const MAX_BYTES: usize = 40_000;

fn tools(audience: Audience) -> Vec<Value> {
    let tools = json!(listed(audience));
    tools.as_array().expect("a list").clone()
}

#[test]
fn tools_list_is_under_ten_thousand_tokens() {
    for audience in [Audience::Agent, Audience::User] {
        let bytes = json!({"tools": listed(audience)}).to_string().len();
        assert!(bytes < MAX_BYTES, "{audience:?}: {bytes}");
    }
}

#[test]
fn schemas_are_valid_and_closed_and_annotations_complete() {
    for tool in [tools(Audience::Agent), tools(Audience::User)].concat() {
        for schema in ["inputSchema", "outputSchema"] {
            assert!(
                jsonschema::draft202012::meta::is_valid(&tool[schema]),
                "{tool}"
            );
            assert_eq!(tool[schema]["type"], "object", "{tool}");
        }
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        let annotations = tool["annotations"].as_object().expect("annotations");
        let said: Vec<&str> = annotations.keys().map(String::as_str).collect();
        assert_eq!(
            said,
            [
                "title",
                "readOnlyHint",
                "destructiveHint",
                "idempotentHint",
                "openWorldHint"
            ]
        );
        assert!(
            tool["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{tool}"
        );
    }
}

#[test]
fn annotations_match_what_the_tools_do() {
    let hints = tools(Audience::User).into_iter().map(|tool| {
        let hints = ["readOnlyHint", "destructiveHint", "idempotentHint"]
            .map(|hint| tool["annotations"][hint] == true);
        (tool["name"].as_str().expect("a name").to_owned(), hints)
    });
    let (read, add, overwrite) = (
        [true, false, true],
        [false, false, false],
        [false, true, true],
    );
    let expected = [
        ("list_exercises", read),
        ("list_workouts", read),
        ("create_workout", add),
        ("update_workout", overwrite),
        ("delete_workout", overwrite),
        ("get_exercise_history", read),
        ("analyze_progress", read),
        ("suggest_next_weight", read),
        ("check_volume_landmarks", read),
        ("list_plans", read),
        ("create_workout_plan", add),
        ("modify_plan", overwrite),
        // Copies a system plan at each call.
        ("activate_plan", [false, true, false]),
        ("get_settings", read),
        ("update_settings", overwrite),
    ];
    let expected = expected.map(|(name, hints)| (name.to_owned(), hints));
    assert_eq!(hints.collect::<Vec<_>>(), expected);
}

#[test]
fn user_id_is_required_of_agents_in_every_personal_tool_and_hidden_from_users() {
    assert!(
        !json!(listed(Audience::User))
            .to_string()
            .contains("user_id")
    );
    for tool in tools(Audience::Agent) {
        let required = tool["inputSchema"]["required"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let personal = tool["name"] != "list_exercises";
        assert_eq!(required.contains(&json!("user_id")), personal, "{tool}");
        let declared = &tool["inputSchema"]["properties"]["user_id"];
        assert_eq!(declared["type"] == "string", personal, "{tool}");
    }
}

/// A value that the schema allows.
fn sample(schema: &Value, root: &Value) -> Value {
    if let Some(target) = schema["$ref"].as_str() {
        return sample(
            root.pointer(target.trim_start_matches('#'))
                .expect("a definition"),
            root,
        );
    }
    for choices in ["anyOf", "oneOf"] {
        if let Some(first) = schema[choices].as_array().and_then(|all| all.first()) {
            return sample(first, root);
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    let kind = schema["type"]
        .as_str()
        .or_else(|| schema["type"][0].as_str());
    match kind.expect("a type") {
        "string" => json!("squat"),
        "integer" | "number" => json!(2),
        "boolean" => json!(true),
        "array" => json!([sample(&schema["items"], root)]),
        "object" => {
            let fields = schema["properties"].as_object().expect("properties").iter();
            fields
                .map(|(name, field)| (name.clone(), sample(field, root)))
                .collect()
        }
        other => panic!("{other}"),
    }
}

/// The value with each optional field removed, and with it set to null.
fn absent_optionals(value: &Value, schema: &Value) -> Vec<Value> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let optional = value.as_object().expect("an object").keys();
    let optional = optional.filter(|name| !required.contains(&json!(name)));
    optional
        .flat_map(|name| {
            let (mut absent, mut null) = (value.clone(), value.clone());
            absent
                .as_object_mut()
                .expect("an object")
                .shift_remove(name);
            null[name] = Value::Null;
            [absent, null]
        })
        .collect()
}

on_both!(
    declared_properties_are_accepted_and_optional_ones_may_be_left_out,
    async |world: World| {
        let ann = world.user("ann").await;
        for tool in listed(Audience::User) {
            let schema = json!(tool.input_schema);
            let mut tried = vec![sample(&schema, &schema)];
            tried.extend(absent_optionals(&tried[0], &schema));
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            for arguments in tried {
                assert!(validator.is_valid(&arguments), "{}: {arguments}", tool.name);
                let error = ann
                    .call(&tool.name, arguments.clone())
                    .await
                    .err()
                    .unwrap_or_default();
                for shape in [
                    "unknown field",
                    "invalid type",
                    "missing field",
                    "unknown variant",
                    "must be a string",
                ] {
                    assert!(!error.contains(shape), "{} {arguments}: {error}", tool.name);
                }
            }
        }
    }
);

on_both!(tools_list_of_a_user_has_no_user_id, async |world: World| {
    let ann = world.user("ann").await;
    let shown = ann.session.peer().list_all_tools().await.unwrap();
    assert_eq!(json!(shown), json!(listed(Audience::User)));
});
