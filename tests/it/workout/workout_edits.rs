//! Sets added and corrected without the rest of their workout, and workouts listed by period and exercise.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

async fn add(
    client: &Client,
    workout: &Value,
    exercise: &str,
    reps: &[u32],
) -> Result<Value, String> {
    let sets: Vec<Value> = reps
        .iter()
        .map(|reps| json!({"reps": reps, "weight": 60, "unit": "kg"}))
        .collect();
    let sets = json!({"workout_id": workout, "exercise": exercise, "sets": sets});
    client.call("add_sets", sets).await
}

/// The reps of each set, by exercise.
fn reps(workout: &Value) -> Value {
    let exercises = workout["exercises"].as_array().expect("exercises").iter();
    exercises
        .map(|exercise| {
            let sets = exercise["sets"].as_array().expect("sets").iter();
            let reps: Vec<&Value> = sets.map(|set| &set["reps"]).collect();
            json!([exercise["exercise_id"], reps])
        })
        .collect()
}

async fn stored(client: &Client) -> Value {
    let list = client.call("list_workouts", json!({})).await;
    list.expect("a list")["workouts"][0].clone()
}

on_both!(
    added_sets_follow_those_of_the_same_exercise,
    async |world: World| {
        let ann = world.user("ann").await;
        let squat = json!({"exercise_id": "squat", "notes": "belt", "superset_group": 1,
                           "sets": [{"reps": 5, "weight": 100, "unit": "kg", "rpe": 8}]});
        let workout =
            json!({"name": "Legs", "performed_at": day(2), "notes": "slow", "exercises": [squat]});
        let logged = ann.call("create_workout", workout).await.unwrap();
        let id = &logged["workout"]["id"];
        let added = add(&ann, id, "back squats", &[8, 7]).await.unwrap();
        let mut expected = logged["workout"].clone();
        let new = |reps: u32| json!({"reps": reps, "weight": 60.0, "unit": "kg"});
        let sets = expected["exercises"][0]["sets"].as_array_mut().unwrap();
        sets.extend([new(8), new(7)]);
        assert_eq!(added["workout"], expected);
        assert_eq!(stored(&ann).await, expected);
        let added = add(&ann, id, "DB Bench", &[10]).await.unwrap();
        let exercises = json!([
            ["barbell-back-squat", [5, 8, 7]],
            ["dumbbell-bench-press", [10]]
        ]);
        assert_eq!(reps(&added["workout"]), exercises);
        assert!(
            added["notice"]
                .as_str()
                .unwrap()
                .contains("from \"DB Bench\""),
            "{added}"
        );
        assert_eq!(reps(&stored(&ann).await), exercises);
    }
);

on_both!(
    a_corrected_set_keeps_what_is_not_given,
    async |world: World| {
        let ann = world.user("ann").await;
        let set = |reps: u32| json!({"reps": reps, "weight": 100, "unit": "kg", "rpe": 8});
        let squat = |reps: &[u32]| {
            let sets: Vec<Value> = reps.iter().map(|reps| set(*reps)).collect();
            json!({"exercise_id": "squat", "sets": sets})
        };
        let row = json!({"exercise_id": "row", "sets": [set(9)]});
        let workout =
            json!({"performed_at": day(2), "exercises": [squat(&[5, 4]), row, squat(&[3])]});
        let logged = ann.call("create_workout", workout).await.unwrap();
        let id = &logged["workout"]["id"];
        let correct = async |fields: Value| {
            let mut call = json!({"workout_id": id, "exercise": "squat"});
            for (field, value) in fields.as_object().unwrap() {
                call[field] = value.clone();
            }
            ann.call("correct_set", call).await
        };
        let mut expected = logged["workout"].clone();
        expected["exercises"][0]["sets"][1]["reps"] = json!(6);
        assert_eq!(
            correct(json!({"set": 2, "reps": 6})).await.unwrap()["workout"],
            expected
        );
        // The third set of squats is after the rows.
        let all = json!({"set": 3, "weight": 225, "unit": "lb", "rpe": 9.5, "is_warmup": true});
        expected["exercises"][2]["sets"][0] =
            json!({"reps": 3, "weight": 225.0, "unit": "lb", "rpe": 9.5, "is_warmup": true});
        assert_eq!(correct(all).await.unwrap()["workout"], expected);
        assert_eq!(stored(&ann).await, expected);
        for (fields, error) in [
            (
                json!({"set": 4, "reps": 1}),
                "set: is 4; Barbell Back Squat has 3 sets",
            ),
            (
                json!({"set": 0, "reps": 1}),
                "set: is 0; it must be from 1 to 500",
            ),
            (
                json!({"set": 1, "reps": 1001}),
                "reps: is 1001; a set has at most 1000 reps",
            ),
            (
                json!({"set": 1, "exercise": "plank"}),
                "exercise: this workout has no Plank",
            ),
        ] {
            assert_eq!(correct(fields).await.unwrap_err(), error);
        }
        assert_eq!(stored(&ann).await, expected);
    }
);

