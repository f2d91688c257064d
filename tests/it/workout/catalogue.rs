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
    catalogue_has_at_least_120_complete_exercises,
    async |world: World| {
        let ann = world.user("ann").await;
        let all = ann.call("list_exercises", json!({})).await.unwrap();
        let exercises = all["exercises"].as_array().unwrap();
        assert!(exercises.len() >= 120, "{}", exercises.len());
        assert_eq!(all["count"], exercises.len());
        for exercise in exercises {
            for field in ["id", "name", "description", "equipment", "movement_pattern"] {
                assert_ne!(exercise[field].as_str(), Some(""), "{field} of {exercise}");
            }
            assert_ne!(exercise["primary_muscles"], json!([]), "{exercise}");
        }
        let bench = exercises.iter().find(|e| e["id"] == "barbell-bench-press");
        let mut bench = bench.unwrap().clone();
        bench.as_object_mut().unwrap().remove("description");
        assert_eq!(
            bench,
            json!({
                "id": "barbell-bench-press", "name": "Barbell Bench Press", "primary_muscles": ["chest"],
                "secondary_muscles": ["triceps", "front_delts"], "equipment": "barbell",
                "movement_pattern": "horizontal_push", "bilateral": true, "step_increment": 2.5,
                "step_increment_lb": 5.0, "progression_limit": 300.0, "progression_limit_lb": 661.4,
            })
        );
    }
);

on_both!(
    dumbbell_exercises_give_the_weight_of_one_dumbbell,
    async |world: World| {
        let ann = world.user("ann").await;
        let dumbbells = json!({"equipment": "dumbbell"});
        let dumbbells = ann.call("list_exercises", dumbbells).await.unwrap();
        let both = dumbbells["exercises"].as_array().unwrap().iter();
        let both: Vec<&Value> = both.filter(|e| e["bilateral"] == true).collect();
        assert!(both.len() > 5, "{both:?}");
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
    assert_eq!(ids(&list(both).await), ["barbell-incline-bench-press"]);
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
             triceps, quads, hamstrings, glutes, calves, abs, traps, forearms, adductors, lower_back"
        );
        assert_eq!(
            refused(json!({"equipment": "anvil"})).await,
            "equipment: \"anvil\" is unknown; it is one of band, barbell, bodyweight, cable, dumbbell, ez_bar, kettlebell, \
             machine, plate, smith_machine, trap_bar"
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
