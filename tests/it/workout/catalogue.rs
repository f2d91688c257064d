//! Exercise catalogue: content, filters and search.

use serde_json::{Value, json};

use crate::support::world::{World, on_both};

fn ids(list: &Value) -> Vec<&str> {
    let exercises = list["exercises"].as_array().expect("a list").iter();
    exercises
        .map(|e| e["id"].as_str().expect("an id"))
        .collect()
}

on_both!(
    catalogue_has_at_least_400_exercises_and_details_of_few,
    async |world: World| {
        let ann = world.user("ann").await;
        let all = ann.call("list_exercises", json!({})).await.unwrap();
        assert!(all["count"].as_u64() >= Some(400), "{}", all["count"]);
        assert_eq!(
            all["notice"],
            "details are shown of up to 20 exercises; filter for fewer"
        );
        assert_eq!(
            all["exercises"][0],
            json!({"id": "ab-wheel-rollout", "name": "Ab Wheel Rollout", "primary_muscles": ["abs"], "equipment": "bodyweight"})
        );
        let bench = json!({"query": "Bench Press (Barbell)"});
        let bench = ann.call("list_exercises", bench).await.unwrap();
        assert!(bench.get("notice").is_none(), "{bench}");
        let mut bench = bench["exercises"][0].clone();
        bench.as_object_mut().unwrap().remove("description");
        assert_eq!(
            bench,
            json!({
                "id": "barbell-bench-press", "name": "Barbell Bench Press", "primary_muscles": ["chest"],
                "secondary_muscles": ["triceps", "front_delts"], "equipment": "barbell",
                "movement_pattern": "horizontal_push", "bilateral": true, "step_increment": 2.5,
                "step_increment_lb": 5.0, "progression_limit": 300.0, "progression_limit_lb": 661.4,
                "measure": "reps", "load": "external",
            })
        );
    }
);

on_both!(
    dumbbell_exercises_give_the_weight_of_one_dumbbell,
    async |world: World| {
        let ann = world.user("ann").await;
        let dumbbells = json!({"equipment": "dumbbell", "muscle_group": "back"});
        let dumbbells = ann.call("list_exercises", dumbbells).await.unwrap();
        let both = dumbbells["exercises"].as_array().unwrap().iter();
        let both: Vec<&Value> = both.filter(|e| e["bilateral"] == true).collect();
        assert!(both.len() > 2, "{both:?}");
        for exercise in both {
            // One dumbbell in both hands has no other to be confused with.
            let text = exercise["description"].as_str().unwrap();
            let says = ["per dumbbell", "one dumbbell", "the dumbbell"];
            assert!(says.iter().any(|said| text.contains(said)), "{exercise}");
        }
    }
);

on_both!(filters_accept_common_words, async |world: World| {
    let ann = world.user("ann").await;
    let list = async |filter: Value| ann.call("list_exercises", filter).await.unwrap();
    let shoulders = list(json!({"muscle_group": "Shoulders"})).await;
    assert!(shoulders["count"].as_u64() > Some(5));
    let shoulders =
        list(json!({"muscle_group": "Shoulders", "equipment": "cable", "limit": 20})).await;
    for exercise in shoulders["exercises"].as_array().unwrap() {
        let muscles = [&exercise["primary_muscles"], &exercise["secondary_muscles"]];
        let muscles = muscles.map(Value::to_string).concat();
        assert!(muscles.contains("_delts"), "{exercise}");
    }
    let pecs = list(json!({"muscle_group": "pecs"})).await;
    assert_eq!(pecs, list(json!({"muscle_group": "chest"})).await);
    let machines = list(json!({"equipment": "Smith machine"})).await;
    assert!(machines["count"].as_u64() > Some(0));
    let kinds = machines["exercises"].as_array().unwrap().iter();
    assert!(kinds.into_iter().all(|e| e["equipment"] == "smith_machine"));
    let both = json!({"muscle_group": "chest", "equipment": "barbell", "query": "incline bench"});
    assert_eq!(
        ids(&list(both).await),
        [
            "barbell-incline-bench-press",
            "barbell-incline-close-grip-bench-press"
        ]
    );
    let nothing = list(json!({"query": "zumba"})).await;
    assert_eq!(nothing, json!({"count": 0, "exercises": []}));
    let blank = json!({"muscle_group": " ", "equipment": "", "query": "", "client_timezone": ""});
    assert_eq!(list(blank).await, list(json!({})).await);
});

