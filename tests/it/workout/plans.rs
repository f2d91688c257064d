//! User plans and system plans.

use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

async fn call(client: &Client, tool: &str, arguments: Value) -> Value {
    client.call(tool, arguments).await.expect("a plan")
}

fn session(day: u8) -> Value {
    json!({"name": "Push", "day": day, "exercises": [
        {"exercise_id": "Bench Press", "sets": 3, "reps_min": 8, "reps_max": 12, "rpe": 8.0, "rest_seconds": 120, "notes": "slow"},
        {"exercise": "ohp", "sets": 2}]})
}

/// The same, as in the answer.
fn kept(day: u8) -> Value {
    json!({"name": "Push", "day": day, "exercises": [
        {"exercise_id": "barbell-bench-press", "sets": 3, "reps_min": 8, "reps_max": 12, "rpe": 8.0, "rest_seconds": 120,
         "notes": "slow"},
        {"exercise_id": "barbell-overhead-press", "sets": 2}]})
}

/// The plan that the call answers with, without the notice about names.
async fn planned(client: &Client, tool: &'static str, arguments: Value) -> Value {
    let mut plan = call(client, tool, arguments).await;
    let notice = plan.as_object_mut().expect("a plan").shift_remove("notice");
    assert!(notice.is_none_or(|notice| {
        notice
            .as_str()
            .is_some_and(|n| n.starts_with("planned as "))
    }));
    plan
}

async fn own(client: &Client) -> Value {
    let plan = json!({"name": " Mine ", "description": "for winter", "duration_weeks": 4, "sessions": [session(1)]});
    planned(client, "create_workout_plan", plan).await
}

fn ids(list: &Value) -> Vec<&str> {
    let plans = list["plans"].as_array().expect("plans").iter();
    plans
        .map(|p| p["plan_id"].as_str().expect("an id"))
        .collect()
}

on_both!(
    a_created_plan_is_stored_with_resolved_exercises,
    async |world: World| {
        let ann = world.user("ann").await;
        let made = own(&ann).await;
        assert_eq!(
            made,
            json!({"plan_id": made["plan_id"], "name": "Mine", "description": "for winter", "source": "user",
                   "visibility": "private", "created_by": "ai", "duration_weeks": 4, "active": false,
                   "sessions_per_week": 1, "sessions": [kept(1)]})
        );
        let shown = call(&ann, "list_plans", json!({"plan_id": made["plan_id"]})).await;
        assert_eq!(shown, json!({"plans": [made]}));
    }
);

on_both!(
    every_user_has_at_least_five_system_plans,
    async |world: World| {
        let ann = world.user("ann").await;
        let list = call(&ann, "list_plans", json!({})).await;
        assert!(ids(&list).len() >= 5, "{list}");
        for id in ids(&list) {
            let plan = call(&ann, "list_plans", json!({"plan_id": id})).await;
            let plan = &plan["plans"][0];
            assert_eq!(plan["source"], "system");
            assert_eq!(plan["created_by"], "system");
            for exercise in plan["sessions"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|s| s["exercises"].as_array().unwrap())
            {
                let known = json!({"exercise": exercise["exercise_id"]});
                assert!(
                    ann.call("get_exercise_history", known).await.is_ok(),
                    "{exercise}"
                );
            }
        }
    }
);

on_both!(
    a_plan_based_on_another_inherits_missing_fields,
    async |world: World| {
        let ann = world.user("ann").await;
        let base =
            call(&ann, "list_plans", json!({"plan_id": "novice-5x5"})).await["plans"][0].take();
        let copy = call(
            &ann,
            "create_workout_plan",
            json!({"name": "My 5x5", "based_on": "novice-5x5"}),
        )
        .await;
        let mut expected = base.clone();
        expected["plan_id"] = copy["plan_id"].clone();
        expected["name"] = json!("My 5x5");
        for (field, value) in [
            ("source", "user"),
            ("visibility", "private"),
            ("created_by", "ai"),
            ("based_on", "novice-5x5"),
        ] {
            expected[field] = json!(value);
        }
        assert_eq!(copy, expected);
        let changed = json!({"name": "Shorter", "based_on": copy["plan_id"], "duration_weeks": 3, "description": "less",
                             "visibility": "public", "sessions": [session(7)]});
        let changed = planned(&ann, "create_workout_plan", changed).await;
        assert_eq!(
            changed,
            json!({"plan_id": changed["plan_id"], "name": "Shorter", "description": "less", "source": "user",
                   "visibility": "public", "created_by": "ai", "duration_weeks": 3, "active": false,
                   "based_on": "novice-5x5", "sessions_per_week": 1, "sessions": [kept(7)]})
        );
    }
);

