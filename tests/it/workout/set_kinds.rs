//! Kinds of sets, reps in reserve, and failed attempts: stored, shown, and counted as what they are.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

async fn logged(client: &Client, days: i64, sets: Value) -> Value {
    let workout =
        json!({"performed_at": day(days), "exercises": [{"exercise_id": "bench", "sets": sets}]});
    let logged = client
        .call("create_workout", workout)
        .await
        .expect("logged");
    logged["workout"]["exercises"][0]["sets"].clone()
}

on_both!(every_kind_is_stored_and_shown, async |world: World| {
    let ann = world.user("ann").await;
    let set = |more: Value| {
        let mut set = json!({"reps": 5, "weight": 100.0, "unit": "kg"});
        for (name, value) in more.as_object().unwrap() {
            set[name] = value.clone();
        }
        set
    };
    let sets = json!([
        set(json!({"kind": "warmup", "weight": 60.0})),
        set(json!({"kind": "normal", "rir": 2})),
        set(json!({"kind": "failure", "rpe": 10})),
        set(json!({"kind": "dropset", "weight": 80.0})),
        set(json!({"kind": "failed_attempt", "reps": 0})),
        set(json!({"kind": null, "rir": null})),
    ]);
    let stored = json!([
        set(json!({"weight": 60.0, "is_warmup": true})),
        set(json!({"rir": 2.0})),
        set(json!({"rpe": 10.0, "kind": "failure"})),
        set(json!({"weight": 80.0, "kind": "drop"})),
        set(json!({"reps": 0, "kind": "failed_attempt"})),
        set(json!({})),
    ]);
    assert_eq!(logged(&ann, 2, sets).await, stored);
    let history = ann
        .call("get_exercise_history", json!({"exercise": "bench"}))
        .await
        .unwrap();
    assert_eq!(history["sessions"][0]["sets"], stored);
    // 500 + 500 + 400 + 500, without the warm-up and the failed attempt.
    assert_eq!(history["sessions"][0]["volume"], 1900.0);
    let text = ann.text("list_workouts", json!({})).await;
    assert!(
        text.contains(
            "5 @ 60 kg warm-up, 5 @ 100 kg RIR 2, 5 @ 100 kg RPE 10 to failure, 5 @ 80 kg drop set, \
             0 @ 100 kg failed attempt, 5 @ 100 kg"
        ),
        "{text}"
    );
    let list = ann.call("list_workouts", json!({})).await.unwrap();
    assert_eq!(list["workouts"][0]["exercises"][0]["sets"], stored);
});

on_both!(
    reps_in_reserve_raise_the_estimate_and_name_their_source,
    async |world: World| {
        let ann = world.user("ann").await;
        let history = async || {
            let history = ann
                .call("get_exercise_history", json!({"exercise": "bench"}))
                .await
                .unwrap();
            (
                history["sessions"][0]["e1rm"].clone(),
                history["formula"].as_str().unwrap().to_owned(),
            )
        };
        for (set, e1rm, with_reserve) in [
            (
                json!({"reps": 5, "weight": 100, "unit": "kg"}),
                112.5,
                false,
            ),
            // 100 * 36 / (37 - 7), given either way.
            (
                json!({"reps": 5, "weight": 100, "unit": "kg", "rpe": 8}),
                120.0,
                true,
            ),
            (
                json!({"reps": 5, "weight": 100, "unit": "kg", "rir": 2}),
                120.0,
                true,
            ),
            (
                json!({"reps": 3, "weight": 100, "unit": "kg", "rir": 0}),
                105.9,
                true,
            ),
        ] {
            logged(&ann, 0, json!([set])).await;
            let (found, formula) = history().await;
            assert_eq!(found, e1rm, "{set}");
            assert_eq!(formula.contains("Zourdos"), with_reserve, "{formula}");
        }
        let (_, formula) = history().await;
        assert!(
            formula.contains("Brzycki 1993") && formula.contains("10 - RPE"),
            "{formula}"
        );
    }
);

on_both!(
    easy_sets_are_left_out_of_the_plateau_rule,
    async |world: World| {
        let ann = world.user("ann").await;
        // Hard sets rise; an easy week at the end would bend the line down.
        for (days, weight, rpe) in [
            (28, 100.0, 9.0),
            (21, 102.5, 9.0),
            (14, 105.0, 9.0),
            (7, 107.5, 9.0),
            (3, 60.0, 6.0),
            (1, 60.0, 5.0),
        ] {
            logged(
                &ann,
                days,
                json!([{"reps": 5, "weight": weight, "unit": "kg", "rpe": rpe}]),
            )
            .await;
        }
        let progress = ann
            .call("analyze_progress", json!({"exercise": "bench"}))
            .await
            .unwrap();
        assert_eq!(progress["plateau"], "no", "{progress}");
        assert!(
            progress["e1rm"]["slope_per_week"].as_f64() < Some(0.0),
            "{progress}"
        );
    }
);

on_both!(
    drop_sets_and_warm_ups_do_not_decide_the_next_weight,
    async |world: World| {
        let ann = world.user("ann").await;
        logged(&ann, 1, json!([
            {"reps": 5, "weight": 60, "unit": "kg", "kind": "warm_up"},
            {"reps": 8, "weight": 100, "unit": "kg"}, {"reps": 8, "weight": 100, "unit": "kg", "kind": "failure"},
            {"reps": 4, "weight": 80, "unit": "kg", "kind": "drop"}])).await;
        let next = async |target: i64| {
            let next = ann.call(
                "suggest_next_weight",
                json!({"exercise": "bench", "target_reps": target}),
            );
            let next = next.await.unwrap();
            json!([next["weight"], next["reason"]])
        };
        assert_eq!(next(8).await, json!([102.5, "step_up"]));
        logged(
            &ann,
            0,
            json!([
            {"reps": 8, "weight": 102.5, "unit": "kg"},
            {"reps": 0, "weight": 102.5, "unit": "kg", "kind": "failed_attempt"}]),
        )
        .await;
        assert_eq!(next(8).await, json!([102.5, "repeat"]));
    }
);
