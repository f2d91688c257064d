//! The user's own exercises: created, changed, found by name, used in all tools, and private.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both, text};

fn ids(turn: &str) -> Value {
    json!({"fitness.progstrength/turn_id": turn, "fitness.progstrength/tool_use_id": "call_1"})
}

fn belt_march() -> Value {
    json!({"name": "Belt March", "aliases": ["marching", "belt marches"], "primary_muscles": ["quads"],
           "secondary_muscles": ["core", "quads"], "equipment": "Machine", "step_increment": 5})
}

/// Creates the exercise; returns its view.
async fn created(client: &Client, arguments: Value) -> Value {
    let made = client.call("create_exercise", arguments).await;
    made.unwrap()["exercise"].take()
}

async fn refused(client: &Client, tool: &'static str, arguments: Value) -> String {
    client.call(tool, arguments).await.expect_err(tool)
}

fn with(mut arguments: Value, field: &str, value: Value) -> Value {
    arguments[field] = value;
    arguments
}

on_both!(
    a_created_exercise_is_listed_as_the_users_own,
    async |world: World| {
        let ann = world.user("ann").await;
        let made = created(&ann, belt_march()).await;
        assert_eq!(
            made,
            json!({"id": made["id"], "name": "Belt March", "aliases": ["marching", "belt marches"],
                   "primary_muscles": ["quads"], "secondary_muscles": ["abs"], "equipment": "machine", "measure": "reps",
                   "load": "external", "step_increment": 5.0})
        );
        let list = async |filter: Value| ann.call("list_exercises", filter).await.unwrap();
        for filter in [
            json!({"query": "belt march"}),
            json!({"query": "marching", "muscle_group": "quads", "equipment": "machine"}),
        ] {
            let first = &list(filter).await["exercises"][0];
            assert_eq!(
                json!([first["id"], first["own"]]),
                json!([made["id"], true])
            );
        }
        let all = list(json!({})).await;
        let all = all["exercises"].as_array().unwrap();
        let own: Vec<&Value> = all.iter().filter(|e| e["own"] == true).collect();
        assert_eq!(own.len(), 1);
        assert_eq!(own[0]["id"], made["id"]);
        let catalogue = ann.resource("workout://exercises/catalog").await.unwrap();
        assert!(json!(catalogue).to_string().contains("Belt March"));
    }
);

on_both!(
    what_is_not_given_follows_from_the_rest,
    async |world: World| {
        let ann = world.user("ann").await;
        for (n, (given, expected)) in [
        (json!({}), json!(["other", "reps", "external", 2.5])),
        (json!({"equipment": "bodyweight"}), json!(["bodyweight", "reps", "added", 2.5])),
        (json!({"equipment": "band"}), json!(["band", "reps", "none", 0.0])),
        (json!({"load": "assistance"}), json!(["other", "reps", "assistance", 0.0])),
        (json!({"measure": "seconds", "equipment": "None"}), json!(["none", "seconds", "none", 0.0])),
        (json!({"measure": "metres", "equipment": "smith machine", "load": "external", "step_increment": 0}),
         json!(["smith_machine", "metres", "external", 0.0])),
    ]
    .into_iter()
    .enumerate()
    {
        let mut arguments = json!({"name": format!("Thing {n}"), "primary_muscles": ["shoulders"]});
        arguments.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let made = created(&ann, arguments).await;
        let found = json!([made["equipment"], made["measure"], made["load"], made["step_increment"]]);
        assert_eq!(found, expected);
        assert_eq!(made["primary_muscles"], json!(["front_delts", "side_delts", "rear_delts"]));
    }
    }
);

on_both!(
    an_own_exercise_is_used_by_name_in_all_tools_and_plans,
    async |world: World| {
        let ann = world.user("ann").await;
        let id = created(&ann, belt_march()).await["id"].take();
        for (days, name) in [
            (3, "Belt March"),
            (2, "belt-marches"),
            (1, "marching (each side)"),
        ] {
            ann.lifted(name, days, "kg", &[(8, 60.0), (8, 60.0)]).await;
        }
        let about = |tool| ann.call(tool, json!({"exercise": "belt march"}));
        let history = about("get_exercise_history").await.unwrap();
        assert_eq!(history["exercise_id"], id);
        assert_eq!(history["sessions"].as_array().map(Vec::len), Some(3));
        assert_eq!(about("analyze_progress").await.unwrap()["exercise_id"], id);
        let next = about("suggest_next_weight").await.unwrap();
        assert_eq!(next["exercise_id"], id);
        let week = json!({"muscle_group": "quads", "week": day(2)});
        let week = ann.call("check_volume_landmarks", week).await.unwrap();
        assert!(week["muscles"][0]["direct"].as_u64() >= Some(2), "{week}");
        let workouts = ann.call("list_workouts", json!({})).await.unwrap();
        assert_eq!(
            workouts["workouts"][0]["exercises"][0]["name"],
            "Belt March"
        );
        let session = json!({"name": "a", "exercises": [{"exercise_id": "marching", "sets": 3}]});
        let plan = json!({"name": "n", "duration_weeks": 4, "sessions": [session]});
        let plan = ann.call("create_workout_plan", plan).await.unwrap();
        assert_eq!(plan["sessions"][0]["exercises"][0]["exercise_id"], id);
        assert_eq!(plan["notice"], "planned as Belt March, from \"marching\"");
    }
);

