//! Suggestion of the next weight.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

async fn suggested(client: &Client, exercise: &str) -> Value {
    let next = client.call("suggest_next_weight", json!({"exercise": exercise}));
    next.await.expect("a suggestion")
}

async fn aimed(client: &Client, exercise: &str, aim: Value) -> Value {
    let mut arguments = aim;
    arguments["exercise"] = exercise.into();
    let next = client.call("suggest_next_weight", arguments);
    next.await.expect("a suggestion")
}

/// The target: its ends, and where it is from.
fn target(next: &Value) -> Value {
    json!([next["reps_min"], next["reps_max"], next["target_from"]])
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
        ann.lifted("bench", 9, "lb", &[(4, 185.0)]).await;
        let workout = json!({"performed_at": day(2), "exercises": [{"exercise_id": "bench", "sets": [
            {"reps": 3, "weight": 45, "unit": "lb", "is_warmup": true},
            {"reps": 10, "weight": 185, "unit": "lb"}, {"reps": 11, "weight": 175, "unit": "lb"}]}]});
        let newer = ann.call("create_workout", workout.clone()).await.unwrap();
        let sets = &newer["workout"]["exercises"][0]["sets"];
        assert_eq!(
            suggested(&ann, "bench").await,
            json!({
                "exercise_id": "barbell-bench-press", "name": "Barbell Bench Press", "unit": "lb",
                "target_reps": 10, "reps_min": 10, "reps_max": 10, "target_from": "log",
                "weight": 190.0, "last_weight": 185.0, "reason": "step_up", "step_increment": 5.0,
                "progression_limit": 660.0, "days": 365,
                // 185 * 36 / 27 of the sets with ten reps or less; 1850 + 1925.
                "based_on": [
                    {"workout_id": newer["workout"]["id"], "date": day(2), "sets": sets, "volume": 3775.0, "e1rm": 246.7}],
            })
        );
        let higher = ann.call(
            "suggest_next_weight",
            json!({"exercise": "bench", "target_reps": 11}),
        );
        // Done for ten, once: eleven may follow.
        assert_eq!(
            short(&higher.await.unwrap()),
            json!([185.0, "repeat", 185.0, "lb"])
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
        for days in [9, 5] {
            ann.lifted("bench", days, "lb", &[(10, 185.0), (9, 185.0)])
                .await;
        }
        assert_eq!(
            short(&aimed(&ann, "bench", json!({"target_reps": 10})).await),
            json!([185.0, "back_off", 165.0, "lb"])
        );
        // Nine was reached.
        assert_eq!(
            short(&aimed(&ann, "bench", json!({"target_reps": 9})).await),
            json!([185.0, "step_up", 190.0, "lb"])
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
        ann.lifted("push-up", 3, "kg", &[(9, 0.0), (8, 0.0)]).await;
        ann.lifted("push-up", 2, "kg", &[(9, 0.0), (7, 0.0)]).await;
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
    let nothing = json!({"exercise_id": "barbell-back-squat", "name": "Barbell Back Squat",
                             "unit": "kg", "days": 365, "step_increment": 5.0, "progression_limit": 400.0, "based_on": [],
                         "notice": "Barbell Back Squat: nothing logged in the last 365 days, so there is nothing to go by"});
    assert_eq!(suggested(&ann, "squat").await, nothing);
    let warm_up = json!({"exercises": [{"exercise_id": "squat", "sets": [
            {"reps": 10, "weight": 20, "unit": "kg", "is_warmup": true}]}]});
    ann.call("create_workout", warm_up).await.unwrap();
    let mut found = nothing;
    let mut only = async |kinds: &str| {
        let notice = format!(
            "Barbell Back Squat: only {kinds} logged in the last 365 days, so there is nothing to go by"
        );
        found["notice"] = notice.as_str().into();
        assert_eq!(suggested(&ann, "squat").await, found);
        let text = ann.text("suggest_next_weight", json!({"exercise": "squat"}));
        let text = text.await;
        assert!(text.contains(&notice), "{text}");
    };
    only("warm-up sets").await;
    let failed = json!({"exercises": [{"exercise_id": "squat", "sets": [
            {"reps": 0, "weight": 140, "unit": "kg", "kind": "failed_attempt"}]}]});
    ann.call("create_workout", failed).await.unwrap();
    only("warm-up sets and failed attempts").await;
    for target in [0, 101, -1] {
        let refused = json!({"exercise": "squat", "target_reps": target});
        assert_eq!(
            ann.call("suggest_next_weight", refused).await.unwrap_err(),
            format!("target_reps: is {target}; it must be from 1 to 100")
        );
    }
});

on_both!(
    the_target_is_the_argument_else_the_plan_else_the_log,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("bench", 3, "kg", &[(10, 60.0), (10, 60.0)])
            .await;
        assert_eq!(
            target(&suggested(&ann, "bench").await),
            json!([10, 10, "log"])
        );
        let session = json!({"name": "a", "exercises": [
            {"exercise_id": "bench", "sets": 3, "reps_min": 8, "reps_max": 12}]});
        let plan = json!({"name": "Mine", "duration_weeks": 4, "sessions": [session]});
        let plan = ann.call("create_workout_plan", plan).await.unwrap();
        let active = json!({"plan_id": plan["plan_id"]});
        assert_eq!(
            target(&suggested(&ann, "bench").await)[2],
            "log",
            "not active"
        );
        let mut later = active.clone();
        later["starts_at"] = "2099-02-01".into();
        ann.call("activate_plan", later).await.unwrap();
        assert_eq!(
            suggested(&ann, "bench").await["target_from"],
            "log",
            "not begun"
        );
        ann.call("activate_plan", active).await.unwrap();
        let planned = suggested(&ann, "bench").await;
        assert_eq!(target(&planned), json!([8, 12, "plan"]));
        assert_eq!(short(&planned), json!([60.0, "repeat", 60.0, "kg"]));
        let given = aimed(&ann, "bench", json!({"reps_min": 6, "reps_max": 10})).await;
        assert_eq!(target(&given), json!([6, 10, "argument"]));
        assert_eq!(short(&given), json!([60.0, "step_up", 62.5, "kg"]));
        let single = aimed(&ann, "bench", json!({"target_reps": 10})).await;
        assert_eq!(target(&single), json!([10, 10, "argument"]));
        let text = ann
            .text("suggest_next_weight", json!({"exercise": "bench"}))
            .await;
        assert!(
            text.contains("for 8-12 reps (last 60 kg), as the active plan has it"),
            "{text}"
        );
        let refused = async |aim: Value| {
            let mut aim = aim;
            aim["exercise"] = "bench".into();
            ann.call("suggest_next_weight", aim).await.unwrap_err()
        };
        assert_eq!(
            refused(json!({"reps_min": 12, "reps_max": 8})).await,
            "reps_min: is 12, more than reps_max, 8"
        );
        let both = refused(json!({"target_reps": 5, "reps_max": 8})).await;
        assert!(
            both.starts_with("target_reps: stands in place of"),
            "{both}"
        );
        assert_eq!(
            refused(json!({"reps_max": 101})).await,
            "reps_max: is 101; it must be from 1 to 100"
        );
    }
);

