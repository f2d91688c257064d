//! What is no sound input is refused with its place, and nothing of it is stored.

use serde_json::{Value, json};

use crate::support::world::{World, day, on_both};

/// A workout of one set with these fields instead of the usual ones.
fn set(fields: &Value) -> Value {
    let mut set = json!({"reps": 5, "weight": 100, "unit": "kg"});
    for (field, value) in fields.as_object().expect("fields") {
        set[field] = value.clone();
    }
    sets(&[set])
}

fn sets(sets: &[Value]) -> Value {
    json!({"exercises": [{"exercise_id": "squat", "sets": sets}]})
}

/// A sound workout with this besides.
fn with(field: &str, value: Value) -> Value {
    let mut workout = set(&json!({}));
    workout[field] = value;
    workout
}

on_both!(
    a_workout_that_makes_no_sense_is_refused_with_the_place,
    async |world: World| {
        let ann = world.user("ann").await;
        let good = set(&json!({}));
        let exercise = &good["exercises"][0];
        let good = &exercise["sets"][0];
        for (workout, error) in [
            (
                set(&json!({"reps": 0})),
                "exercises[0].sets[0].reps: is 0; it must be from 1 to 1000",
            ),
            (
                set(&json!({"reps": 1001})),
                "exercises[0].sets[0].reps: is 1001; it must be from 1 to 1000",
            ),
            (
                set(&json!({"weight": -1})),
                "exercises[0].sets[0].weight: is -1; it must be from 0 (bodyweight) to 2000",
            ),
            (
                set(&json!({"weight": 2000.5})),
                "exercises[0].sets[0].weight: is 2000.5; it must be from 0 (bodyweight) to 2000",
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
                "exercises: 10000 sets; at most 500 fit in one workout",
            ),
            (
                json!({"exercises": []}),
                "exercises: is empty; a workout has at least one exercise",
            ),
            (
                json!({"exercises": vec![exercise.clone(); 10_001]}),
                "exercises: 10001 exercises; at most 50 fit in one workout",
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
                "performed_at: is too long ago; nothing before 1950 is kept",
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
    a_wrong_type_or_an_unknown_field_is_named,
    async |world: World| {
        let ann = world.user("ann").await;
        for (tool, arguments, error) in [
            ("create_workout", json!({}), "missing field `exercises`"),
            (
                "create_workout",
                json!({"exercises": "squat"}),
                "exercises: invalid type: string \"squat\", expected a sequence",
            ),
            (
                "create_workout",
                set(&json!({"reps": "5"})),
                "exercises[0].sets[0].reps: invalid type: string \"5\", expected u32",
            ),
            (
                "create_workout",
                set(&json!({"reps": -5})),
                "exercises[0].sets[0].reps: invalid value: integer `-5`, expected u32",
            ),
            (
                "create_workout",
                set(&json!({"reps": 4_294_967_296_u64})),
                "exercises[0].sets[0].reps: invalid value: integer `4294967296`, expected u32",
            ),
            (
                "create_workout",
                set(&json!({"weight": null})),
                "exercises[0].sets[0].weight: invalid type: null, expected f64",
            ),
            (
                "create_workout",
                set(&json!({"unit": "stone"})),
                "exercises[0].sets[0].unit: unknown variant `stone`, expected `lb` or `kg`",
            ),
            (
                "create_workout",
                set(&json!({"tempo": 3})),
                "exercises[0].sets[0].tempo: unknown field `tempo`, expected one of `reps`, `weight`, `unit`, `rpe`, `is_warmup`",
            ),
            (
                "list_workouts",
                json!({"limit": "all"}),
                "limit: invalid type: string \"all\", expected i64",
            ),
            (
                "list_workouts",
                json!({"limit": 1.5}),
                "limit: invalid type: floating point `1.5`, expected i64",
            ),
            (
                "get_settings",
                json!({"verbose": true}),
                "verbose: unknown field `verbose`, there are no fields",
            ),
            (
                "delete_workout",
                json!({"workout_id": 7}),
                "workout_id: invalid type: integer `7`, expected a string",
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

on_both!(there_is_no_tool_of_another_name, async |world: World| {
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

/// Texts that go wrong where somebody forgets to quote, to count or to decode.
const TEXTS: [&str; 9] = [
    "'; DROP TABLE workout; --",
    "\" OR 1=1; --",
    "$1 %s {0} ${HOME} \\x00 \\",
    "💪🏽👩‍👩‍👧‍👦",
    "مرحبا \u{202e}abc",
    "e\u{301}\u{301} z\u{334}",
    "\u{301}alone",
    "<script>alert(1)</script>",
    "null",
];

on_both!(
    any_text_is_kept_as_it_is_where_text_is_free,
    async |world: World| {
        let ann = world.user("ann").await;
        for text in TEXTS {
            let mut workout = with("name", json!(text));
            workout["notes"] = json!(text);
            workout["exercises"][0]["notes"] = json!(text);
            let logged = ann.call("create_workout", workout).await.unwrap();
            let list = ann
                .call("list_workouts", json!({"limit": 1}))
                .await
                .unwrap();
            let kept = &list["workouts"][0];
            assert_eq!(
                json!([kept["name"], kept["notes"], kept["exercises"][0]["notes"]]),
                json!([text, text, text])
            );
            let update = json!({"workout_id": logged["workout"]["id"], "notes": text});
            assert_eq!(
                ann.call("update_workout", update).await.unwrap()["workout"],
                *kept
            );
            let exercise = json!({"exercise_id": "squat", "sets": 3, "notes": text});
            let sessions = json!([{"name": text, "exercises": [exercise]}]);
            let plan = json!({"name": text, "description": text, "duration_weeks": 4, "sessions": sessions});
            let plan = ann.call("create_workout_plan", plan).await.unwrap();
            assert_eq!(
                json!([plan["name"], plan["description"], plan["sessions"]]),
                json!([
                    text,
                    text,
                    json!([
                {"name": text, "exercises": [{"exercise_id": "barbell-back-squat", "sets": 3, "notes": text}]}])
                ])
            );
        }
        let controls = with("notes", json!("\u{0}one\u{0}\n\ttwo\u{7}\u{9b}\r"));
        let logged = ann.call("create_workout", controls).await.unwrap();
        assert_eq!(logged["workout"]["notes"], "one\n\ttwo");
    }
);

on_both!(
    any_text_is_refused_in_few_words_where_it_means_nothing,
    async |world: World| {
        let ann = world.user("ann").await;
        let huge = "x".repeat(500_000);
        let nul = ["\u{0}", "a\u{0}b", "novice-5x5\u{0}"];
        for text in TEXTS
            .into_iter()
            .chain(nul)
            .chain([huge.as_str(), &"é".repeat(900)])
        {
            let other = json!({text: 1});
            for (tool, arguments) in [
                ("list_exercises", json!({"muscle_group": text})),
                ("list_exercises", json!({"equipment": text})),
                ("list_workouts", json!({"before": text})),
                ("create_workout", with("performed_at", json!(text))),
                ("create_workout", set(&json!({"unit": text}))),
                (
                    "create_workout",
                    json!({"exercises": [{"exercise_id": text, "sets": [{"reps": 1, "weight": 1, "unit": "kg"}]}]}),
                ),
                ("update_workout", json!({"workout_id": text, "name": "x"})),
                ("delete_workout", json!({"workout_id": text})),
                ("get_exercise_history", json!({"exercise": text})),
                ("check_volume_landmarks", json!({"week": text})),
                ("check_volume_landmarks", json!({"client_timezone": text})),
                ("list_plans", json!({"plan_id": text})),
                (
                    "create_workout_plan",
                    json!({"name": "x", "based_on": text}),
                ),
                ("modify_plan", json!({"plan_id": text, "name": "x"})),
                ("activate_plan", json!({"plan_id": text})),
                ("update_settings", json!({"time_zone": text})),
                ("update_settings", json!({"units": text})),
                ("get_settings", json!({"user_id": text})),
                ("get_settings", other),
            ] {
                let error = ann.call(tool, arguments).await.expect_err(tool);
                assert!(error.len() < 1000, "{tool} says {} bytes", error.len());
                assert!(!error.contains(['\u{0}', '\n']), "{tool}: {error}");
                assert!(!error.contains("cannot be used"), "{tool}: {error}");
            }
            // Without letters it names no words to look for.
            let query = ann.call("list_exercises", json!({"query": text})).await;
            let letters = text.contains(char::is_alphanumeric);
            assert_eq!(query.unwrap()["count"] == 0, letters, "{text}");
        }
        assert_eq!(world.stored().await, [""; 0]);
    }
);