on_both!(
    own_names_come_before_what_the_catalogue_would_take_them_for,
    async |world: World| {
        let ann = world.user("ann").await;
        let history = async |name: &str| {
            let found = ann
                .call("get_exercise_history", json!({"exercise": name}))
                .await;
            found.unwrap()["exercise_id"].take()
        };
        assert_eq!(history("wide grip lat pulldown").await, "lat-pulldown");
        let own = json!({"name": "Wide Grip Lat Pulldown", "primary_muscles": ["lats"], "equipment": "cable"});
        let own = created(&ann, own).await["id"].take();
        for name in [
            "wide grip lat pulldown",
            "Lat Pulldowns - Wide-Grip",
            "wide lat pulldown (cable)",
        ] {
            assert_eq!(history(name).await, own, "{name}");
        }
        let own = json!({"name": "Reverse Fly (Kettlebell)", "primary_muscles": ["rear delts"], "equipment": "kettlebell"});
        let own = created(&ann, own).await["id"].take();
        assert_eq!(history("kettlebell reverse flys").await, own);
        for (name, shared) in [
            ("Reverse Fly (Cable)", "cable-rear-delt-fly"),
            ("lat pulldown", "lat-pulldown"),
            ("lat pulldown underhand", "lat-pulldown"),
        ] {
            assert_eq!(history(name).await, shared, "{name}");
        }
    }
);

on_both!(a_name_is_that_of_one_exercise, async |world: World| {
    let ann = world.user("ann").await;
    created(&ann, belt_march()).await;
    let stored = world.stored().await;
    for (name, other) in [
        ("Bench Press", "Barbell Bench Press (barbell-bench-press)"),
        (
            "press, bench (barbell)",
            "Barbell Bench Press (barbell-bench-press)",
        ),
        ("lat-pulldown", "Lat Pulldown (lat-pulldown)"),
        ("BELT MARCHES", "Belt March ("),
        ("Marching (each side)", "Belt March ("),
    ] {
        let arguments = json!({"name": name, "primary_muscles": ["back"]});
        let error = refused(&ann, "create_exercise", arguments).await;
        assert!(
            error.starts_with(&format!("name: \"{name}\" is already {other}")),
            "{error}"
        );
        let arguments =
            json!({"name": "New", "aliases": ["fresh", name], "primary_muscles": ["back"]});
        let error = refused(&ann, "create_exercise", arguments).await;
        assert!(
            error.starts_with(&format!("aliases[1]: \"{name}\" is already {other}")),
            "{error}"
        );
        if !other.starts_with("Belt March") {
            let arguments = json!({"exercise_id": "marching", "name": name});
            let error = refused(&ann, "update_exercise", arguments).await;
            assert!(
                error.starts_with(&format!("name: \"{name}\" is already {other}")),
                "{error}"
            );
        }
    }
    assert_eq!(world.stored().await, stored);
    // A name that it has itself is free to it.
    let own = json!({"exercise_id": "marching", "name": "BELT MARCHES"});
    ann.call("update_exercise", own).await.unwrap();
});