on_both!(
    of_several_planned_sessions_the_next_one_has_the_target,
    async |world: World| {
        let ann = world.user("ann").await;
        let today: jiff::civil::Date = day(0).parse().unwrap();
        let weekday = |days: i64| {
            let date = today.saturating_add(jiff::Span::new().days(days));
            date.weekday().to_monday_one_offset()
        };
        let session = |days: i64, reps: u32| {
            json!({"name": "a", "day": weekday(days), "exercises": [
                {"exercise_id": "squat", "sets": 3, "reps_min": reps, "reps_max": reps}]})
        };
        let sessions = [session(3, 8), session(0, 5), session(1, 3)];
        let plan = json!({"name": "Mine", "duration_weeks": 4, "sessions": sessions});
        let plan = ann.call("create_workout_plan", plan).await.unwrap();
        ann.call("activate_plan", json!({"plan_id": plan["plan_id"]}))
            .await
            .unwrap();
        ann.lifted("squat", 2, "kg", &[(5, 100.0)]).await;
        assert_eq!(
            target(&suggested(&ann, "squat").await),
            json!([5, 5, "plan"])
        );
        ann.lifted("squat", 0, "kg", &[(5, 105.0)]).await;
        assert_eq!(
            target(&suggested(&ann, "squat").await),
            json!([3, 3, "plan"]),
            "done today"
        );
    }
);