on_both!(
    unknown_filters_are_errors_that_list_the_known_ones,
    async |world: World| {
        let ann = world.user("ann").await;
        let refused = async |filter: Value| ann.call("list_exercises", filter).await.unwrap_err();
        assert_eq!(
            refused(json!({"muscle_group": "tail"})).await,
            "muscle_group: \"tail\" is unknown; it is one of chest, back, side_delts, rear_delts, front_delts, biceps, \
             triceps, quads, hamstrings, glutes, calves, abs, traps, forearms, adductors, lower_back, neck"
        );
        assert_eq!(
            refused(json!({"equipment": "anvil"})).await,
            "equipment: \"anvil\" is unknown; it is one of band, barbell, bodyweight, cable, cardio_machine, dumbbell, ez_bar, \
             kettlebell, machine, medicine_ball, none, other, plate, rope, sled, smith_machine, stability_ball, suspension, \
             trap_bar"
        );
    }
);

on_both!(exercises_are_found_in_any_spelling, async |world: World| {
    let ann = world.user("ann").await;
    for (written, slug) in [
        ("barbell-bench-press", "barbell-bench-press"),
        ("BARBELL BENCH PRESS", "barbell-bench-press"),
        ("  bench-press ", "barbell-bench-press"),
        ("squats", "barbell-back-squat"),
        ("OHP", "barbell-overhead-press"),
        ("db curls", "dumbbell-curl"),
        ("pullups", "pull-up"),
        ("Trap_Bar Deadlift", "trap-bar-deadlift"),
    ] {
        let history = ann.call("get_exercise_history", json!({"exercise": written}));
        assert_eq!(history.await.unwrap()["exercise_id"], slug, "{written}");
    }
    for other_name in ["exercise_name", "exercise_id"] {
        let history = ann.call("get_exercise_history", json!({other_name: "deadlift"}));
        assert_eq!(history.await.unwrap()["name"], "Deadlift");
    }
});

