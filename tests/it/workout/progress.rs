//! Exercise history and progress analysis, with figures calculated by hand.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

const FORMULA: &str = "Brzycki 1993: weight * 36 / (37 - reps), estimated from reps to fatigue; low confidence above 10 reps";

async fn analyzed(client: &Client, arguments: Value) -> Value {
    let analyzed = client.call("analyze_progress", arguments).await;
    analyzed.expect("figures")
}

on_both!(
    progress_is_a_trend_of_the_best_estimate_of_each_session,
    async |world: World| {
        let ann = world.user("ann").await;
        // 5 reps: times 36 / 32. A line through 180, 180, 189, 189 a week apart has 3.6 a week and r² 0.8.
        for (days, weight) in [(28, 160.0), (21, 160.0), (14, 168.0), (7, 168.0)] {
            let workout = json!({"performed_at": day(days), "exercises": [{"exercise_id": "bench", "sets": [
                {"reps": 10, "weight": 300, "unit": "lb", "is_warmup": true},
                {"reps": 5, "weight": weight, "unit": "lb"}]}]});
            ann.call("create_workout", workout).await.unwrap();
        }
        assert_eq!(
            analyzed(&ann, json!({"exercise": "bench"})).await,
            json!({
                "exercise_id": "barbell-bench-press", "name": "Barbell Bench Press", "unit": "lb",
                "time_period_days": 30, "sessions": 4, "sessions_per_week": 0.93,
                "volume": {"total": 3280.0, "per_session": 820.0, "slope_per_week": 16.0, "r_squared": 0.8},
                "e1rm": {"first": 180.0, "latest": 189.0, "best": 189.0, "slope_per_week": 3.6, "r_squared": 0.8,
                         "low_confidence": false},
                "plateau": "no",
                "all_time": {
                    "heaviest": {"date": day(14), "weight": 168.0, "reps": 5, "e1rm": 189.0},
                    "most_reps": {"date": day(14), "weight": 168.0, "reps": 5, "e1rm": 189.0},
                    "highest_e1rm": {"date": day(14), "weight": 168.0, "reps": 5, "e1rm": 189.0}},
                "best_sets": [
                    {"date": day(7), "weight": 168.0, "reps": 5, "e1rm": 189.0},
                    {"date": day(14), "weight": 168.0, "reps": 5, "e1rm": 189.0},
                    {"date": day(21), "weight": 160.0, "reps": 5, "e1rm": 180.0}],
                "points": [
                    {"date": day(28), "volume": 800.0, "e1rm": 180.0},
                    {"date": day(21), "volume": 800.0, "e1rm": 180.0},
                    {"date": day(14), "volume": 840.0, "e1rm": 189.0},
                    {"date": day(7), "volume": 840.0, "e1rm": 189.0}],
                "formula": FORMULA,
            })
        );
        let shorter = analyzed(&ann, json!({"exercise": "bench", "time_period_days": 15})).await;
        assert_eq!(shorter["sessions"], 2);
        assert_eq!(shorter["sessions_per_week"], 0.93);
        let one = analyzed(&ann, json!({"exercise": "bench", "time_period_days": 14})).await;
        assert_eq!(one["sessions"], 1, "today is one of the days");
        let text = ann
            .text("analyze_progress", json!({"exercise": "bench"}))
            .await;
        assert!(text.contains("+3.6 lb a week (R² 0.8)"), "{text}");
    }
);

on_both!(
    four_sessions_over_three_weeks_without_a_rise_are_a_plateau,
    async |world: World| {
        let ann = world.user("ann").await;
        let verdict = async |exercise: &str, days: [i64; 4], weights: [f64; 4]| {
            for (days, weight) in days.into_iter().zip(weights) {
                ann.lifted(exercise, days, "kg", &[(1, weight)]).await;
            }
            analyzed(&ann, json!({"exercise": exercise})).await["plateau"].clone()
        };
        let weekly = [21, 14, 7, 0];
        assert_eq!(verdict("squat", weekly, [100.0; 4]).await, "yes");
        assert_eq!(
            verdict("bench", weekly, [102.0, 101.0, 101.0, 100.0]).await,
            "yes"
        );
        assert_eq!(
            verdict("row", weekly, [100.0, 100.0, 100.0, 100.5]).await,
            "no"
        );
        assert_eq!(
            verdict("deadlift", [20, 14, 7, 0], [100.0; 4]).await,
            "not_enough_data"
        );
        for days in [28, 14, 0] {
            ann.lifted("ohp", days, "kg", &[(1, 50.0)]).await;
        }
        let few = analyzed(&ann, json!({"exercise": "ohp"})).await;
        assert_eq!(few["plateau"], "not_enough_data");
    }
);

on_both!(
    mixed_units_are_converted_to_the_newest_or_the_configured_unit,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("squat", 14, "lb", &[(1, 100.0)]).await;
        ann.lifted("squat", 7, "kg", &[(1, 50.0)]).await;
        let figures = async || {
            let found = analyzed(&ann, json!({"exercise": "squat"})).await;
            let volume = found["volume"]["total"].clone();
            let [first, latest] = ["first", "latest"].map(|at| found["e1rm"][at].clone());
            json!([found["unit"], first, latest, volume])
        };
        // 1 lb is 0.45359237 kg.
        assert_eq!(figures().await, json!(["kg", 45.4, 50.0, 95.4]));
        let units = async |units: &str| ann.call("update_settings", json!({"units": units})).await;
        units("lb").await.unwrap();
        assert_eq!(figures().await, json!(["lb", 100.0, 110.2, 210.2]));
        units("as_entered").await.unwrap();
        assert_eq!(figures().await[0], "kg");
    }
);

