//! Creating, listing, updating and deleting workouts.

use serde_json::json;

use crate::support::world::{World, days_ago, on_both};

on_both!(
    a_created_workout_is_listed_as_given,
    async |world: World| {
        let ann = world.user("ann").await;
        let at = days_ago(2);
        let logged = ann
            .call(
                "create_workout",
                json!({
                    "name": "Push day", "performed_at": at, "notes": "slept well",
                    "exercises": [
                        {"exercise_id": "Bench Press", "notes": "paused", "superset_group": 1, "sets": [
                            {"reps": 10, "weight": 45, "unit": "lb", "is_warmup": true},
                            {"reps": 5, "weight": 185, "unit": "lb", "rpe": 8.5},
                            {"reps": 5, "weight": 185, "unit": "lb", "rpe": 8.5}]},
                        {"exercise_id": "pull-up", "superset_group": 1, "sets": [{"reps": 8, "weight": 0, "unit": "kg"}]},
                    ],
                }),
            )
            .await
            .unwrap();
        let listed = ann.call("list_workouts", json!({})).await.unwrap();
        assert_eq!(listed["workouts"], json!([logged["workout"]]));
        let workout = &logged["workout"];
        assert_eq!(workout["name"], "Push day");
        assert_eq!(
            workout["exercises"][0],
            json!({
                "exercise_id": "barbell-bench-press", "name": "Barbell Bench Press", "superset_group": 1, "notes": "paused",
                "sets": [
                    {"reps": 10, "weight": 45.0, "unit": "lb", "is_warmup": true},
                    {"reps": 5, "weight": 185.0, "unit": "lb", "rpe": 8.5},
                    {"reps": 5, "weight": 185.0, "unit": "lb", "rpe": 8.5}],
            })
        );
        let bob = world.user("bob").await;
        assert_eq!(
            bob.call("list_workouts", json!({})).await.unwrap(),
            json!({"workouts": []})
        );
    }
);