on_both!(
    only_sets_at_the_working_weight_count,
    async |world: World| {
        let ann = world.user("ann").await;
        let ramp = [(5, 60.0), (5, 80.0), (5, 100.0), (5, 100.0), (1, 120.0)];
        ann.lifted("bench", 5, "kg", &ramp).await;
        let next = suggested(&ann, "bench").await;
        assert_eq!(target(&next), json!([5, 5, "log"]));
        assert_eq!(short(&next), json!([100.0, "step_up", 102.5, "kg"]));
        // A heavy single says what ten repetitions can be done with: 120 * 25 / 36, for two more than ten.
        let ten = aimed(&ann, "bench", json!({"target_reps": 10})).await;
        assert_eq!(short(&ten), json!([120.0, "estimate", 82.5, "kg"]));
        let based_on = ten["based_on"].as_array().unwrap();
        assert_eq!(based_on.len(), 1);
        assert!(
            ten["weight"].as_f64().unwrap() * 36.0 / 27.0 <= based_on[0]["e1rm"].as_f64().unwrap()
        );
    }
);

on_both!(
    a_clear_miss_of_what_the_log_shows_is_no_reason_for_more,
    async |world: World| {
        let ann = world.user("ann").await;
        for (days, weight) in [(30, 57.5), (27, 60.0), (24, 62.5), (21, 65.0), (18, 67.5)] {
            let sets = [(10, weight); 3];
            ann.lifted("bench", days, "kg", &sets).await;
        }
        let missed = [(7, 70.0), (6, 70.0), (6, 70.0)];
        ann.lifted("bench", 15, "kg", &missed).await;
        let next = suggested(&ann, "bench").await;
        assert_eq!(target(&next), json!([10, 10, "log"]));
        assert_eq!(short(&next), json!([70.0, "repeat", 70.0, "kg"]));
        ann.lifted("bench", 12, "kg", &missed).await;
        let next = suggested(&ann, "bench").await;
        assert_eq!(short(&next), json!([70.0, "back_off", 62.5, "kg"]));
        // Twice the same, without ever more in all sets, is no miss.
        let falling = [(10, 60.0), (9, 60.0), (8, 60.0)];
        for days in [9, 6] {
            ann.lifted("row", days, "kg", &falling).await;
        }
        let next = suggested(&ann, "row").await;
        assert_eq!(short(&next), json!([60.0, "repeat", 60.0, "kg"]));
        // Without a body weight, too.
        for days in [9, 6] {
            ann.lifted("dips", days, "kg", &[(4, 20.0), (3, 20.0)])
                .await;
        }
        let eight = aimed(&ann, "dips", json!({"target_reps": 8})).await;
        assert_eq!(short(&eight), json!([20.0, "back_off", 17.5, "kg"]));
    }
);