on_both!(
    many_reps_give_low_confidence_and_bodyweight_no_estimate,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("squat", 2, "kg", &[(12, 100.0)]).await;
        let rough = analyzed(&ann, json!({"exercise": "squat"})).await;
        // 100 * 36 / 25
        assert_eq!(
            rough["e1rm"],
            json!({"first": 144.0, "latest": 144.0, "best": 144.0, "low_confidence": true})
        );
        let best = json!({"date": day(2), "weight": 100.0, "reps": 12, "e1rm": 144.0, "low_confidence": true});
        assert_eq!(rough["best_sets"], json!([best]));
        ann.lifted("squat", 1, "kg", &[(12, 100.0), (5, 96.0), (37, 60.0)])
            .await;
        let both = analyzed(&ann, json!({"exercise": "squat"})).await;
        assert_eq!(both["points"][1]["e1rm"], 108.0, "the reliable one counts");
        ann.lifted("pull-up", 1, "kg", &[(8, 0.0), (12, 0.0)]).await;
        let pull_ups = analyzed(&ann, json!({"exercise": "pull-up"})).await;
        assert_eq!(pull_ups["e1rm"], Value::Null);
        let most = json!({"of": "reps", "first": 12.0, "latest": 12.0, "best": 12.0});
        assert_eq!(pull_ups["best"], most);
        assert_eq!(
            pull_ups["volume"],
            json!({"unit": "reps", "total": 20.0, "per_session": 20.0})
        );
        assert_eq!(
            pull_ups["notice"],
            "Pull-Up: volume and e1RM need the body weight, which update_settings takes"
        );
        assert_eq!(pull_ups["plateau"], "not_enough_data");
        assert_eq!(
            pull_ups["best_sets"],
            json!([{"date": day(1), "weight": 0.0, "reps": 12}, {"date": day(1), "weight": 0.0, "reps": 8}])
        );
    }
);

on_both!(
    history_has_sets_as_entered_and_figures_without_warm_ups,
    async |world: World| {
        let ann = world.user("ann").await;
        let old = ann.lifted("squat", 91, "kg", &[(5, 90.0)]).await;
        let workout = json!({"performed_at": day(4), "exercises": [
            {"exercise_id": "squat", "notes": "belt", "sets": [
                {"reps": 20, "weight": 20, "unit": "kg", "is_warmup": true}, {"reps": 5, "weight": 220, "unit": "lb"}]},
            {"exercise_id": "row", "sets": [{"reps": 5, "weight": 60, "unit": "kg"}]},
            {"exercise_id": "squat", "notes": "pause", "sets": [{"reps": 3, "weight": 90, "unit": "kg"}]}]});
        let logged = ann.call("create_workout", workout).await.unwrap();
        let history = ann
            .call("get_exercise_history", json!({"exercise": "squat"}))
            .await;
        // 5 * 99.7903 + 3 * 90, and 99.7903 * 36 / 32.
        let newest = json!({
            "workout_id": logged["workout"]["id"], "date": day(4), "volume": 769.0, "e1rm": 112.3,
            "notes": ["belt", "pause"],
            "sets": [{"reps": 20, "weight": 20.0, "unit": "kg", "is_warmup": true},
                     {"reps": 5, "weight": 220.0, "unit": "lb"}, {"reps": 3, "weight": 90.0, "unit": "kg"}]});
        assert_eq!(
            history.unwrap(),
            json!({"exercise_id": "barbell-back-squat", "name": "Barbell Back Squat", "unit": "kg", "days": 90,
                   "sessions": [newest], "formula": FORMULA})
        );
        let longer = ann.call(
            "get_exercise_history",
            json!({"exercise": "squat", "days": 10_000}),
        );
        let longer = longer.await.unwrap();
        assert_eq!(longer["days"], 365, "no more than a year");
        let oldest = json!({"workout_id": old, "date": day(91), "volume": 450.0, "e1rm": 101.3,
                            "sets": [{"reps": 5, "weight": 90.0, "unit": "kg"}]});
        assert_eq!(longer["sessions"], json!([newest, oldest]));
    }
);

on_both!(
    progress_without_data_has_no_figures,
    async |world: World| {
        let ann = world.user("ann").await;
        let nothing = analyzed(&ann, json!({"exercise": "squat"})).await;
        assert_eq!(nothing["sessions"], 0);
        assert_eq!(nothing["volume"], json!({"total": 0.0, "per_session": 0.0}));
        assert_eq!(nothing["best"], Value::Null);
        assert_eq!(nothing["plateau"], "not_enough_data");
        assert_eq!(
            nothing["notice"],
            "Barbell Back Squat: nothing logged in the last 30 days"
        );
        let text = ann
            .text("get_exercise_history", json!({"exercise": "squat"}))
            .await;
        assert_eq!(
            text,
            "Barbell Back Squat: nothing logged in the last 90 days"
        );
        for (tool, argument) in [
            ("analyze_progress", "time_period_days"),
            ("get_exercise_history", "days"),
        ] {
            for days in [0, -5, i64::MIN] {
                let refused = ann
                    .call(tool, json!({"exercise": "squat", argument: days}))
                    .await;
                let error = format!("{argument}: is {days}; it must be from 1 to 36500");
                assert_eq!(refused.unwrap_err(), error);
            }
        }
    }
);
