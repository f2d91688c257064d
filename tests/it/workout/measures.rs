//! Figures and words by what an exercise is measured in and loaded with: holds, carries, assistance, body weight.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

async fn analyzed(client: &Client, exercise: &str) -> Value {
    let period = json!({"exercise": exercise, "time_period_days": 60});
    client
        .call("analyze_progress", period)
        .await
        .expect("figures")
}

/// Four sessions a week apart, each of one set of (count, weight), oldest first.
async fn weekly(client: &Client, exercise: &str, sets: [(u32, f64); 4]) {
    for (days, set) in [28, 21, 14, 7].into_iter().zip(sets) {
        client.lifted(exercise, days, "kg", &[set]).await;
    }
}

on_both!(
    holds_and_carries_have_trends_of_seconds_and_metres,
    async |world: World| {
        let ann = world.user("ann").await;
        weekly(&ann, "plank", [(60, 0.0), (60, 0.0), (75, 0.0), (90, 0.0)]).await;
        let plank = analyzed(&ann, "plank").await;
        assert_eq!(plank["e1rm"], Value::Null);
        assert_eq!(
            plank["best"],
            json!({"of": "seconds", "first": 60.0, "latest": 90.0, "best": 90.0, "slope_per_week": 10.5, "r_squared": 0.89})
        );
        assert_eq!(plank["volume"]["unit"], "s");
        assert_eq!(plank["volume"]["total"], 285.0);
        assert_eq!(plank["plateau"], "no");
        let text = ann.text(
            "analyze_progress",
            json!({"exercise": "plank", "time_period_days": 60}),
        );
        let text = text.await;
        assert!(
            text.contains("Longest: first 60, latest 90, best 90 s; +10.5 s a week"),
            "{text}"
        );
        assert!(text.contains("Best sets: 90 s on "), "{text}");

        let carry = "dumbbell-farmers-carry";
        weekly(
            &ann,
            carry,
            [(40, 24.0), (40, 26.0), (40, 28.0), (40, 28.0)],
        )
        .await;
        let carried = analyzed(&ann, carry).await;
        assert_eq!(carried["best"]["of"], "weight");
        assert_eq!(carried["best"]["best"], 28.0);
        assert_eq!(
            (&carried["volume"]["unit"], &carried["volume"]["total"]),
            (&json!("m"), &json!(160.0))
        );
        let history = ann
            .text("get_exercise_history", json!({"exercise": carry}))
            .await;
        assert!(history.contains(": 40 m @ 28 kg"), "{history}");
        for exercise in ["plank", carry, "running"] {
            let next = ann
                .call("suggest_next_weight", json!({"exercise": exercise}))
                .await
                .unwrap();
            assert_eq!(
                (&next["weight"], &next["reason"]),
                (&Value::Null, &Value::Null)
            );
            let notice = next["notice"].as_str().unwrap();
            assert!(notice.contains("there is no next weight"), "{notice}");
        }
    }
);

on_both!(
    a_hold_that_gets_no_longer_is_a_plateau,
    async |world: World| {
        let ann = world.user("ann").await;
        weekly(&ann, "plank", [(60, 0.0); 4]).await;
        assert_eq!(analyzed(&ann, "plank").await["plateau"], "yes");
        weekly(&ann, "pull-up", [(8, 0.0), (8, 0.0), (9, 0.0), (10, 0.0)]).await;
        assert_eq!(analyzed(&ann, "pull-up").await["plateau"], "no");
    }
);

on_both!(
    more_repetitions_with_the_same_weight_are_no_plateau,
    async |world: World| {
        let ann = world.user("ann").await;
        for exercise in ["pull-up", "assisted pull-up"] {
            weekly(&ann, exercise, [(5, 30.0), (6, 30.0), (7, 30.0), (8, 30.0)]).await;
            let analyzed = analyzed(&ann, exercise).await;
            assert_eq!(analyzed["best"]["of"], "reps", "{exercise}");
            assert_eq!(analyzed["plateau"], "no", "{exercise}");
        }
    }
);

on_both!(
    with_a_body_weight_pull_ups_have_volume_and_an_estimate,
    async |world: World| {
        let ann = world.user("ann").await;
        weekly(&ann, "pull-up", [(5, 0.0), (5, 0.0), (5, 10.0), (5, 20.0)]).await;
        let without = analyzed(&ann, "pull-up").await;
        assert_eq!(without["e1rm"], Value::Null);
        assert_eq!(
            (&without["best"]["of"], &without["best"]["best"]),
            (&json!("weight"), &json!(20.0))
        );
        for (weight, days) in [(80, 60), (85, 10)] {
            let weight = json!({"body_weight": weight, "body_weight_unit": "kg", "body_weight_date": day(days)});
            ann.call("update_settings", weight).await.unwrap();
        }
        let with = analyzed(&ann, "pull-up").await;
        // Five reps: times 36 / 32. 80 kg, and 85 and 20 kg.
        assert_eq!(
            json!([with["e1rm"]["first"], with["e1rm"]["latest"], with["best"]]),
            json!([90.0, 118.1, null])
        );
        // 5 * (80 + 80 + 90 + 105)
        assert_eq!(
            (&with["volume"]["total"], &with["volume"]["unit"]),
            (&json!(1775.0), &Value::Null)
        );
        let formula = with["formula"].as_str().unwrap();
        assert!(
            formula.ends_with("weight is body weight and what was added"),
            "{formula}"
        );
        let text = ann
            .text("get_exercise_history", json!({"exercise": "pull-up"}))
            .await;
        assert!(
            text.contains(": 5 @ +20 kg (e1RM 118.1 kg)")
                && text.contains(": 5 @ bodyweight (e1RM 90 kg)"),
            "{text}"
        );
    }
);