on_both!(
    an_update_changes_what_is_given_and_keeps_what_was_logged,
    async |world: World| {
        let ann = world.user("ann").await;
        let made = created(&ann, belt_march()).await;
        ann.lifted("belt march", 1, "kg", &[(8, 60.0)]).await;
        let mut expected = made.clone();
        for (change, changed) in [
            (json!({}), json!({})),
            (json!({"name": null, "measure": null}), json!({})),
            (
                json!({"name": " Belt   Walk "}),
                json!({"name": "Belt Walk"}),
            ),
            (json!({"aliases": []}), json!({"aliases": null})),
            (
                json!({"aliases": ["bw", "bw", "Belt Walk"]}),
                json!({"aliases": ["bw"]}),
            ),
            (
                json!({"primary_muscles": ["abs"]}),
                json!({"primary_muscles": ["abs"], "secondary_muscles": []}),
            ),
            (json!({"equipment": "band"}), json!({"equipment": "band"})),
            (
                json!({"step_increment": 1.5}),
                json!({"step_increment": 1.5}),
            ),
        ] {
            for (field, value) in changed.as_object().unwrap() {
                expected[field] = value.clone();
            }
            expected
                .as_object_mut()
                .unwrap()
                .retain(|_, value| !value.is_null());
            let change = with(change, "exercise_id", made["id"].clone());
            let updated = ann.call("update_exercise", change.clone()).await.unwrap();
            assert_eq!(updated["exercise"], expected, "{change}");
        }
        let history = ann
            .call("get_exercise_history", json!({"exercise": "belt walk"}))
            .await
            .unwrap();
        assert_eq!(history["sessions"].as_array().map(Vec::len), Some(1));
        let old = refused(
            &ann,
            "get_exercise_history",
            json!({"exercise": "marching"}),
        )
        .await;
        assert!(old.contains("unknown exercise"), "{old}");
    }
);

on_both!(faults_are_named_and_change_nothing, async |world: World| {
    let ann = world.user("ann").await;
    created(&ann, belt_march()).await;
    let stored = world.stored().await;
    let base = json!({"name": "New", "primary_muscles": ["back"]});
    let long = "x".repeat(101);
    let many: Vec<String> = (0..11).map(|n| format!("alias {n}")).collect();
    for (field, value, expected) in [
        ("name", json!("- 💪 -"), "name: has no letter or digit"),
        ("name", json!(long), "name: is longer than 100 characters"),
        (
            "primary_muscles",
            json!([]),
            "primary_muscles: has 0 primary_muscles; it must have 1 to 17",
        ),
        (
            "primary_muscles",
            json!(["wings"]),
            "primary_muscles[0]: \"wings\" is unknown; it is one of chest",
        ),
        (
            "secondary_muscles",
            json!(["back", "tail"]),
            "secondary_muscles[1]: \"tail\" is unknown",
        ),
        (
            "aliases",
            json!(many),
            "aliases: has 11 aliases; it must have 0 to 10",
        ),
        (
            "aliases",
            json!(["ok", " "]),
            "aliases[1]: has no letter or digit",
        ),
        (
            "equipment",
            json!("anvil"),
            "equipment: \"anvil\" is unknown; it is one of band",
        ),
        (
            "measure",
            json!("miles"),
            "measure: is \"miles\"; it must be one of reps, seconds, metres",
        ),
        ("load", json!("heavy"), "load: "),
        (
            "step_increment",
            json!(-1),
            "step_increment: is -1; it must be from 0 to 50",
        ),
        (
            "step_increment",
            json!(51),
            "step_increment: is 51; it must be from 0 to 50",
        ),
        (
            "step_increment",
            json!(1e-9),
            "step_increment: is 0.000000001; give 0, or a number from 0.1",
        ),
        ("description", json!("x"), "description: is no field here"),
    ] {
        let error = refused(
            &ann,
            "create_exercise",
            with(base.clone(), field, value.clone()),
        )
        .await;
        assert!(error.contains(expected), "{field} {value}: {error}");
        let change = with(json!({"exercise_id": "belt march"}), field, value);
        let error = refused(&ann, "update_exercise", change).await;
        assert!(error.contains(expected), "{field}: {error}");
    }
    let band = json!({"name": "New", "primary_muscles": ["back"], "equipment": "band", "step_increment": 1});
    let error = refused(&ann, "create_exercise", band).await;
    assert!(
        error.starts_with("step_increment: is 1, but weight goes up only where load is"),
        "{error}"
    );
    let shared = refused(
        &ann,
        "update_exercise",
        json!({"exercise_id": "squat", "name": "x"}),
    )
    .await;
    assert!(
        shared.starts_with("exercise_id: Barbell Back Squat is of the shared catalogue"),
        "{shared}"
    );
    assert_eq!(world.stored().await, stored);
});

on_both!(
    a_user_has_at_most_200_own_exercises,
    async |world: World| {
        let ann = world.user("ann").await;
        world
        .run(
            "INSERT INTO user_exercise
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
             SELECT 'ann', 'e' || i, 'Thing ' || i, '[]', '[\"back\"]', '[]', 'other', 'reps', 'external', 2.5, 1, 1 FROM n",
        )
        .await;
        let make = async |name: &str, turn: &str| {
            let arguments = json!({"name": name, "primary_muscles": ["back"]});
            ann.result("create_exercise", arguments, ids(turn)).await
        };
        assert_ne!(make("Last", "t1").await.is_error, Some(true));
        let repeated = make("Last", "t1")
            .await
            .structured_content
            .expect("repeated");
        assert_eq!(repeated["repeated"], true);
        let refused = text(&make("One more", "t2").await);
        assert_eq!(
            refused,
            "the user has 200 own exercises already; update one of them instead"
        );
        let update = json!({"exercise_id": "thing 7", "name": "Thing seven"});
        ann.call("update_exercise", update).await.unwrap();
        ann.lifted("thing 199", 0, "kg", &[(5, 100.0)]).await;
    }
);

