//! Isolation of users: ids of other users behave like unknown ids.

use std::collections::BTreeSet;

use prog_strength_agent::workout::tools::{Audience, listed};
use serde_json::{Value, json};

use crate::support::world::{Client, World, on_both};

/// Every argument that is an id of a user's data, with a call.
fn calls(workout: &str, plan: &str, exercise: &str) -> Vec<(&'static str, &'static str, Value)> {
    let exercises =
        json!([{"exercise_id": "squat", "sets": [{"reps": 1, "weight": 1, "unit": "kg"}]}]);
    vec![
        (
            "update_exercise",
            "exercise_id",
            json!({"exercise_id": exercise, "name": "x"}),
        ),
        ("list_workouts", "before", json!({"before": workout})),
        (
            "get_exercise_history",
            "before",
            json!({"exercise": "squat", "before": workout}),
        ),
        (
            "add_sets",
            "workout_id",
            json!({"workout_id": workout, "exercise": "squat", "sets": exercises[0]["sets"]}),
        ),
        (
            "correct_set",
            "workout_id",
            json!({"workout_id": workout, "exercise": "squat", "set": 1, "reps": 9}),
        ),
        (
            "update_workout",
            "workout_id",
            json!({"workout_id": workout, "name": "x"}),
        ),
        (
            "update_workout",
            "workout_id",
            json!({"workout_id": workout, "exercises": exercises}),
        ),
        (
            "delete_workout",
            "workout_id",
            json!({"workout_id": workout}),
        ),
        ("export_workouts", "after", json!({"after": workout})),
        ("list_plans", "plan_id", json!({"plan_id": plan})),
        (
            "create_workout_plan",
            "based_on",
            json!({"name": "x", "based_on": plan}),
        ),
        (
            "modify_plan",
            "plan_id",
            json!({"plan_id": plan, "name": "x"}),
        ),
        ("activate_plan", "plan_id", json!({"plan_id": plan})),
        (
            "activate_plan",
            "plan_id",
            json!({"plan_id": plan, "active": false}),
        ),
        ("delete_plan", "plan_id", json!({"plan_id": plan})),
    ]
}

async fn refusals(client: &Client, workout: &str, plan: &str, exercise: &str) -> Vec<String> {
    let mut errors = Vec::new();
    for (tool, _, arguments) in calls(workout, plan, exercise) {
        let mut error = client.call(tool, arguments).await.expect_err(tool);
        for id in [workout, plan, exercise] {
            error = error.replace(id, "ID");
        }
        errors.push(error);
    }
    errors
}

on_both!(
    ids_of_other_users_give_the_error_of_unknown_ids,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let workout = ann.lifted("squat", 3, "kg", &[(5, 100.0)]).await;
        let plan = json!({"name": "Mine", "based_on": "novice-5x5", "visibility": "public"});
        let plan = ann.call("create_workout_plan", plan).await.unwrap();
        let plan = plan["plan_id"].as_str().unwrap();
        ann.call("activate_plan", json!({"plan_id": plan}))
            .await
            .unwrap();
        let march = json!({"name": "Belt March", "primary_muscles": ["quads"]});
        let march = ann.call("create_exercise", march).await.unwrap();
        let march = march["exercise"]["id"].as_str().unwrap();
        let stored = world.stored().await;
        let made_up = "01939d2a-0000-7000-8000-0123456789ab";
        let unknown = refusals(&bob, made_up, made_up, made_up).await;
        assert_eq!(refusals(&bob, &workout, plan, march).await, unknown);
        assert!(unknown.iter().all(|error| {
            ["no workout", "no plan", "no exercise"]
                .iter()
                .any(|no| error.contains(no))
        }));
        assert_eq!(world.stored().await, stored);
    }
);