on_both!(
    a_converted_weight_is_never_taken_for_loaded,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("barbell row", 3, "kg", &[(10, 37.195)]).await;
        ann.lifted("bench", 3, "lb", &[(10, 140.0)]).await;
        let units = async |units: &str| {
            let set = ann.call("update_settings", json!({"units": units}));
            set.await.unwrap();
        };
        units("lb").await;
        // 82 lb, with a step of 5.
        let row = suggested(&ann, "barbell row").await;
        assert_eq!(row["weight"], 85.0, "{row}");
        units("kg").await;
        let bench = suggested(&ann, "bench").await;
        assert_eq!(short(&bench), json!([63.5, "step_up", 65.0, "kg"]));
        // In the unit of the log, what is no multiple of the step was loaded.
        ann.lifted("squat", 3, "kg", &[(10, 61.0)]).await;
        let squat = suggested(&ann, "squat").await;
        assert_eq!(squat["weight"], 66.0, "{squat}");
    }
);

on_both!(
    mixed_units_go_up_from_the_nearest_loadable_weight,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.call("update_settings", json!({"units": "lb"}))
            .await
            .unwrap();
        ann.lifted("squat", 9, "kg", &[(5, 100.0), (4, 100.0)])
            .await;
        let five = json!({"target_reps": 5});
        // The same plates again, and not what is nearest in pounds.
        assert_eq!(
            short(&aimed(&ann, "squat", five.clone()).await),
            json!([220.46, "repeat", 220.46, "lb"])
        );
        ann.lifted("squat", 5, "lb", &[(5, 220.0), (4, 220.0)])
            .await;
        // 198 is not a multiple of ten.
        assert_eq!(
            short(&aimed(&ann, "squat", five.clone()).await),
            json!([220.0, "back_off", 200.0, "lb"])
        );
        ann.lifted("squat", 2, "kg", &[(5, 90.0)]).await;
        assert_eq!(
            short(&aimed(&ann, "squat", five).await),
            json!([198.42, "step_up", 210.0, "lb"])
        );
    }
);

on_both!(
    sessions_done_for_fewer_reps_are_no_misses_of_a_higher_target,
    async |world: World| {
        let ann = world.user("ann").await;
        for days in [6, 3] {
            ann.lifted("bench", days, "kg", &[(5, 100.0); 5]).await;
        }
        // 112.5 kg carry 96.9 for six and 93.8 for seven; no reps fell from set to set.
        for (reps, weight) in [(5, 102.5), (6, 95.0), (7, 92.5)] {
            let next = aimed(&ann, "bench", json!({"target_reps": reps})).await;
            let reason = if reps == 5 { "step_up" } else { "estimate" };
            assert_eq!(short(&next), json!([100.0, reason, weight, "kg"]));
            assert_eq!(next["based_on"][0]["e1rm"], 112.5);
        }
        let session = json!({"name": "a", "exercises": [
            {"exercise_id": "bench", "sets": 5, "reps_min": 6, "reps_max": 6}]});
        let plan = json!({"name": "Sixes", "duration_weeks": 4, "sessions": [session]});
        let plan = ann.call("create_workout_plan", plan).await.unwrap();
        let active = json!({"plan_id": plan["plan_id"]});
        ann.call("activate_plan", active).await.unwrap();
        let text = ann
            .text("suggest_next_weight", json!({"exercise": "bench"}))
            .await;
        let first = "Barbell Bench Press: next 95 kg for 6 reps (last 100 kg), as the active plan has it; the sets of two sessions were done for fewer than 6 reps: by the estimated maximum";
        assert!(text.starts_with(first), "{text}");
        // What follows the advice is the base of the next one.
        ann.lifted("bench", 1, "kg", &[(6, 95.0); 5]).await;
        assert_eq!(
            short(&suggested(&ann, "bench").await),
            json!([95.0, "step_up", 97.5, "kg"])
        );
    }
);