on_both!(less_assistance_is_progress, async |world: World| {
    let ann = world.user("ann").await;
    weekly(
        &ann,
        "assisted pull-up",
        [(8, 40.0), (8, 35.0), (8, 30.0), (8, 30.0)],
    )
    .await;
    let assisted = analyzed(&ann, "assisted pull-up").await;
    assert_eq!(
        assisted["best"],
        json!({"of": "assistance", "first": 40.0, "latest": 30.0, "best": 30.0, "slope_per_week": -3.5, "r_squared": 0.89})
    );
    assert_eq!(assisted["plateau"], "no");
    assert_eq!(assisted["best_sets"][0]["weight"], 30.0);
    let next = ann
        .call(
            "suggest_next_weight",
            json!({"exercise": "assisted pull-up"}),
        )
        .await
        .unwrap();
    assert_eq!(
        json!([next["last_weight"], next["weight"], next["reason"]]),
        json!([30.0, 25.0, "step_up"])
    );
    let text = ann
        .text(
            "suggest_next_weight",
            json!({"exercise": "assisted pull-up"}),
        )
        .await;
    assert!(
        text.contains("next 25 kg assistance") && text.contains("5 kg less assistance"),
        "{text}"
    );
    ann.call(
        "update_settings",
        json!({"body_weight": 80, "body_weight_unit": "kg"}),
    )
    .await
    .unwrap();
    // (80 - 30) * 36 / 29
    assert_eq!(
        analyzed(&ann, "assisted pull-up").await["e1rm"]["latest"],
        62.1
    );
});

on_both!(
    all_time_bests_follow_measure_load_and_body_weight,
    async |world: World| {
        let ann = world.user("ann").await;
        let best = async |exercise: &str| {
            let about = json!({"exercise": exercise});
            let progress = ann.call("analyze_progress", about.clone()).await.unwrap();
            let text = ann.text("analyze_progress", about).await;
            let all_time = &progress["all_time"];
            let set = |name: &str| {
                let set = &all_time[name];
                json!([set["date"], set["reps"], set["weight"], set["e1rm"]])
            };
            (["heaviest", "most_reps", "highest_e1rm"].map(set), text)
        };
        // Long ago, outside the period; in pounds, which is then the unit of all.
        ann.lifted("plank", 100, "lb", &[(90, 0.0), (60, 22.5)])
            .await;
        let ([heaviest, longest, e1rm], text) = best("plank").await;
        assert_eq!(heaviest, json!([day(100), 60, 22.5, null]));
        assert_eq!(longest, json!([day(100), 90, 0.0, null]));
        assert_eq!(e1rm, json!([null, null, null, null]));
        let all_time = format!(
            "All time: heaviest 60 s @ 22.5 lb on {0}, longest 90 s on {0}",
            day(100)
        );
        assert!(text.contains(&all_time), "{text}");

        ann.lifted("assisted pull-up", 9, "kg", &[(8, 40.0), (8, 25.0)])
            .await;
        let ([least, ..], _) = best("assisted pull-up").await;
        assert_eq!(least, json!([day(9), 8, 25.0, null]));

        // The same set twice: heavier the second time, by the body.
        for days in [50, 5] {
            ann.lifted("pull-up", days, "kg", &[(5, 10.0)]).await;
        }
        for (weight, days) in [(80, 60), (85, 10)] {
            let weight = json!({"body_weight": weight, "body_weight_unit": "kg", "body_weight_date": day(days)});
            ann.call("update_settings", weight).await.unwrap();
        }
        let ([heaviest, _, e1rm], _) = best("pull-up").await;
        assert_eq!(heaviest, json!([day(50), 5, 10.0, 101.3]));
        // (85 + 10) * 36 / 32
        assert_eq!(e1rm, json!([day(5), 5, 10.0, 106.9]));

        let sets = json!([{"reps": 5, "weight": 100, "unit": "kg", "rir": 2},
                          {"reps": 5, "weight": 100, "unit": "kg"},
                          {"reps": 0, "weight": 140, "unit": "kg", "kind": "failed_attempt"}]);
        let bench =
            json!({"performed_at": day(3), "exercises": [{"exercise_id": "bench", "sets": sets}]});
        ann.call("create_workout", bench).await.unwrap();
        let ([heaviest, _, e1rm], _) = best("bench").await;
        assert_eq!(heaviest[2], 100.0);
        // With two in reserve: 100 * 36 / 30.
        assert_eq!(e1rm, json!([day(3), 5, 100.0, 120.0]));
    }
);

#[tokio::test]
async fn a_formula_is_shown_only_where_a_maximum_is_estimated() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    for (exercise, weight, has_one) in [
        ("squat", 100.0, true),
        ("plank", 0.0, false),
        ("running", 0.0, false),
        ("farmers carry", 32.0, false),
        ("push-up", 0.0, false),
    ] {
        ann.lifted(exercise, 2, "kg", &[(30, weight)]).await;
        for tool in ["analyze_progress", "get_exercise_history"] {
            let answer = ann.call(tool, json!({"exercise": exercise})).await;
            let formula = &answer.unwrap()["formula"];
            assert_eq!(formula.is_string(), has_one, "{tool} {exercise}: {formula}");
        }
    }
}
