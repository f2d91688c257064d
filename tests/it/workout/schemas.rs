//! Tool schemas and annotations in `tools/list`. All other tests validate answers against the output schemas.

use prog_strength_agent::workout::tools::{Audience, listed};
use serde_json::{Value, json};

use crate::support::world::{World, on_both};

/// What a client gives to its model. 4,500 tokens are 17,700 bytes, at 3.94 each, as measured with `o200k_base`.
const MAX_BYTES: usize = 17_350;

fn tools(audience: Audience) -> Vec<Value> {
    let tools = json!(listed(audience));
    tools.as_array().expect("a list").clone()
}

#[test]
fn tools_list_of_a_model_is_under_4500_tokens() {
    // The agent takes `user_id` out of what its model sees.
    let shown = tools(Audience::User).into_iter().map(|tool| {
        json!({"name": tool["name"], "description": tool["description"], "inputSchema": tool["inputSchema"]})
    });
    let bytes = json!(shown.collect::<Vec<_>>()).to_string().len();
    assert!(bytes < MAX_BYTES, "{bytes}");
}

/// Every schema in this one, with its place.
fn parts(schema: &Value, place: &str) -> Vec<(String, Value)> {
    let mut all = vec![(place.to_owned(), schema.clone())];
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        all.extend(parts(field, &format!("{place}.{name}")));
    }
    if !schema["items"].is_null() {
        all.extend(parts(&schema["items"], &format!("{place}[]")));
    }
    all
}

#[test]
fn schemas_use_one_scalar_type_and_no_references_or_choices() {
    // A keyword that is not in this list would be one that `parts` does not look into.
    let known = [
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "description",
        "enum",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "pattern",
    ];
    for tool in [tools(Audience::Agent), tools(Audience::User)].concat() {
        for schema in ["inputSchema", "outputSchema"] {
            for (place, part) in parts(&tool[schema], &format!("{} {schema}", tool["name"])) {
                let keywords = part.as_object().expect("a schema").keys();
                let unknown: Vec<_> = keywords
                    .filter(|key| !known.contains(&key.as_str()))
                    .collect();
                assert!(unknown.is_empty(), "{place}: {unknown:?}");
                assert!(
                    part["type"].is_string() && part["type"] != "null",
                    "{place}: {part}"
                );
            }
        }
    }
}

#[test]
fn every_bound_of_the_inputs_stands_in_the_schema() {
    // Bounded by what they name: ids, exercises, muscles, words to search for, zones.
    let names = [
        "exercise",
        "exercise_id",
        "workout_id",
        "plan_id",
        "based_on",
        "before",
        "after",
        "muscle_group",
        "primary_muscles[]",
        "secondary_muscles[]",
        "equipment",
        "query",
        "time_zone",
        "client_timezone",
    ];
    for tool in tools(Audience::User) {
        for (place, part) in parts(&tool["inputSchema"], &tool["name"].to_string()) {
            let has = |keyword: &str| !part[keyword].is_null();
            let named = names.contains(&place.rsplit('.').next().expect("a name"));
            let bounded = match part["type"].as_str().expect("a type") {
                "integer" | "number" => has("minimum") && has("maximum"),
                "array" => has("maxItems"),
                "string" => named || has("enum") || has("maxLength") || has("pattern"),
                "object" => part["additionalProperties"] == false,
                _ => true,
            };
            assert!(bounded, "{place}: {part}");
        }
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
        ("create_exercise", add),
        ("update_exercise", overwrite),
        ("list_workouts", read),
        ("create_workout", add),
        ("add_sets", add),
        ("correct_set", overwrite),
        ("update_workout", overwrite),
        ("delete_workout", overwrite),
        ("import_workouts", overwrite),
        ("export_workouts", read),
        ("get_exercise_history", read),
        ("analyze_progress", read),
        ("suggest_next_weight", read),
        ("check_volume_landmarks", read),
        ("list_plans", read),
        ("create_workout_plan", add),
        ("modify_plan", overwrite),
        // Copies a system plan at each call.
        ("activate_plan", [false, true, false]),
        ("delete_plan", overwrite),
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

on_both!(tools_list_of_a_user_has_no_user_id, async |world: World| {
    let ann = world.user("ann").await;
    let shown = ann.session.peer().list_all_tools().await.unwrap();
    assert_eq!(json!(shown), json!(listed(Audience::User)));
});
