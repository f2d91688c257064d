//! Invalid input is rejected with the field, and nothing is stored.

use serde_json::{Value, json};

use crate::support::world::{World, day, on_both};

/// A workout of one set with these fields replaced.
pub(super) fn set(fields: &Value) -> Value {
    let mut set = json!({"reps": 5, "weight": 100, "unit": "kg"});
    for (field, value) in fields.as_object().expect("fields") {
        set[field] = value.clone();
    }
    sets(&[set])
}

fn sets(sets: &[Value]) -> Value {
    json!({"exercises": [{"exercise_id": "squat", "sets": sets}]})
}

/// A valid workout with these additional fields.
pub(super) fn with(field: &str, value: Value) -> Value {
    let mut workout = set(&json!({}));
    workout[field] = value;
    workout
}

on_both!(
    invalid_workouts_are_errors_with_the_field,
    async |world: World| {
        let ann = world.user("ann").await;
        let good = set(&json!({}));
        let exercise = &good["exercises"][0];
        let good = &exercise["sets"][0];
        for (workout, error) in [
            (
                set(&json!({"reps": 0})),
                "exercises[0].sets[0].reps: is 0; only a set of the kind failed_attempt has none",
            ),
            (
                set(&json!({"kind": "failed_attempt"})),
                "exercises[0].sets[0].kind: is failed_attempt, which has 0 reps; a set with some is of the kind failure",
            ),
            (
                set(&json!({"kind": "drop", "is_warmup": true})),
                "exercises[0].sets[0].kind: is drop, but is_warmup is true",
            ),
            (
                set(&json!({"rir": 10.5})),
                "exercises[0].sets[0].rir: is 10.5; it must be from 0 to 10",
            ),
            (
                set(&json!({"reps": 1001})),
                "exercises[0].sets[0].reps: is 1001; a set has at most 1000 reps",
            ),
            (
                set(&json!({"weight": -1})),
                "exercises[0].sets[0].weight: is -1; it must be from 0 to 2000",
            ),
            (
                set(&json!({"weight": 2000.5})),
                "exercises[0].sets[0].weight: is 2000.5; it must be from 0 to 2000",
            ),
            (
                set(&json!({"rpe": 0.5})),
                "exercises[0].sets[0].rpe: is 0.5; it must be from 1 to 10",
            ),
            (
                sets(&[]),
                "exercises[0].sets: has 0 sets; it must have 1 to 100",
            ),
            (
                sets(&vec![good.clone(); 101]),
                "exercises[0].sets: has 101 sets; it must have 1 to 100",
            ),
            (
                sets(&vec![good.clone(); 10_000]),
                "exercises[0].sets: has 10000 sets; it must have 1 to 100",
            ),
            (
                json!({"exercises": []}),
                "exercises: has 0 exercises; it must have 1 to 50",
            ),
            (
                json!({"exercises": vec![exercise.clone(); 10_001]}),
                "exercises: has 10001 exercises; it must have 1 to 50",
            ),
            (
                with("name", json!("x".repeat(201))),
                "name: is longer than 200 characters",
            ),
            (
                with("notes", json!("é".repeat(4001))),
                "notes: is longer than 4000 characters",
            ),
            (
                with("performed_at", json!("yesterday")),
                "performed_at: \"yesterday\" is no time; write 2026-11-21, 2026-11-21T18:30 or 2026-11-21T18:30:00-07:00",
            ),
            (
                with("performed_at", json!("1949-12-31")),
                "performed_at: \"1949-12-31\" is too long ago; nothing before 1950 is kept",
            ),
            (
                json!({"performed_at": day(1), "ended_at": day(2), "exercises": [exercise]}),
                "ended_at: is before performed_at",
            ),
            (
                json!({"performed_at": day(3), "ended_at": day(1), "exercises": [exercise]}),
                "ended_at: is more than a day after performed_at",
            ),
        ] {
            assert_eq!(
                ann.call("create_workout", workout).await.unwrap_err(),
                error
            );
        }
        for (place, to_come) in [
            ("performed_at", day(-1)),
            ("ended_at", day(-2)),
            ("performed_at", "9000-01-01".to_owned()),
        ] {
            let error = ann
                .call("create_workout", with(place, json!(to_come)))
                .await
                .unwrap_err();
            assert!(
                error.starts_with(&format!(
                    "{place}: {to_come}T12:00:00Z is in the future; now it is "
                )),
                "{error}"
            );
        }
        assert_eq!(world.stored().await, [""; 0]);
    }
);

on_both!(
    wrong_types_and_unknown_fields_are_errors_with_the_field,
    async |world: World| {
        let ann = world.user("ann").await;
        for (tool, arguments, error) in [
            (
                "create_workout",
                json!({}),
                "exercises: is missing; give a list",
            ),
            (
                "create_workout",
                json!({"exercises": "squat"}),
                "exercises: is \"squat\"; it must be a list",
            ),
            (
                "create_workout",
                set(&json!({"reps": "five"})),
                "exercises[0].sets[0].reps: is \"five\"; it must be a whole number from 0 to 100000",
            ),
            (
                "create_workout",
                set(&json!({"reps": -5})),
                "exercises[0].sets[0].reps: is -5; it must be from 0 to 100000",
            ),
            (
                "create_workout",
                set(&json!({"reps": 4_294_967_296_u64})),
                "exercises[0].sets[0].reps: is 4294967296; it must be from 0 to 100000",
            ),
            (
                "create_workout",
                set(&json!({"weight": null})),
                "exercises[0].sets[0].weight: is missing; give a number from 0 to 2000",
            ),
            (
                "create_workout",
                set(&json!({"unit": "stone"})),
                "exercises[0].sets[0].unit: is \"stone\"; it must be one of lb, kg",
            ),
            (
                "create_workout",
                set(&json!({"tempo": 3})),
                "exercises[0].sets[0].tempo: is no field here; the fields are reps, weight, unit, rpe, rir, kind, is_warmup",
            ),
            (
                "list_workouts",
                json!({"limit": "all"}),
                "limit: is \"all\"; it must be a whole number from 1 to 100",
            ),
            (
                "list_workouts",
                json!({"limit": 1.5}),
                "limit: is 1.5; it must be a whole number from 1 to 100",
            ),
            (
                "get_settings",
                json!({"verbose": true}),
                "verbose: is no field here; there are none",
            ),
            (
                "delete_workout",
                json!({"workout_id": 7}),
                "workout_id: is 7; it must be a text",
            ),
            (
                "get_settings",
                json!({"user_id": 7}),
                "user_id: must be a string",
            ),
            (
                "get_settings",
                json!({"client_timezone": 7}),
                "client_timezone: must be a string",
            ),
        ] {
            assert_eq!(ann.call(tool, arguments).await.unwrap_err(), error);
        }
        assert_eq!(world.stored().await, [""; 0]);
    }
);

on_both!(unknown_tools_are_errors, async |world: World| {
    let ann = world.user("ann").await;
    for name in ["", "drop_table", "LIST_WORKOUTS"] {
        let request = rmcp::model::CallToolRequestParams::new(name);
        let error = ann.session.peer().call_tool(request).await.unwrap_err();
        assert!(
            error.to_string().contains("there is no tool of this name"),
            "{error}"
        );
    }
});