on_both!(
    own_exercises_are_seen_by_their_user_alone,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let before = bob.call("list_exercises", json!({})).await.unwrap();
        let id = created(&ann, belt_march()).await["id"].take();
        ann.lifted("belt march", 0, "kg", &[(5, 100.0)]).await;
        assert_eq!(bob.call("list_exercises", json!({})).await.unwrap(), before);
        for name in [json!("belt march"), json!("marching"), id.clone()] {
            for tool in [
                "get_exercise_history",
                "suggest_next_weight",
                "analyze_progress",
            ] {
                let error = refused(&bob, tool, json!({"exercise": name})).await;
                assert!(error.starts_with("unknown exercise"), "{error}");
            }
            let sets = json!([{"reps": 5, "weight": 50, "unit": "kg"}]);
            let workout = json!({"exercises": [{"exercise_id": name, "sets": sets}]});
            let error = refused(&bob, "create_workout", workout).await;
            assert!(error.contains("unknown exercise"), "{error}");
            let update = json!({"exercise_id": name, "name": "mine"});
            let error = refused(&bob, "update_exercise", update).await;
            assert!(
                error.starts_with("exercise_id: the user has no exercise"),
                "{error}"
            );
        }
        // The same names, another exercise.
        let bobs = created(&bob, belt_march()).await["id"].take();
        assert_ne!(bobs, id);
        let history = bob
            .call("get_exercise_history", json!({"exercise": "marching"}))
            .await
            .unwrap();
        assert_eq!(history["exercise_id"], bobs);
        assert_eq!(history["sessions"], json!([]));
    }
);

on_both!(
    measure_and_load_stay_while_sets_are_logged_with_them,
    async |world: World| {
        let ann = world.user("ann").await;
        let made = created(&ann, belt_march()).await;
        let change = |field: &str, value: &str| {
            with(json!({"exercise_id": made["id"]}), field, json!(value))
        };
        let workout = ann.lifted("belt march", 2, "kg", &[(12, 20.0)]).await;
        let stored = world.stored().await;
        for (field, value, error) in [
            (
                "measure",
                "seconds",
                "measure: stays reps: sets of Belt March are logged with it",
            ),
            (
                "load",
                "added",
                "load: stays external: sets of Belt March are logged with it",
            ),
        ] {
            let error_given = refused(&ann, "update_exercise", change(field, value)).await;
            assert!(
                error_given.starts_with(error) && error_given.contains("create_exercise"),
                "{error_given}"
            );
        }
        assert_eq!(world.stored().await, stored);
        for (field, value) in [("measure", "reps"), ("load", "external"), ("name", "March")] {
            let updated = ann.call("update_exercise", change(field, value)).await;
            assert_eq!(updated.unwrap()["exercise"][field], value);
        }
        ann.call("delete_workout", json!({"workout_id": workout}))
            .await
            .unwrap();
        let updated = ann.call("update_exercise", change("measure", "secs")).await;
        assert_eq!(updated.unwrap()["exercise"]["measure"], "seconds");
    }
);

on_both!(
    tools_that_name_no_exercise_do_not_read_the_users_own,
    async |world: World| {
        let ann = world.user("ann").await;
        let squats = json!({"exercises": [{"exercise_id": "squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}]});
        let workout = ann.call("create_workout", squats).await.unwrap();
        let plan = json!({"name": "Short", "duration_weeks": 4, "sessions": [
            {"name": "A", "exercises": [{"exercise_id": "squat", "sets": 3}]}]});
        let plan = ann.call("create_workout_plan", plan).await.unwrap();
        world
            .run("ALTER TABLE user_exercise RENAME TO elsewhere")
            .await;
        for (tool, arguments) in [
            ("get_settings", json!({})),
            ("update_settings", json!({"units": "lb"})),
            ("delete_plan", json!({"plan_id": plan["plan_id"]})),
            (
                "delete_workout",
                json!({"workout_id": workout["workout"]["id"]}),
            ),
        ] {
            ann.call(tool, arguments).await.expect(tool);
        }
        let error = refused(&ann, "list_workouts", json!({})).await;
        assert!(error.contains("database cannot be used"), "{error}");
    }
);
