//! Weekly sets per muscle.

use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

/// The Monday of the week before the last one.
fn monday() -> Date {
    let date: Date = day(14).parse().expect("a date");
    date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days())
}

async fn log(client: &Client, exercise: &str, at: &str, zone: &str, sets: usize) {
    let mut all = vec![json!({"reps": 8, "weight": 60, "unit": "kg"}); sets];
    all.push(json!({"reps": 8, "weight": 20, "unit": "kg", "is_warmup": true}));
    let exercises = json!([{"exercise_id": exercise, "sets": all}]);
    let workout = json!({"performed_at": at, "client_timezone": zone, "exercises": exercises});
    client
        .call("create_workout", workout)
        .await
        .expect("logged");
}

async fn checked(client: &Client, arguments: Value) -> Value {
    let checked = client.call("check_volume_landmarks", arguments).await;
    checked.expect("figures")
}

/// Muscle, direct and fractional sets, for muscles with sets.
fn sets(report: &Value) -> Vec<Value> {
    let muscles = report["muscles"].as_array().expect("muscles").iter();
    let trained = muscles.filter(|m| m["fractional"] != 0.0);
    trained
        .map(|m| json!([m["muscle"], m["direct"], m["fractional"]]))
        .collect()
}

on_both!(
    sets_count_one_for_primary_and_half_for_secondary_muscles,
    async |world: World| {
        let ann = world.user("ann").await;
        let monday = monday();
        log(&ann, "bench", &monday.to_string(), "UTC", 3).await;
        log(
            &ann,
            "bench",
            &monday.saturating_add(6.days()).to_string(),
            "UTC",
            3,
        )
        .await;
        log(
            &ann,
            "row",
            &monday.saturating_add(2.days()).to_string(),
            "UTC",
            5,
        )
        .await;
        log(
            &ann,
            "squat",
            &monday.saturating_sub(1.days()).to_string(),
            "UTC",
            9,
        )
        .await;
        log(
            &ann,
            "squat",
            &monday.saturating_add(7.days()).to_string(),
            "UTC",
            9,
        )
        .await;
        let report = checked(&ann, json!({"week": monday.to_string()})).await;
        assert_eq!(
            sets(&report),
            [
                json!(["chest", 6, 6.0]),
                json!(["back", 5, 5.0]),
                json!(["rear_delts", 0, 2.5]),
                json!(["front_delts", 0, 3.0]),
                json!(["biceps", 0, 2.5]),
                json!(["triceps", 0, 3.0]),
                json!(["traps", 0, 2.5]),
                json!(["lower_back", 0, 2.5]),
            ]
        );
        assert_eq!(report["muscles"].as_array().unwrap().len(), 17);
        let iso = monday.iso_week_date();
        let iso = format!("{}-W{:02}", iso.year(), iso.week());
        assert_eq!(checked(&ann, json!({"week": iso})).await, report);
        let sunday = monday.saturating_add(6.days()).to_string();
        assert_eq!(checked(&ann, json!({"week": sunday})).await, report);
    }
);

on_both!(
    each_muscle_is_compared_with_landmarks_of_known_source_and_date,
    async |world: World| {
        let ann = world.user("ann").await;
        let monday = monday();
        log(&ann, "bench", &monday.to_string(), "UTC", 6).await;
        let week = json!({"week": monday.to_string(), "muscle_group": "Pecs"});
        let range = |min: f64, max: f64| json!({"min": min, "max": max});
        assert_eq!(
            checked(&ann, week).await,
            json!({
                "week_begins": monday.to_string(), "week_ends": monday.saturating_add(6.days()).to_string(),
                "complete": true,
                "muscles": [{"muscle": "chest", "direct": 6, "fractional": 6.0, "days": 1,
                             "landmarks": {"mv": range(2.0, 4.0), "mev": range(4.0, 6.0), "mav": range(6.0, 16.0),
                                           "mrv": range(16.0, 24.0)},
                             "mrv_for_days": range(5.0, 12.0),
                             "zone": "productive", "fractional_zone": "productive"}],
                "source": "melvio/lifting-volumes-overview README, which cites Renaissance Periodization (rpstrength.com)",
                "source_url": "https://github.com/melvio/lifting-volumes-overview/blob/\
                               dc689d3d88fd8ccc54d890ee554fb3467e188ff3/README.md",
                "source_commit": "dc689d3d88fd8ccc54d890ee554fb3467e188ff3", "as_of": "2025-11-01",
                "note": "working sets per muscle and week, lifters who have trained the muscle for 3 to 7 years or more; \
                         general guidance, not medical advice; MRV by days: those of the week on which the muscle was trained, \
                         or of the week before while this one is not over",
            })
        );
        let shoulders = checked(&ann, json!({"muscle_group": "shoulders"})).await;
        let muscles = shoulders["muscles"].as_array().unwrap().iter();
        let muscles: Vec<&Value> = muscles.map(|m| &m["muscle"]).collect();
        assert_eq!(muscles, ["front_delts", "side_delts", "rear_delts"]);
        assert_eq!(shoulders["complete"], false, "this week");
    }
);