on_both!(
    unknown_exercises_are_errors_that_suggest_the_nearest_three,
    async |world: World| {
        let ann = world.user("ann").await;
        let error = ann.call("get_exercise_history", json!({"exercise": "bensh pres"}));
        let error = error.await.unwrap_err();
        assert!(
            error.starts_with("unknown exercise \"bensh pres\"; did you mean "),
            "{error}"
        );
        assert_eq!(error.matches('(').count(), 3, "{error}");
        assert!(error.contains("(barbell-bench-press)"), "{error}");
        for vague in ["dumbbell", "", "💪", "-"] {
            let error = ann
                .call("suggest_next_weight", json!({"exercise": vague}))
                .await;
            assert_eq!(error.unwrap_err().matches('(').count(), 3, "{vague}");
        }
        let workout = json!({"exercises": [
            {"exercise_id": "squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]},
            {"exercise_id": "skwat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}]});
        let error = ann.call("create_workout", workout).await.unwrap_err();
        assert!(
            error.starts_with("exercises[1].exercise_id: unknown exercise \"skwat\""),
            "{error}"
        );
        assert_eq!(world.stored().await, [""; 0]);
    }
);

on_both!(
    writes_say_what_other_names_were_taken_for,
    async |world: World| {
        let ann = world.user("ann").await;
        let sets = json!([{"reps": 5, "weight": 50, "unit": "kg"}]);
        let named = |names: &[&str]| {
            let exercise = |name: &&str| json!({"exercise_id": name, "sets": sets});
            json!({"exercises": names.iter().map(exercise).collect::<Vec<_>>()})
        };
        let own = ["barbell-bench-press", "pull up", "Lat  pulldowns"];
        let logged = ann.call("create_workout", named(&own)).await.unwrap();
        assert!(logged.get("notice").is_none(), "{logged}");
        let others = [
            "Lat Pulldown (Cable)",
            "squats",
            "Squats",
            "squats",
            "Plank",
        ];
        let logged = ann.call("create_workout", named(&others)).await.unwrap();
        let notice = "logged as Lat Pulldown, from \"Lat Pulldown (Cable)\"; as Barbell Back Squat, from \"squats\"; \
            as Barbell Back Squat, from \"Squats\"";
        assert_eq!(logged["notice"], notice);
        let mut changed = named(&["wide grip pull-up"]);
        changed["workout_id"] = logged["workout"]["id"].clone();
        let changed = ann.call("update_workout", changed).await.unwrap();
        let notice = "logged as Pull-Up, from \"wide grip pull-up\"";
        assert_eq!(changed["notice"], notice);
        let session = json!({"name": "a", "exercises": [{"exercise_id": "RDL", "sets": 3}]});
        let plan = json!({"name": "n", "duration_weeks": 4, "sessions": [session]});
        let plan = ann.call("create_workout_plan", plan).await.unwrap();
        let notice = "planned as Barbell Romanian Deadlift, from \"RDL\"";
        assert_eq!(plan["notice"], notice);
    }
);

on_both!(
    a_name_that_only_contains_another_is_never_logged,
    async |world: World| {
        let ann = world.user("ann").await;
        for (name, suggested) in [
            ("Reverse Curl (Kettlebell)", "reverse-curl"),
            ("Double Action Leg Press", "(leg-press)"),
            ("Overhead Press (Each Side", "(barbell-overhead-press)"),
            ("Bench Press Porsey", "(barbell-bench-press)"),
        ] {
            let sets = json!([{"reps": 5, "weight": 50, "unit": "kg"}]);
            let workout = json!({"exercises": [{"exercise_id": name, "sets": sets}]});
            let error = ann.call("create_workout", workout).await.unwrap_err();
            assert!(
                error.contains("unknown exercise") && error.contains(suggested),
                "{error}"
            );
        }
        assert_eq!(world.stored().await, [""; 0]);
    }
);

on_both!(
    seconds_and_metres_may_be_more_than_reps,
    async |world: World| {
        let ann = world.user("ann").await;
        let set = |name: &str, count: u32| {
            let sets = json!([{"reps": count, "weight": 0, "unit": "kg"}]);
            json!({"exercises": [{"exercise_id": name, "sets": sets}]})
        };
        for (name, most) in [("running", 100_000), ("Plank", 100_000), ("push-up", 1000)] {
            ann.call("create_workout", set(name, most)).await.unwrap();
            let error = ann.call("create_workout", set(name, most + 1)).await;
            assert!(
                error.unwrap_err().contains("exercises[0].sets[0].reps: is"),
                "{name}"
            );
        }
        // Cardio is no volume.
        let week = ann.call("check_volume_landmarks", json!({"muscle_group": "quads"}));
        assert_eq!(week.await.unwrap()["muscles"][0]["direct"], 0);
    }
);

on_both!(pages_list_every_exercise_once, async |world: World| {
    let ann = world.user("ann").await;
    let page = async |arguments: Value| ann.call("list_exercises", arguments).await.unwrap();
    let first = page(json!({})).await;
    assert_eq!(ids(&first).len(), 100);
    for limit in [Value::Null, json!(1000), json!(37)] {
        let (mut seen, mut offset) = (Vec::new(), json!(0));
        while !offset.is_null() {
            let list = page(json!({"limit": limit, "offset": offset})).await;
            assert!(list.to_string().len() < 25_000, "10,000 tokens");
            assert_eq!(list["count"], first["count"]);
            seen.extend(ids(&list).into_iter().map(str::to_owned));
            offset = list["next_offset"].clone();
        }
        assert_eq!(json!(seen.len()), first["count"], "pages of {limit}");
        seen.sort();
        seen.dedup();
        assert_eq!(json!(seen.len()), first["count"], "pages of {limit}");
    }
    let beyond = page(json!({"offset": 5000})).await;
    assert_eq!(ids(&beyond), [""; 0]);
    assert!(beyond.get("next_offset").is_none());
});
