//! Invalid plans are rejected with the field, and nothing is stored.

use serde_json::{Value, json};

use crate::support::world::{World, on_both};

fn with(exercise: &Value) -> Value {
    let mut full = json!({"exercise_id": "squat", "sets": 3});
    for (field, value) in exercise.as_object().expect("fields") {
        full[field] = value.clone();
    }
    json!({"name": "x", "duration_weeks": 4, "sessions": [{"name": "a", "exercises": [full]}]})
}

on_both!(
    invalid_plans_are_errors_with_the_field,
    async |world: World| {
        let ann = world.user("ann").await;
        let sessions =
            |sessions: Value| json!({"name": "x", "duration_weeks": 4, "sessions": sessions});
        let session = json!({"name": "a", "exercises": [{"exercise_id": "squat", "sets": 3}]});
        let exercise = |fields: Value| with(&fields);
        for (plan, error) in [
            (
                json!({"name": " ", "based_on": "novice-5x5"}),
                "name: is blank",
            ),
            (
                json!({"name": "x", "sessions": [session]}),
                "duration_weeks: is missing; give it, or based_on a plan to take it from",
            ),
            (
                json!({"name": "x", "duration_weeks": 4}),
                "sessions: is missing; give it, or based_on a plan to take it from",
            ),
            (
                json!({"name": "x", "duration_weeks": 0}),
                "duration_weeks: is 0; it must be from 1 to 104",
            ),
            (
                json!({"name": "x", "duration_weeks": 105}),
                "duration_weeks: is 105; it must be from 1 to 104",
            ),
            (
                json!({"name": "x", "based_on": "nothing"}),
                "based_on: there is no plan \"nothing\" for this user; list_plans shows the ids",
            ),
            (
                sessions(json!([])),
                "sessions: has 0 sessions; it must have 1 to 14",
            ),
            (
                sessions(json!(vec![session.clone(); 15])),
                "sessions: has 15 sessions; it must have 1 to 14",
            ),
            (
                sessions(json!([{"name": "", "exercises": session["exercises"]}])),
                "sessions[0].name: is blank",
            ),
            (
                sessions(json!([{"name": "a", "day": 8, "exercises": session["exercises"]}])),
                "sessions[0].day: is 8; it must be from 1 to 7",
            ),
            (
                sessions(json!([session, {"name": "a", "exercises": []}])),
                "sessions[1].exercises: has 0 exercises; it must have 1 to 30",
            ),
            (
                sessions(
                    json!([{"name": "a", "exercises": vec![session["exercises"][0].clone(); 31]}]),
                ),
                "sessions[0].exercises: has 31 exercises; it must have 1 to 30",
            ),
            (
                exercise(json!({"sets": 0})),
                "sessions[0].exercises[0].sets: is 0; it must be from 1 to 50",
            ),
            (
                exercise(json!({"sets": 51})),
                "sessions[0].exercises[0].sets: is 51; it must be from 1 to 50",
            ),
            (
                exercise(json!({"reps_min": 0})),
                "sessions[0].exercises[0].reps_min: is 0; it must be from 1 to 1000",
            ),
            (
                exercise(json!({"reps_min": 8, "reps_max": 5})),
                "sessions[0].exercises[0].reps_max: is 5, less than reps_min 8",
            ),
            (
                exercise(json!({"seconds": 0})),
                "sessions[0].exercises[0].seconds: is 0; it must be from 1 to 100000",
            ),
            (
                exercise(json!({"superset_group": 1001})),
                "sessions[0].exercises[0].superset_group: is 1001; it must be from 0 to 1000",
            ),
            (
                exercise(json!({"rpe": 10.5})),
                "sessions[0].exercises[0].rpe: is 10.5; it must be from 1 to 10",
            ),
            (
                exercise(json!({"rest_seconds": 3601})),
                "sessions[0].exercises[0].rest_seconds: is 3601; it must be from 0 to 3600",
            ),
            (
                exercise(json!({"notes": "x".repeat(4001)})),
                "sessions[0].exercises[0].notes: is longer than 4000 characters",
            ),
        ] {
            assert_eq!(
                ann.call("create_workout_plan", plan.clone())
                    .await
                    .unwrap_err(),
                error,
                "{plan}"
            );
        }
        let unknown = ann
            .call(
                "create_workout_plan",
                with(&json!({"exercise_id": "skwat"})),
            )
            .await;
        let unknown = unknown.unwrap_err();
        assert!(
            unknown.starts_with("sessions[0].exercises[0].exercise_id: unknown exercise \"skwat\""),
            "{unknown}"
        );
        assert_eq!(world.stored().await, [""; 0]);
    }
);

on_both!(
    a_rejected_change_of_a_plan_stores_nothing,
    async |world: World| {
        let ann = world.user("ann").await;
        let plan = ann
            .call("create_workout_plan", with(&json!({})))
            .await
            .unwrap();
        let id = &plan["plan_id"];
        let stored = world.stored().await;
        for (tool, change, error) in [
            (
                "delete_plan",
                json!({"plan_id": "novice-5x5"}),
                "plan_id: \"Novice 5x5 Linear Progression\" is a system plan, which stays",
            ),
            (
                "modify_plan",
                json!({"plan_id": id, "name": "y", "sessions": []}),
                "sessions: has 0 sessions; it must have 1 to 14",
            ),
            (
                "modify_plan",
                json!({"plan_id": id, "name": "y", "duration_weeks": -1}),
                "duration_weeks: is -1; it must be from 1 to 104",
            ),
            (
                "modify_plan",
                json!({"plan_id": "novice-5x5", "name": "y"}),
                "plan_id: \"Novice 5x5 Linear Progression\" is a system plan, which stays as it is; create_workout_plan with \
              based_on=novice-5x5 makes the user's own",
            ),
            (
                "activate_plan",
                json!({"plan_id": id, "starts_at": "tomorrow"}),
                "starts_at: \"tomorrow\" is no date; write 2026-11-21",
            ),
            (
                "activate_plan",
                json!({"plan_id": "novice-5x5", "active": false}),
                "active: \"Novice 5x5 Linear Progression\" is not active",
            ),
        ] {
            assert_eq!(
                ann.call(tool, change.clone()).await.unwrap_err(),
                error,
                "{change}"
            );
            assert_eq!(world.stored().await, stored);
        }
        let wrong = json!({"plan_id": id, "visibility": "secret"});
        let error = ann.call("modify_plan", wrong).await.unwrap_err();
        assert_eq!(
            error,
            "visibility: is \"secret\"; it must be one of private, shared, public"
        );
    }
);