on_both!(
    mrv_is_that_of_the_days_on_which_the_muscle_was_trained,
    async |world: World| {
        let ann = world.user("ann").await;
        let monday = monday();
        let on = |days: i64| monday.saturating_add(days.days()).to_string();
        for at in [0, 2, 4] {
            log(&ann, "bench", &on(at), "UTC", 8).await;
        }
        let chest = async |week: Value| {
            let mut week = week;
            week["muscle_group"] = "chest".into();
            let report = checked(&ann, week).await;
            let chest = &report["muscles"][0];
            json!([
                chest["direct"],
                chest["days"],
                chest["mrv_for_days"],
                chest["zone"]
            ])
        };
        // 24 sets are the general MRV, and below that of three days.
        assert_eq!(
            chest(json!({"week": on(0)})).await,
            json!([24, 3, {"min": 25.0, "max": 25.0}, "high"])
        );
        for at in [1, 3] {
            log(&ann, "bench", &on(at), "UTC", 1).await;
        }
        assert_eq!(
            chest(json!({"week": on(0)})).await,
            json!([26, 5, {"min": 35.0}, "high"])
        );
        // Failed attempts are no sets of training, and no days.
        let failed = json!([{"reps": 0, "weight": 100, "unit": "kg", "kind": "failed"}]);
        let failed =
            json!({"performed_at": on(5), "exercises": [{"exercise_id": "bench", "sets": failed}]});
        ann.call("create_workout", failed).await.unwrap();
        assert_eq!(chest(json!({"week": on(0)})).await[1], 5);
    }
);

on_both!(
    weeks_begin_on_sunday_if_the_user_has_set_it,
    async |world: World| {
        let ann = world.user("ann").await;
        let monday = monday();
        let sunday = monday.saturating_sub(1.days());
        log(&ann, "bench", &sunday.to_string(), "UTC", 4).await;
        let sets = async |week: Date| {
            let report = checked(
                &ann,
                json!({"week": week.to_string(), "muscle_group": "chest"}),
            )
            .await;
            json!([
                report["week_begins"],
                report["week_ends"],
                report["muscles"][0]["direct"]
            ])
        };
        let after = |date: Date, days: i64| date.saturating_add(days.days()).to_string();
        assert_eq!(
            sets(monday).await,
            json!([after(monday, 0), after(monday, 6), 0])
        );
        ann.call("update_settings", json!({"week_start": "sunday"}))
            .await
            .unwrap();
        for day in [monday, sunday] {
            assert_eq!(
                sets(day).await,
                json!([after(sunday, 0), after(sunday, 6), 4])
            );
        }
        let review = ann.prompt("weekly_review", json!({})).await.unwrap();
        let today: Date = day(0).parse().unwrap();
        let first = today.saturating_sub(i64::from(today.weekday().to_sunday_zero_offset()).days());
        assert!(
            review.contains(&format!("Working sets from {first} to")),
            "{review}"
        );
    }
);

on_both!(
    the_time_zone_decides_the_week_of_a_sunday_night,
    async |world: World| {
        let ann = world.user("ann").await;
        let monday = monday();
        let sunday = monday.saturating_sub(1.days());
        // Monday 04:00 or 05:00 in UTC.
        log(
            &ann,
            "bench",
            &format!("{sunday}T22:00"),
            "America/Denver",
            4,
        )
        .await;
        let chest = async |week: Date, zone: Option<&str>| {
            let week =
                json!({"week": week.to_string(), "muscle_group": "chest", "client_timezone": zone});
            checked(&ann, week).await["muscles"][0]["direct"].clone()
        };
        assert_eq!(chest(sunday, Some("America/Denver")).await, 4);
        assert_eq!(chest(monday, Some("America/Denver")).await, 0);
        assert_eq!(chest(sunday, None).await, 0);
        assert_eq!(chest(monday, None).await, 4);
        let denver = json!({"time_zone": "America/Denver"});
        ann.call("update_settings", denver).await.unwrap();
        assert_eq!(chest(sunday, None).await, 4, "as the user has set it");
        assert_eq!(
            chest(monday, Some("UTC")).await,
            4,
            "but the call goes first"
        );
        let noted = json!({"fitness.progstrength/client_timezone": "Europe/Berlin"});
        let week = json!({"week": monday.to_string(), "muscle_group": "chest"});
        let result = ann.result("check_volume_landmarks", week, noted).await;
        let report = result.structured_content.unwrap();
        assert_eq!(report["muscles"][0]["direct"], 4, "and so does its _meta");
    }
);

on_both!(
    invalid_future_and_too_old_weeks_are_errors,
    async |world: World| {
        let ann = world.user("ann").await;
        let refused = async |arguments: Value| {
            let refused = ann.call("check_volume_landmarks", arguments).await;
            refused.unwrap_err()
        };
        for week in ["2026-W54", "soon", "2026-02-30", "99999-W01", "-W-"] {
            assert_eq!(
                refused(json!({"week": week})).await,
                format!("week: \"{week}\" is no week; write a date in it (2026-11-21) or 2026-W47")
            );
        }
        let error = refused(json!({"week": day(-8)})).await;
        assert!(
            error.starts_with("week: the week of ") && error.ends_with(" is in the future"),
            "{error}"
        );
        let error = refused(json!({"week": day(380)})).await;
        assert!(
            error.ends_with(" is more than 365 days ago; no further back is shown"),
            "{error}"
        );
        let error = refused(json!({"muscle_group": "tail"})).await;
        assert!(
            error.starts_with("muscle_group: \"tail\" is unknown; it is one of chest, "),
            "{error}"
        );
        let error = refused(json!({"client_timezone": "Mars/Olympus"})).await;
        assert_eq!(
            error,
            "client_timezone: \"Mars/Olympus\" is no IANA time zone such as America/Denver"
        );
    }
);
