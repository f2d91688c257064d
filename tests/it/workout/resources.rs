//! Resources, the resource template, and completion.

use rmcp::model::{ArgumentInfo, CompleteRequestParams, Reference};
use serde_json::{Value, json};

use crate::support::world::{Client, World, on_both};

const TEMPLATE: &str = "workout://performance/history/{exercise_name}";

async fn read(client: &Client, uri: &str) -> Value {
    serde_json::from_str(&client.resource(uri).await.expect(uri)).expect("JSON")
}

on_both!(resources_and_templates_are_listed, async |world: World| {
    let ann = world.user("ann").await;
    let listed = ann.session.peer().list_all_resources().await.unwrap();
    let listed: Vec<String> = listed.iter().map(|r| r.uri.clone()).collect();
    assert_eq!(
        listed,
        [
            "workout://exercises/catalog",
            "workout://plans/available",
            "workout://settings"
        ]
    );
    for uri in listed {
        read(&ann, &uri).await;
    }
    let templates = ann
        .session
        .peer()
        .list_all_resource_templates()
        .await
        .unwrap();
    let templates: Vec<&str> = templates.iter().map(|t| t.uri_template.as_str()).collect();
    assert_eq!(templates, [TEMPLATE]);
});

on_both!(
    resources_return_the_data_of_their_tools,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("barbell-bench-press", 3, "kg", &[(5, 80.0)])
            .await;
        ann.call("activate_plan", json!({"plan_id": "deload-week"}))
            .await
            .unwrap();
        ann.call("update_settings", json!({"units": "lb"}))
            .await
            .unwrap();
        let catalogue = read(&ann, "workout://exercises/catalog").await;
        let all = ann.call("list_exercises", json!({})).await.unwrap();
        assert_eq!(catalogue["count"], all["count"]);
        for exercise in catalogue["exercises"].as_array().unwrap() {
            for field in [
                "id",
                "name",
                "description",
                "equipment",
                "movement_pattern",
                "measure",
                "load",
            ] {
                let text = exercise[field].as_str();
                assert!(
                    text.is_some_and(|text| !text.is_empty()),
                    "{field} of {exercise}"
                );
            }
            assert_ne!(exercise["primary_muscles"], json!([]), "{exercise}");
        }
        let settings = ann.call("get_settings", json!({})).await.unwrap();
        assert_eq!(read(&ann, "workout://settings").await, settings);
        let bench = json!({"exercise": "bench press"});
        let history = ann.call("get_exercise_history", bench).await.unwrap();
        for name in [
            "barbell-bench-press",
            "Bench%20Press",
            "bench%2Dpress",
            "BENCH PRESS",
        ] {
            let uri = format!("workout://performance/history/{name}");
            assert_eq!(read(&ann, &uri).await, history, "{uri}");
        }
        let available = read(&ann, "workout://plans/available").await;
        for plan in available["plans"].as_array().unwrap() {
            let one = json!({"plan_id": plan["plan_id"]});
            let one = ann.call("list_plans", one).await.unwrap();
            assert_eq!(one, json!({"plans": [plan]}));
        }
        assert_eq!(available["plans"][0]["based_on"], "deload-week");
    }
);

on_both!(unknown_resources_are_not_found, async |world: World| {
    let ann = world.user("ann").await;
    for uri in [
        "workout://nothing",
        "workout://settings/",
        "",
        "file:///etc/passwd",
        "workout://performance/history/",
        "workout://performance/history/%ff",
        "workout://performance/history/zumba",
        "workout://performance/history/%00",
        "workout://performance/history/'; DROP TABLE workout; --",
    ] {
        let error = ann.resource(uri).await.unwrap_err();
        assert_eq!(error.code.0, -32002, "{uri}: {error}");
    }
    let error = ann
        .resource("workout://performance/history/bensh")
        .await
        .unwrap_err();
    assert!(
        error
            .message
            .starts_with("unknown exercise \"bensh\"; did you mean "),
        "{error}"
    );
});

async fn complete(
    client: &Client,
    reference: Reference,
    argument: &str,
    typed: &str,
) -> Vec<String> {
    let argument = ArgumentInfo::new(argument, typed);
    let request = CompleteRequestParams::new(reference, argument);
    let completed = client
        .session
        .peer()
        .complete(request)
        .await
        .expect("completed");
    completed.completion.values
}

on_both!(
    exercise_names_are_completed_for_template_and_prompt,
    async |world: World| {
        let ann = world.user("ann").await;
        for (reference, argument) in [
            (Reference::for_resource(TEMPLATE), "exercise_name"),
            (Reference::for_prompt("break_plateau"), "exercise"),
        ] {
            let complete =
                async |argument, typed| complete(&ann, reference.clone(), argument, typed).await;
            let bench = complete(argument, "barbell bench").await;
            assert_eq!(bench[0], "Barbell Bench Press", "{bench:?}");
            let incline = complete(argument, "incline db").await;
            assert!(
                incline.is_empty() || incline[0].contains("Incline"),
                "{incline:?}"
            );
            let found = complete(argument, "Deadl").await;
            assert_eq!(
                found[0], "Deadlift",
                "what begins so comes first: {found:?}"
            );
            assert!(
                found.iter().any(|name| name == "Trap Bar Deadlift"),
                "{found:?}"
            );
            assert_eq!(complete(argument, "").await.len(), 20);
            assert_eq!(complete(argument, "zumba").await, [""; 0]);
            assert_eq!(complete("other", "bench").await, [""; 0]);
        }
        for unknown in [
            Reference::for_resource("workout://nothing"),
            Reference::for_prompt("nothing"),
        ] {
            let argument = ArgumentInfo::new("exercise", "");
            let request = CompleteRequestParams::new(unknown, argument);
            let error = ann.session.peer().complete(request).await.unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("there is no such prompt or resource template"),
                "{error}"
            );
        }
    }
);
