//! User settings and their effect on other tools.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

const DEFAULTS: &str = r#"{"max_history_days": 365, "include_notes": true, "rate_limit_notify": true,
    "units": "as_entered", "time_zone": "UTC", "week_start": "monday"}"#;

async fn set(client: &Client, settings: Value) -> Value {
    client.call("update_settings", settings).await.expect("set")
}

on_both!(
    settings_have_defaults_and_change_one_by_one,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let mut expected: Value = serde_json::from_str(DEFAULTS).unwrap();
        assert_eq!(ann.call("get_settings", json!({})).await.unwrap(), expected);
        assert_eq!(set(&ann, json!({})).await, expected);
        for (setting, value) in [
            ("max_history_days", json!(30)),
            ("include_notes", json!(false)),
            ("rate_limit_notify", json!(false)),
            ("units", json!("lb")),
            ("time_zone", json!("America/Denver")),
            ("week_start", json!("sunday")),
            ("units", json!("as_entered")),
            ("max_history_days", json!(365)),
        ] {
            expected[setting] = value.clone();
            assert_eq!(set(&ann, json!({setting: value})).await, expected);
            assert_eq!(ann.call("get_settings", json!({})).await.unwrap(), expected);
        }
        let nulls = json!({"max_history_days": null, "include_notes": null, "units": null, "time_zone": null});
        assert_eq!(set(&ann, nulls).await, expected);
        let bobs = bob.call("get_settings", json!({})).await.unwrap();
        assert_eq!(bobs, serde_json::from_str::<Value>(DEFAULTS).unwrap());
    }
);

on_both!(an_invalid_setting_changes_none, async |world: World| {
    let ann = world.user("ann").await;
    for (setting, value, error) in [
        (
            "max_history_days",
            json!(0),
            "max_history_days: is 0; it must be from 1 to 365",
        ),
        (
            "max_history_days",
            json!(366),
            "max_history_days: is 366; it must be from 1 to 365",
        ),
        (
            "time_zone",
            json!("Mars/Olympus"),
            "time_zone: \"Mars/Olympus\" is no IANA time zone such as America/Denver",
        ),
        (
            "units",
            json!("stone"),
            "units: is \"stone\"; it must be one of as_entered, lb, kg",
        ),
        (
            "include_notes",
            json!("no"),
            "include_notes: is \"no\"; it must be true or false",
        ),
    ] {
        let mut settings = json!({"rate_limit_notify": false});
        settings[setting] = value;
        let refused = ann.call("update_settings", settings).await;
        assert_eq!(refused.unwrap_err(), error);
    }
    assert_eq!(world.stored().await, [""; 0]);
});

on_both!(body_weight_has_a_history_by_date, async |world: World| {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    set(
        &ann,
        json!({"body_weight": 80, "body_weight_date": day(40)}),
    )
    .await;
    let ids = json!({"fitness.progstrength/turn_id": "t", "fitness.progstrength/tool_use_id": "c"});
    let later = json!({"body_weight": 180, "body_weight_unit": "lb"});
    for _ in 0..2 {
        let result = ann.result("update_settings", later.clone(), ids.clone());
        assert_eq!(
            result.await.structured_content.unwrap()["body_weight"],
            json!([{"date": day(0), "weight": 180.0, "unit": "lb"},
                       {"date": day(40), "weight": 80.0, "unit": "kg"}])
        );
    }
    // The unit is that of the last one, and a day has one weight.
    let corrected = set(&ann, json!({"body_weight": 181})).await;
    assert_eq!(
        corrected["body_weight"][0],
        json!({"date": day(0), "weight": 181.0, "unit": "lb"})
    );
    assert!(corrected.get("notice").is_none(), "{corrected}");
    let bobs = bob.call("get_settings", json!({})).await.unwrap();
    assert!(bobs.get("body_weight").is_none(), "{bobs}");
    for (settings, error) in [
        (
            json!({"body_weight": 3}),
            "body_weight: is 3; it must be from 20 to 1000",
        ),
        (
            json!({"body_weight_unit": "kg"}),
            "body_weight: is missing beside its unit or date",
        ),
        (
            json!({"body_weight": 80, "body_weight_date": day(-3)}),
            "is in the future",
        ),
    ] {
        let refused = ann.call("update_settings", settings).await.unwrap_err();
        assert!(refused.contains(error), "{refused}");
    }
});

on_both!(
    a_body_weight_without_a_unit_is_in_that_of_the_log_and_says_so,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("squat", 3, "lb", &[(5, 225.0), (5, 225.0)])
            .await;
        ann.lifted("bench press", 2, "kg", &[(5, 60.0)]).await;
        let first = set(&ann, json!({"body_weight": 180})).await;
        assert_eq!(first["body_weight"][0]["unit"], "lb");
        assert_eq!(
            first["notice"],
            "body weight was taken as 180 lb; body_weight_unit corrects it"
        );
    }
);

