//! Suggestion of the next weight.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

async fn suggested(client: &Client, exercise: &str) -> Value {
    let next = client.call("suggest_next_weight", json!({"exercise": exercise}));
    next.await.expect("a suggestion")
}

/// Last weight, reason, suggested weight, unit.
fn short(next: &Value) -> Value {
    json!([
        next["last_weight"],
        next["reason"],
        next["weight"],
        next["unit"]
    ])
}

on_both!(
    a_met_target_is_one_step_up_with_its_sets_listed,
    async |world: World| {
        let ann = world.user("ann").await;
        let older = ann.lifted("bench", 9, "lb", &[(4, 185.0)]).await;
        let workout = json!({"performed_at": day(2), "exercises": [{"exercise_id": "bench", "sets": [
            {"reps": 3, "weight": 45, "unit": "lb", "is_warmup": true},
            {"reps": 10, "weight": 185, "unit": "lb"}, {"reps": 11, "weight": 175, "unit": "lb"}]}]});
        let newer = ann.call("create_workout", workout.clone()).await.unwrap();
        let sets = &newer["workout"]["exercises"][0]["sets"];
        assert_eq!(
            suggested(&ann, "bench").await,
            json!({
                "exercise_id": "barbell-bench-press", "name": "Barbell Bench Press", "target_reps": 10, "unit": "lb",
                "weight": 190.0, "last_weight": 185.0, "reason": "step_up", "step_increment": 5.0,
                "progression_limit": 660.0, "days": 365,
                // 185 * 36 / 27 of the sets with ten reps or less; 1850 + 1925.
                "based_on": [
                    {"workout_id": newer["workout"]["id"], "date": day(2), "sets": sets, "volume": 3775.0, "e1rm": 246.7},
                    {"workout_id": older, "date": day(9), "sets": [{"reps": 4, "weight": 185.0, "unit": "lb"}],
                     "volume": 740.0, "e1rm": 201.8}],
            })
        );
        let higher = ann.call(
            "suggest_next_weight",
            json!({"exercise": "bench", "target_reps": 11}),
        );
        assert_eq!(
            short(&higher.await.unwrap()),
            json!([185.0, "back_off", 165.0, "lb"])
        );
    }
);

on_both!(
    one_miss_repeats_the_weight_and_two_reduce_it_by_a_tenth,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("squat", 20, "kg", &[(10, 95.0)]).await;
        ann.lifted("squat", 9, "kg", &[(10, 100.0), (9, 100.0)])
            .await;
        assert_eq!(
            short(&suggested(&ann, "squat").await),
            json!([100.0, "repeat", 100.0, "kg"])
        );
        ann.lifted("squat", 5, "kg", &[(8, 100.0)]).await;
        assert_eq!(
            short(&suggested(&ann, "squat").await),
            json!([100.0, "back_off", 90.0, "kg"])
        );
        ann.lifted("squat", 1, "kg", &[(10, 90.0)]).await;
        assert_eq!(
            short(&suggested(&ann, "squat").await),
            json!([90.0, "step_up", 95.0, "kg"])
        );
        // 166.5 is not a multiple of 5 lb.
        ann.lifted("bench", 9, "lb", &[(9, 185.0)]).await;
        ann.lifted("bench", 5, "lb", &[(9, 185.0)]).await;
        assert_eq!(
            short(&suggested(&ann, "bench").await),
            json!([185.0, "back_off", 165.0, "lb"])
        );
    }
);

on_both!(
    suggestions_stop_at_the_limit_of_the_exercise,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("dumbbell-curl", 3, "kg", &[(10, 39.0)]).await;
        assert_eq!(
            short(&suggested(&ann, "db curl").await),
            json!([39.0, "step_up", 40.0, "kg"])
        );
        ann.lifted("dumbbell-curl", 2, "kg", &[(10, 40.0)]).await;
        assert_eq!(
            short(&suggested(&ann, "db curl").await),
            json!([40.0, "at_limit", 40.0, "kg"])
        );
    }
);

on_both!(
    bodyweight_exercises_progress_by_added_weight_or_reps,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("pull-up", 3, "kg", &[(10, 0.0)]).await;
        assert_eq!(
            short(&suggested(&ann, "pull-up").await),
            json!([0.0, "step_up", 2.5, "kg"])
        );
        ann.lifted("push-up", 3, "kg", &[(9, 0.0)]).await;
        ann.lifted("push-up", 2, "kg", &[(9, 0.0)]).await;
        assert_eq!(
            short(&suggested(&ann, "push-up").await),
            json!([0.0, "repeat", 0.0, "kg"])
        );
        ann.lifted("ab wheel", 2, "kg", &[(10, 0.0)]).await;
        assert_eq!(
            short(&suggested(&ann, "ab wheel").await),
            json!([0.0, "add_reps", 0.0, "kg"])
        );
    }
);

on_both!(the_suggestion_is_in_the_users_unit, async |world: World| {
    let ann = world.user("ann").await;
    ann.lifted("squat", 3, "kg", &[(10, 100.0)]).await;
    ann.call("update_settings", json!({"units": "lb"}))
        .await
        .unwrap();
    // 100 kg are 220.46 lb; 5 kg are a step of 10 lb, and plates make 230.
    assert_eq!(
        short(&suggested(&ann, "squat").await),
        json!([220.46, "step_up", 230.0, "lb"])
    );
});

on_both!(warm_ups_alone_give_no_suggestion, async |world: World| {
    let ann = world.user("ann").await;
    let nothing = json!({"exercise_id": "barbell-back-squat", "name": "Barbell Back Squat", "target_reps": 10,
                             "unit": "kg", "days": 365, "step_increment": 5.0, "progression_limit": 400.0, "based_on": []});
    assert_eq!(suggested(&ann, "squat").await, nothing);
    let warm_up = json!({"exercises": [{"exercise_id": "squat", "sets": [
            {"reps": 10, "weight": 20, "unit": "kg", "is_warmup": true}]}]});
    ann.call("create_workout", warm_up).await.unwrap();
    assert_eq!(suggested(&ann, "squat").await, nothing);
    let text = ann
        .text("suggest_next_weight", json!({"exercise": "squat"}))
        .await;
    assert!(
        text.contains("nothing logged in the last 365 days"),
        "{text}"
    );
    for target in [0, 101, -1] {
        let refused = json!({"exercise": "squat", "target_reps": target});
        assert_eq!(
            ann.call("suggest_next_weight", refused).await.unwrap_err(),
            format!("target_reps: is {target}; it must be from 1 to 100")
        );
    }
});
