//! Concurrent calls of one user: all are executed, as if in sequence.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::world::{World, on_both};

on_both!(
    concurrent_activations_leave_one_active_plan,
    async |world: World| {
        let ann = world.user("ann").await;
        let systems = ["novice-5x5", "deload-week", "full-body-3-days"].repeat(4);
        let calls = systems
            .iter()
            .map(|plan| ann.call("activate_plan", json!({"plan_id": plan})));
        for activated in join_all(calls).await {
            assert_eq!(activated.unwrap()["active"], true);
        }
        assert_eq!(
            world
                .count("SELECT COUNT(*) FROM user_plan WHERE is_active")
                .await,
            1
        );
        // A system plan is copied once.
        assert_eq!(world.count("SELECT COUNT(*) FROM user_plan").await, 3);
    }
);

on_both!(
    concurrent_changes_of_settings_are_all_applied,
    async |world: World| {
        for round in 0..5 {
            let user = world.user(&format!("user {round}")).await;
            let changes = [
                ("max_history_days", json!(30)),
                ("include_notes", json!(false)),
                ("rate_limit_notify", json!(false)),
                ("units", json!("lb")),
                ("time_zone", json!("Asia/Tokyo")),
                ("week_start", json!("sunday")),
            ];
            let calls = changes
                .iter()
                .map(|(setting, value)| user.call("update_settings", json!({*setting: value})));
            assert!(join_all(calls).await.iter().all(Result::is_ok));
            let expected: serde_json::Map<String, Value> = changes
                .iter()
                .map(|(setting, value)| ((*setting).to_owned(), value.clone()))
                .collect();
            assert_eq!(
                user.call("get_settings", json!({})).await.unwrap(),
                Value::Object(expected)
            );
        }
    }
);

// Each server lets one write of a user begin at a time: between two, only the database does.
on_both!(
    concurrent_changes_through_two_servers_are_all_applied,
    async |world: World| {
        let other = World::on(world.url.clone(), None, 0).await;
        for round in 0..5 {
            let name = format!("user {round}");
            let users = [world.user(&name).await, other.user(&name).await];
            let changes = [
                json!({"max_history_days": 30}),
                json!({"include_notes": false}),
                json!({"rate_limit_notify": false}),
                json!({"units": "lb"}),
                json!({"time_zone": "Asia/Tokyo"}),
                json!({"week_start": "sunday"}),
            ];
            let calls = changes.iter().zip(users.iter().cycle());
            let calls = calls.map(|(change, user)| user.call("update_settings", change.clone()));
            for changed in join_all(calls).await {
                changed.expect("changed");
            }
            let settings = users[0].call("get_settings", json!({})).await.unwrap();
            for change in &changes {
                for (setting, value) in change.as_object().unwrap() {
                    assert_eq!(settings[setting], *value, "{settings}");
                }
            }
        }
    }
);

on_both!(
    concurrent_updates_of_a_workout_leave_one_of_them_complete,
    async |world: World| {
        let ann = world.user("ann").await;
        let id = ann.lifted("squat", 3, "kg", &[(5, 100.0)]).await;
        let exercises = |n: usize| {
            let sets = vec![json!({"reps": n, "weight": 50.0, "unit": "kg"}); n];
            json!([{"exercise_id": "squat", "sets": sets}])
        };
        let corrections = (1..13).map(|n| {
            ann.call(
                "update_workout",
                json!({"workout_id": id, "exercises": exercises(n)}),
            )
        });
        let done: Vec<Value> = join_all(corrections)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let list = ann.call("list_workouts", json!({})).await.unwrap();
        assert!(
            done.iter()
                .any(|done| done["workout"] == list["workouts"][0]),
            "{list}"
        );
    }
);

on_both!(
    concurrent_calls_of_all_users_are_all_executed,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let both = [&ann, &bob].into_iter().cycle().take(40);
        let logged =
            join_all(both.map(|client| client.lifted("squat", 3, "kg", &[(5, 100.0)]))).await;
        assert_eq!(logged.len(), 40);
        for client in [&ann, &bob] {
            let list = client.call("list_workouts", json!({})).await.unwrap();
            assert_eq!(list["workouts"].as_array().unwrap().len(), 20);
        }
    }
);