on_both!(
    a_workout_takes_no_more_sets_than_one_call_could_log,
    async |world: World| {
        let ann = world.user("ann").await;
        let id = json!(ann.lifted("squat", 1, "kg", &[(5, 100.0); 60]).await);
        let error = add(&ann, &id, "squat", &[5; 41]).await.unwrap_err();
        assert_eq!(
            error,
            "sets: 101 sets of one exercise; at most 100 fit in one workout"
        );
        add(&ann, &id, "squat", &[5; 40]).await.unwrap();
        for exercise in ["bench", "row", "deadlift", "ohp"] {
            add(&ann, &id, exercise, &[5; 100]).await.unwrap();
        }
        let error = add(&ann, &id, "curl", &[5]).await.unwrap_err();
        assert_eq!(error, "sets: 501 sets; at most 500 fit in one workout");
        assert_eq!(
            add(&ann, &id, "bench", &[1001]).await.unwrap_err(),
            "sets[0].reps: is 1001; a set has at most 1000 reps"
        );
    }
);

on_both!(
    workouts_are_listed_by_period_and_exercise,
    async |world: World| {
        let ann = world.user("ann").await;
        let mut ids = Vec::new();
        for (exercise, days) in [("squat", 9), ("bench", 7), ("squat", 5), ("bench", 3)] {
            ids.push(ann.lifted(exercise, days, "kg", &[(5, 100.0)]).await);
        }
        let [a, b, c, d] = &ids[..] else {
            panic!("four")
        };
        let list = async |arguments: Value| {
            let list = ann.call("list_workouts", arguments.clone()).await;
            let list = list.unwrap_or_else(|error| panic!("{arguments}: {error}"));
            let workouts = list["workouts"].as_array().unwrap().iter();
            workouts
                .map(|workout| workout["id"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            list(json!({"since": day(7)})).await,
            [d, c, b].map(String::clone)
        );
        assert_eq!(
            list(json!({"until": day(7)})).await,
            [b, a].map(String::clone)
        );
        let week = json!({"since": day(7), "until": day(5)});
        assert_eq!(list(week).await, [c, b].map(String::clone));
        assert_eq!(
            list(json!({"exercise": "Back Squat"})).await,
            [c, a].map(String::clone)
        );
        let both = json!({"exercise": "squat", "until": day(6)});
        assert_eq!(list(both).await, std::slice::from_ref(a));
        let page = json!({"exercise": "bench", "before": d});
        assert_eq!(list(page).await, std::slice::from_ref(b));
        assert_eq!(
            list(json!({"since": format!("{}T18:00:00Z", day(5))})).await,
            [d, c].map(String::clone)
        );
        // The day of a zone that is 14 hours ahead: what is logged at noon in UTC is done on the next day there.
        let ahead = json!({"since": day(2), "client_timezone": "Pacific/Kiritimati"});
        assert_eq!(list(ahead).await, std::slice::from_ref(d));
        for (arguments, error) in [
            (
                json!({"since": day(3), "until": day(4)}),
                format!("until: is {}, before since {}", day(4), day(3)),
            ),
            (
                json!({"since": "monday"}),
                "since: \"monday\" is no date; write 2026-11-21".to_owned(),
            ),
        ] {
            assert_eq!(
                ann.call("list_workouts", arguments).await.unwrap_err(),
                error
            );
        }
        let unknown = ann
            .call("list_workouts", json!({"exercise": "skwat"}))
            .await;
        assert!(
            unknown
                .unwrap_err()
                .starts_with("exercise: unknown exercise")
        );
        let named = ann
            .call("list_workouts", json!({"exercise": "Back Squat"}))
            .await;
        assert_eq!(
            named.unwrap()["notice"],
            "listed as Barbell Back Squat, from \"Back Squat\""
        );
    }
);

on_both!(
    all_time_bests_are_of_everything_logged,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("squat", 800, "kg", &[(3, 140.0)]).await;
        ann.lifted("squat", 700, "lb", &[(5, 220.0)]).await;
        ann.lifted("squat", 600, "kg", &[(20, 60.0), (3, 140.0)])
            .await;
        let bests = async || {
            let progress = ann
                .call("analyze_progress", json!({"exercise": "squat"}))
                .await;
            progress.unwrap()["all_time"].clone()
        };
        // 140 * 36 / 34; the estimate of 20 reps is no maximum.
        let heaviest = json!({"date": day(800), "weight": 140.0, "reps": 3, "e1rm": 148.2});
        let most = json!({"date": day(600), "weight": 60.0, "reps": 20, "e1rm": 127.1, "low_confidence": true});
        assert_eq!(
            bests().await,
            json!({"heaviest": heaviest, "most_reps": most, "highest_e1rm": heaviest})
        );
        let text = ann
            .text("analyze_progress", json!({"exercise": "squat"}))
            .await;
        assert!(
            text.contains(&format!("All time: heaviest 3 @ 140 kg on {}", day(800))),
            "{text}"
        );
        ann.lifted("pull-up", 400, "kg", &[(12, 0.0), (5, 10.0)])
            .await;
        let progress = ann
            .call("analyze_progress", json!({"exercise": "pull-up"}))
            .await
            .unwrap();
        assert_eq!(
            progress["all_time"],
            json!({"heaviest": {"date": day(400), "weight": 10.0, "reps": 5}, "most_reps": {"date": day(400), "weight": 0.0, "reps": 12}})
        );
        let bob = world.user("bob").await;
        let nothing = bob
            .call("analyze_progress", json!({"exercise": "squat"}))
            .await
            .unwrap();
        assert!(nothing.get("all_time").is_none());
        // A lowered limit holds for bests, too.
        ann.call("update_settings", json!({"max_history_days": 365}))
            .await
            .unwrap();
        assert_eq!(bests().await["heaviest"], heaviest);
        ann.call("update_settings", json!({"max_history_days": 300}))
            .await
            .unwrap();
        assert_eq!(bests().await, Value::Null);
    }
);

on_both!(
    plans_hold_supersets_seconds_and_exertion_and_can_be_deleted,
    async |world: World| {
        let ann = world.user("ann").await;
        let exercises = json!([
            {"exercise_id": "plank", "sets": 3, "seconds": 60, "superset_group": 1},
            {"exercise_id": "barbell-back-squat", "sets": 5, "reps_min": 5, "reps_max": 5, "rpe": 8.5, "superset_group": 1}]);
        let plan = json!({"name": "Mine", "duration_weeks": 4, "sessions": [{"name": "A", "exercises": exercises}]});
        let plan = ann.call("create_workout_plan", plan).await.unwrap();
        assert_eq!(plan["sessions"][0]["exercises"], exercises);
        let id = json!({"plan_id": plan["plan_id"]});
        let text = ann.text("list_plans", id.clone()).await;
        assert!(
            text.contains(
                "A: Plank 3x60 s (superset 1), Barbell Back Squat 5x5 RPE 8.5 (superset 1)"
            ),
            "{text}"
        );
        ann.call("activate_plan", id.clone()).await.unwrap();
        let deleted = ann.call("delete_plan", id.clone()).await.unwrap();
        assert_eq!(
            deleted,
            json!({"deleted": plan["plan_id"], "notice": "\"Mine\" was the active plan; there is none now"})
        );
        assert_eq!(world.count("SELECT COUNT(*) FROM user_plan").await, 0);
        let error = ann.call("delete_plan", id).await.unwrap_err();
        assert!(error.contains("there is no plan"), "{error}");
    }
);

on_both!(
    kinds_and_reps_in_reserve_are_added_and_corrected,
    async |world: World| {
        let ann = world.user("ann").await;
        let set = json!({"reps": 5, "weight": 100.0, "unit": "kg"});
        let with = |more: Value| {
            let mut set = set.clone();
            for (name, value) in more.as_object().unwrap() {
                set[name] = value.clone();
            }
            set
        };
        let squat = json!({"exercise_id": "squat", "sets": [set]});
        let logged = json!({"performed_at": day(2), "exercises": [squat]});
        let logged = ann.call("create_workout", logged).await.unwrap();
        let id = &logged["workout"]["id"];
        let sets = json!([
            with(json!({"kind": "Drop Set", "rpe": 9})),
            with(json!({"kind": "warm-up"})),
            with(json!({"kind": "failed", "reps": 0})),
        ]);
        let sets = json!({"workout_id": id, "exercise": "squat", "sets": sets});
        let added = ann.call("add_sets", sets).await.unwrap();
        let sets_of = |answer: &Value| answer["workout"]["exercises"][0]["sets"].clone();
        assert_eq!(
            sets_of(&added),
            json!([
                set,
                with(json!({"kind": "drop", "rpe": 9.0})),
                with(json!({"is_warmup": true})),
                with(json!({"kind": "failed_attempt", "reps": 0})),
            ])
        );
        // (the set, what is corrected, what it is then)
        for (at, fields, expected) in [
            (1, json!({"rir": 2}), json!({"rir": 2.0})),
            (
                1,
                json!({"rpe": 10, "kind": "to failure"}),
                json!({"rpe": 10.0, "kind": "failure"}),
            ),
            (
                2,
                json!({"is_warmup": true}),
                json!({"rpe": 9.0, "is_warmup": true}),
            ),
            (2, json!({"kind": "normal"}), json!({"rpe": 9.0})),
            (3, json!({"is_warmup": false}), json!({})),
            (
                3,
                json!({"kind": "failed_attempt", "reps": 0}),
                json!({"kind": "failed_attempt", "reps": 0}),
            ),
            (
                4,
                json!({"kind": "failure", "reps": 1}),
                json!({"kind": "failure", "reps": 1}),
            ),
        ] {
            let mut call = json!({"workout_id": id, "exercise": "squat", "set": at});
            for (name, value) in fields.as_object().unwrap() {
                call[name] = value.clone();
            }
            let corrected = ann.call("correct_set", call).await.unwrap();
            assert_eq!(sets_of(&corrected)[at - 1], with(expected), "{at} {fields}");
        }
        for (fields, error) in [
            (
                json!({"reps": 0}),
                "reps: is 0; only a set of the kind failed_attempt has none",
            ),
            (
                json!({"kind": "failed_attempt"}),
                "kind: is failed_attempt, which has 0 reps; a set with some is of the kind failure",
            ),
            (
                json!({"kind": "drop", "is_warmup": true}),
                "kind: is drop, but is_warmup is true",
            ),
        ] {
            let mut call = json!({"workout_id": id, "exercise": "squat", "set": 1});
            for (name, value) in fields.as_object().unwrap() {
                call[name] = value.clone();
            }
            assert_eq!(ann.call("correct_set", call).await.unwrap_err(), error);
        }
    }
);