on_both!(the_time_zone_decides_the_day, async |world: World| {
    let ann = world.user("ann").await;
    set(&ann, json!({"time_zone": "Asia/Tokyo"})).await;
    let squat =
        json!([{"exercise_id": "squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}]);
    let at = format!("{}T20:00:00Z", day(3));
    let logged = ann
        .call(
            "create_workout",
            json!({"performed_at": at, "exercises": squat}),
        )
        .await;
    let expected = format!("{}T05:00:00+09:00", day(2));
    assert_eq!(logged.unwrap()["workout"]["performed_at"], expected);
    let history = ann
        .call("get_exercise_history", json!({"exercise": "squat"}))
        .await;
    assert_eq!(history.unwrap()["sessions"][0]["date"], day(2));
    let noon = json!({"performed_at": day(3), "exercises": squat});
    let logged = ann.call("create_workout", noon).await.unwrap();
    assert_eq!(
        logged["workout"]["performed_at"],
        format!("{}T12:00:00+09:00", day(3))
    );
});

on_both!(
    hidden_notes_are_stored_but_never_returned,
    async |world: World| {
        let ann = world.user("ann").await;
        let workout = json!({"name": "Legs", "notes": "SECRET", "exercises": [
            {"exercise_id": "squat", "notes": "SECRET", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}]});
        set(&ann, json!({"include_notes": false})).await;
        let logged = ann.call("create_workout", workout).await.unwrap();
        let id = &logged["workout"]["id"];
        let squat = json!({"exercise": "squat"});
        let calls = [
            ("list_workouts", json!({})),
            ("get_exercise_history", squat.clone()),
            ("suggest_next_weight", squat.clone()),
            ("analyze_progress", squat),
            (
                "update_workout",
                json!({"workout_id": id, "name": "Leg day"}),
            ),
        ];
        let shown = async || {
            let mut all = logged.to_string();
            for (tool, arguments) in calls.clone() {
                let result = ann.result(tool, arguments, json!({})).await;
                all += &serde_json::to_string(&result).unwrap();
            }
            for prompt in [
                "suggest_deload",
                "weekly_review",
                "plan_my_week",
                "break_plateau",
            ] {
                all += &ann.prompt(prompt, json!({})).await.unwrap();
            }
            all + &ann
                .resource("workout://performance/history/squat")
                .await
                .unwrap()
        };
        let hidden = shown().await;
        assert!(!hidden.contains("SECRET"), "{hidden}");
        set(&ann, json!({"include_notes": true})).await;
        assert!(shown().await.matches("SECRET").count() > 8);
    }
);

on_both!(
    the_history_limit_hides_older_data_everywhere,
    async |world: World| {
        let ann = world.user("ann").await;
        let old = ann.lifted("squat", 40, "kg", &[(1, 123.0)]).await;
        let new = ann.lifted("squat", 5, "kg", &[(1, 100.0)]).await;
        let dates = async |tool: &str, list: &str, arguments: Value| {
            let data = ann.call(tool, arguments).await.unwrap();
            data[list].as_array().unwrap().len()
        };
        let year = json!({"exercise": "squat", "days": 365});
        let period = json!({"exercise": "squat", "time_period_days": 365});
        let squat = json!({"exercise": "squat"});
        for (cap, seen) in [(365, 2), (10, 1), (41, 2), (40, 1), (3, 0)] {
            set(&ann, json!({"max_history_days": cap})).await;
            assert_eq!(
                dates("list_workouts", "workouts", json!({})).await,
                seen,
                "{cap}"
            );
            assert_eq!(
                dates("get_exercise_history", "sessions", year.clone()).await,
                seen
            );
            assert_eq!(
                dates("analyze_progress", "points", period.clone()).await,
                seen
            );
            assert_eq!(
                dates("suggest_next_weight", "based_on", squat.clone()).await,
                seen
            );
        }
        let before = ann
            .call("list_workouts", json!({"before": new}))
            .await
            .unwrap();
        assert_eq!(before, json!({"workouts": []}), "{old}");
        let error = ann
            .call("check_volume_landmarks", json!({"week": day(40)}))
            .await;
        assert!(
            error
                .unwrap_err()
                .ends_with("is more than 3 days ago; no further back is shown")
        );
        for prompt in [
            "suggest_deload",
            "weekly_review",
            "plan_my_week",
            "break_plateau",
        ] {
            let filled = ann.prompt(prompt, json!({})).await.unwrap();
            assert!(!filled.contains("123"), "{filled}");
        }
    }
);