#[test]
fn every_id_argument_is_covered() {
    let tried: BTreeSet<_> = calls("w", "p", "e")
        .into_iter()
        .map(|(tool, place, _)| (tool.to_owned(), place.to_owned()))
        .collect();
    let mut named = BTreeSet::new();
    for tool in listed(Audience::User) {
        let properties = tool.input_schema["properties"].as_object();
        for place in properties.into_iter().flat_map(|all| all.keys()) {
            if place.ends_with("_id") || ["before", "after", "based_on"].contains(&place.as_str()) {
                named.insert((tool.name.to_string(), place.clone()));
            }
        }
    }
    assert_eq!(tried, named);
}

on_both!(
    changes_of_one_user_are_invisible_to_another,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let asked = [
            ("list_exercises", json!({"query": "belt march"})),
            ("list_workouts", json!({})),
            ("export_workouts", json!({})),
            ("get_exercise_history", json!({"exercise": "squat"})),
            ("analyze_progress", json!({"exercise": "squat"})),
            ("suggest_next_weight", json!({"exercise": "squat"})),
            ("check_volume_landmarks", json!({})),
            ("list_plans", json!({})),
            ("get_settings", json!({})),
        ];
        let seen = async |client: &Client| {
            let mut seen = Vec::new();
            for (tool, arguments) in asked.clone() {
                seen.push(client.call(tool, arguments).await.unwrap());
            }
            for prompt in [
                "suggest_deload",
                "weekly_review",
                "plan_my_week",
                "break_plateau",
            ] {
                seen.push(json!(client.prompt(prompt, json!({})).await.unwrap()));
            }
            for resource in [
                "workout://performance/history/squat",
                "workout://plans/available",
                "workout://settings",
                "workout://exercises/catalog",
            ] {
                seen.push(json!(client.resource(resource).await.unwrap()));
            }
            seen
        };
        let before = seen(&bob).await;
        ann.lifted("squat", 0, "kg", &[(5, 100.0)]).await;
        ann.call("activate_plan", json!({"plan_id": "novice-5x5"}))
            .await
            .unwrap();
        ann.call("update_settings", json!({"units": "lb"}))
            .await
            .unwrap();
        let march = json!({"name": "Belt March", "primary_muscles": ["quads"]});
        ann.call("create_exercise", march).await.unwrap();
        assert_eq!(seen(&bob).await, before);
        let anns = seen(&ann).await;
        let differ = anns.iter().zip(&before).filter(|(ann, bob)| ann != bob);
        assert_eq!(
            differ.count(),
            before.len(),
            "everything shows something of ann's"
        );
    }
);

on_both!(
    a_user_who_names_another_user_is_rejected,
    async |world: World| {
        let ann = world.user("ann").await;
        let bob = json!({"user_id": "bob"});
        let refused = "user_id: names somebody else; you can act for yourself alone";
        assert_eq!(ann.call("get_settings", bob).await.unwrap_err(), refused);
        let noted = json!({"fitness.progstrength/user_id": "bob"});
        let result = ann.result("get_settings", json!({}), noted).await;
        assert_eq!(crate::support::world::text(&result), refused);
        assert_eq!(
            ann.call("list_exercises", json!({"user_id": "bob"}))
                .await
                .unwrap_err(),
            refused
        );
        assert!(
            ann.call("get_settings", json!({"user_id": "ann"}))
                .await
                .is_ok()
        );
        assert!(
            ann.prompt("weekly_review", json!({"user_id": "bob"}))
                .await
                .is_err()
        );
    }
);

on_both!(
    a_plan_is_private_to_its_user_with_any_visibility,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let before = bob.call("list_plans", json!({})).await.unwrap();
        for visibility in ["private", "shared", "public"] {
            let plan =
                json!({"name": visibility, "based_on": "novice-5x5", "visibility": visibility});
            let plan = ann.call("create_workout_plan", plan).await.unwrap();
            assert_eq!(plan["visibility"], visibility);
            assert_eq!(bob.call("list_plans", json!({})).await.unwrap(), before);
            let id = &plan["plan_id"];
            assert_eq!(
                bob.call("list_plans", json!({"plan_id": id}))
                    .await
                    .unwrap_err(),
                format!("plan_id: there is no plan {id} for this user; list_plans shows the ids")
            );
        }
    }
);