on_both!(
    modifying_a_plan_keeps_missing_fields,
    async |world: World| {
        let ann = world.user("ann").await;
        let mut expected = own(&ann).await;
        let id = expected["plan_id"].clone();
        for (change, result) in [
            (json!({}), json!({})),
            (
                json!({"name": null, "sessions": null, "visibility": null}),
                json!({}),
            ),
            (json!({"name": "Summer"}), json!({"name": "Summer"})),
            (
                json!({"duration_weeks": 104}),
                json!({"duration_weeks": 104}),
            ),
            (
                json!({"visibility": "shared"}),
                json!({"visibility": "shared"}),
            ),
            (json!({"description": "new"}), json!({"description": "new"})),
            (
                json!({"sessions": [session(2), session(4)]}),
                json!({"sessions": [kept(2), kept(4)], "sessions_per_week": 2}),
            ),
        ] {
            let mut change = change;
            change["plan_id"] = id.clone();
            for (field, value) in result.as_object().unwrap() {
                expected[field] = value.clone();
            }
            assert_eq!(planned(&ann, "modify_plan", change).await, expected);
            let shown = call(&ann, "list_plans", json!({"plan_id": id})).await;
            assert_eq!(shown["plans"][0], expected);
        }
        expected
            .as_object_mut()
            .unwrap()
            .shift_remove("description");
        assert_eq!(
            call(
                &ann,
                "modify_plan",
                json!({"plan_id": id, "description": ""})
            )
            .await,
            expected
        );
    }
);

on_both!(
    only_one_plan_is_active_from_first_to_last_day,
    async |world: World| {
        let ann = world.user("ann").await;
        let (first, second) = (own(&ann).await, own(&ann).await);
        let first = json!({"plan_id": first["plan_id"], "starts_at": "2026-03-02", "client_timezone": "America/Denver"});
        let active = call(&ann, "activate_plan", first.clone()).await;
        // Summer time begins on the 8th: four weeks of days, not of hours.
        assert_eq!(
            json!([active["active"], active["starts_at"], active["ends_at"]]),
            json!([true, "2026-03-02", "2026-03-29"])
        );
        let longer = json!({"plan_id": first["plan_id"], "duration_weeks": 5, "client_timezone": "America/Denver"});
        assert_eq!(
            call(&ann, "modify_plan", longer).await["ends_at"],
            "2026-04-05"
        );
        let other = call(&ann, "activate_plan", json!({"plan_id": second["plan_id"]})).await;
        let last: Date = day(0).parse::<Date>().unwrap().saturating_add(27.days());
        assert_eq!(
            json!([other["starts_at"], other["ends_at"]]),
            json!([day(0), last.to_string()])
        );
        let list = call(&ann, "list_plans", json!({})).await;
        let active = list["plans"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|plan| plan["active"] == true);
        let active: Vec<&Value> = active.map(|plan| &plan["plan_id"]).collect();
        assert_eq!(active, [&second["plan_id"]]);
        assert_eq!(ids(&list)[0], second["plan_id"], "it comes first");
        let ended = json!({"plan_id": second["plan_id"], "active": false});
        assert_eq!(
            call(&ann, "activate_plan", ended.clone()).await["active"],
            false
        );
        assert_eq!(
            world
                .count("SELECT COUNT(*) FROM user_plan WHERE is_active")
                .await,
            0
        );
        let error = ann.call("activate_plan", ended).await.unwrap_err();
        assert_eq!(error, "active: \"Mine\" is not active");
    }
);

on_both!(
    activating_a_system_plan_copies_it_for_the_user,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let base = call(&ann, "list_plans", json!({"plan_id": "deload-week"})).await;
        let active = call(&ann, "activate_plan", json!({"plan_id": "deload-week"})).await;
        assert_ne!(active["plan_id"], "deload-week");
        assert_eq!(active["based_on"], "deload-week");
        assert_eq!(active["source"], "user");
        assert_eq!(active["sessions"], base["plans"][0]["sessions"]);
        assert_eq!(
            call(&ann, "list_plans", json!({"plan_id": "deload-week"})).await,
            base
        );
        let bobs = call(&bob, "list_plans", json!({})).await;
        assert!(
            bobs["plans"]
                .as_array()
                .unwrap()
                .iter()
                .all(|p| p["source"] == "system" && p["active"] == false)
        );
    }
);