on_both!(
    reps_that_fell_off_are_misses_of_a_higher_target_too,
    async |world: World| {
        let ann = world.user("ann").await;
        let six = json!({"target_reps": 6});
        for days in [6, 3] {
            let fell = [(5, 100.0), (5, 100.0), (4, 100.0)];
            ann.lifted("bench", days, "kg", &fell).await;
            let four = json!({"reps": 4, "weight": 100, "unit": "kg"});
            let failed = json!({"reps": 0, "weight": 100, "unit": "kg", "kind": "failed_attempt"});
            let squat = json!({"exercise_id": "squat", "sets": [four, four, failed]});
            let workout = json!({"performed_at": day(days), "exercises": [squat]});
            ann.call("create_workout", workout).await.unwrap();
        }
        let down = json!([100.0, "back_off", 90.0, "kg"]);
        assert_eq!(short(&aimed(&ann, "bench", six).await), down);
        let five = aimed(&ann, "squat", json!({"target_reps": 5})).await;
        assert_eq!(short(&five), down);
        // Fewer than the session before had with this weight are a miss, although all sets are alike.
        ann.lifted("row", 9, "kg", &[(5, 80.0); 3]).await;
        for days in [6, 3] {
            ann.lifted("row", days, "kg", &[(4, 82.5); 3]).await;
        }
        let five = aimed(&ann, "row", json!({"target_reps": 5})).await;
        assert_eq!(short(&five), json!([82.5, "back_off", 75.0, "kg"]));
    }
);

on_both!(
    an_estimate_shows_the_session_that_it_is_from,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("bench", 3, "kg", &[(5, 100.0); 3]).await;
        ann.lifted("bench", 1, "kg", &[(5, 20.0); 3]).await;
        let next = aimed(&ann, "bench", json!({"target_reps": 15})).await;
        assert_eq!(short(&next), json!([100.0, "estimate", 62.5, "kg"]));
        let based_on = next["based_on"].as_array().unwrap();
        let shown: Vec<_> = based_on.iter().map(|session| &session["e1rm"]).collect();
        assert_eq!(shown, [&json!(112.5)]);
    }
);

on_both!(
    reps_far_beyond_the_body_weight_alone_have_no_weight,
    async |world: World| {
        let ann = world.user("ann").await;
        for exercise in ["pull-up", "push-up"] {
            ann.lifted(exercise, 3, "kg", &[(8, 0.0); 3]).await;
        }
        for known in [false, true] {
            if known {
                let body = json!({"body_weight": 80, "body_weight_unit": "kg"});
                ann.call("update_settings", body).await.unwrap();
            }
            for exercise in ["pull-up", "push-up"] {
                let next = async |reps: u32| {
                    let aim = json!({"target_reps": reps});
                    let next = aimed(&ann, exercise, aim).await;
                    json!([next["reason"], next["weight"]])
                };
                assert_eq!(next(9).await, json!(["repeat", 0.0]), "{exercise} {known}");
                assert_eq!(next(10).await, json!(["repeat", 0.0]), "{exercise} {known}");
                for reps in [12, 20] {
                    let far = next(reps).await;
                    assert_eq!(far, json!(["out_of_reach", null]), "{exercise} {known}");
                }
            }
        }
    }
);

on_both!(
    other_targets_of_the_active_plan_are_named,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("bench", 3, "kg", &[(5, 100.0); 3]).await;
        let planned = |min: u32, max: u32| json!({"exercise_id": "bench", "sets": 3, "reps_min": min, "reps_max": max});
        let sessions = json!([
            {"name": "Volume", "exercises": [planned(5, 5), planned(8, 12)]},
            {"name": "Heavy", "exercises": [planned(3, 3), planned(5, 5)]}]);
        let plan = json!({"name": "Two", "duration_weeks": 4, "sessions": sessions});
        let plan = ann.call("create_workout_plan", plan).await.unwrap();
        let active = json!({"plan_id": plan["plan_id"]});
        ann.call("activate_plan", active).await.unwrap();
        let next = suggested(&ann, "bench").await;
        assert_eq!(target(&next), json!([5, 5, "plan"]));
        assert_eq!(
            next["notice"],
            "the active plan has several targets for it; this is for 5 reps (Volume), not 8-12 (Volume), 3 (Heavy): give target_reps, or reps_min and reps_max, for another"
        );
        let three = aimed(&ann, "bench", json!({"target_reps": 3})).await;
        assert_eq!(three.get("notice"), None);
    }
);
