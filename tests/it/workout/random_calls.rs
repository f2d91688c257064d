//! Random hostile calls: the server always answers, and the stored data stays valid.

use prog_strength_agent::workout::tools::{Audience, listed};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::support::world::{World, day, on_both, text};

const CALLS: usize = 1000;

/// A valid call of each tool, after the calls that it refers to.
fn sound(tool: &str, workout: &str, plan: &str) -> Value {
    let sets = json!([{"reps": 5, "weight": 100.5, "unit": "kg", "rpe": 8, "is_warmup": false},
                       {"reps": 3, "weight": 0, "unit": "lb", "rir": 2, "kind": "failure"}]);
    let exercises = json!([{"exercise_id": "squat", "sets": sets, "superset_group": 1, "notes": "n"},
                           {"exercise_id": "Bench Press", "sets": sets}]);
    let session = json!({"name": "a", "day": 1, "exercises": [{"exercise_id": "row", "sets": 3, "reps_min": 5, "reps_max": 8,
                         "rpe": 8.0, "rest_seconds": 90, "notes": "n"}]});
    match tool {
        "list_exercises" => {
            json!({"muscle_group": "chest", "equipment": "barbell", "query": "bench"})
        }
        "list_workouts" => {
            json!({"limit": 5, "before": workout, "since": day(9), "until": day(0), "exercise": "squat"})
        }
        "add_sets" => json!({"workout_id": workout, "exercise": "squat", "sets": sets}),
        "correct_set" => {
            json!({"workout_id": workout, "exercise": "squat", "set": 1, "reps": 5, "weight": 100.5,
                   "unit": "kg", "rir": 1, "kind": "drop"})
        }
        "delete_plan" | "list_plans" => json!({"plan_id": plan}),
        "create_exercise" => {
            json!({"name": "Belt March", "aliases": ["bm"], "primary_muscles": ["quads"], "secondary_muscles": ["abs"],
                                    "equipment": "machine", "measure": "reps", "load": "external", "step_increment": 2.5})
        }
        "update_exercise" => {
            json!({"exercise_id": "belt march", "name": "Belt March", "primary_muscles": ["quads"], "measure": "metres"})
        }
        "create_workout" => {
            json!({"exercises": exercises, "name": "n", "notes": "m", "performed_at": day(2)})
        }
        "update_workout" => {
            json!({"workout_id": workout, "exercises": exercises, "name": "n", "ended_at": ""})
        }
        "delete_workout" => json!({"workout_id": workout}),
        "import_workouts" => {
            let csv =
                "Date,Exercise,Weight (kg),Reps\n2025-01-01,squat,100,5\n2025-01-01,Other,100,5";
            json!({"csv": csv, "dry_run": false, "format": "fitnotes", "on_error": "skip", "weight_unit": "kg",
                   "date_order": "dmy", "names": [{"name": "Other", "exercise": "row"}]})
        }
        "export_workouts" => {
            json!({"since": "2020-01-01", "until": "2200-01-01", "after": workout})
        }
        "get_exercise_history" => json!({"exercise": "squat", "days": 30}),
        "analyze_progress" => json!({"exercise": "squat", "time_period_days": 30}),
        "suggest_next_weight" => json!({"exercise": "squat", "target_reps": 5}),
        "check_volume_landmarks" => {
            json!({"muscle_group": "legs", "week": day(7), "client_timezone": "Asia/Tokyo"})
        }
        "create_workout_plan" => {
            json!({"name": "n", "sessions": [session, session], "duration_weeks": 4,
                                        "visibility": "public", "description": "d", "based_on": plan})
        }
        "modify_plan" => {
            json!({"plan_id": plan, "name": "n", "sessions": [session], "duration_weeks": 5})
        }
        "activate_plan" => json!({"plan_id": plan, "starts_at": day(0), "active": true}),
        "get_settings" => json!({}),
        "update_settings" => {
            json!({"max_history_days": 90, "include_notes": true, "rate_limit_notify": true,
                                    "units": "lb", "time_zone": "Europe/Berlin"})
        }
        other => panic!("{other} has no sound call here"),
    }
}

/// A value that is invalid in most places.
fn hostile(rng: &mut StdRng) -> Value {
    let text = [
        "",
        " ",
        "\u{0}",
        "a\u{0}b",
        "'; DROP TABLE workout; --",
        "💪",
        "\u{202e}\u{301}",
        "-1",
        "NaN",
        "squat",
        "2026-W01",
        "9999-12-31T23:59:59Z",
        "-009999-01-01T00:00:00Z",
        "0001-01-01",
        "../../etc/passwd",
        "ann",
        "bob",
    ];
    let numbers = [
        json!(0),
        json!(-1),
        json!(-0.0),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(-1e308),
        json!(5e-324),
        json!(0.1),
        json!(1.0),
        json!(4_294_967_296_u64),
    ];
    match rng.random_range(0..10) {
        0..4 => json!(text.choose(rng)),
        4..7 => numbers.choose(rng).expect("some").clone(),
        7 => [
            json!(null),
            json!(true),
            json!([]),
            json!({}),
            json!([null]),
            json!({"": ""}),
        ]
        .choose(rng)
        .expect("some")
        .clone(),
        8 => json!("x".repeat(rng.random_range(1..20_000))),
        _ => {
            let mut deep = json!(1);
            for _ in 0..rng.random_range(1..100) {
                deep = if rng.random() {
                    json!([deep])
                } else {
                    json!({"exercises": deep})
                };
            }
            deep
        }
    }
}

/// Changes a random part of the value.
fn mutate(value: &mut Value, rng: &mut StdRng) {
    let deeper = rng.random_bool(0.7);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let key = keys.choose(rng).expect("some");
            if deeper {
                mutate(&mut map[key], rng);
            } else if rng.random_bool(0.2) {
                map.shift_remove(key);
            } else {
                let unknown = rng.random_bool(0.2);
                let key = if unknown { "surprise\u{0}" } else { key };
                map.insert(key.to_owned(), hostile(rng));
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let place = rng.random_range(0..items.len());
            if deeper {
                mutate(&mut items[place], rng);
            } else if rng.random_bool(0.2) {
                let item = items[place].clone();
                items.resize(rng.random_range(0..600), item);
            } else {
                items[place] = hostile(rng);
            }
        }
        other => *other = hostile(rng),
    }
}

/// Checks that each workout has an exercise, each exercise a set, and positions have no gaps.
async fn assert_whole(world: &World) {
    for broken in [
        "workout w WHERE NOT EXISTS (SELECT 1 FROM workout_exercise e WHERE e.workout_id = w.id AND e.user_id = w.user_id)",
        "workout_exercise e WHERE NOT EXISTS (SELECT 1 FROM workout_set s
             WHERE s.user_id = e.user_id AND s.workout_id = e.workout_id AND s.exercise_position = e.position)",
        "(SELECT COUNT(*) AS n, MIN(position) AS low, MAX(position) AS high FROM workout_exercise
             GROUP BY user_id, workout_id) p WHERE low <> 0 OR high <> n - 1",
        "(SELECT COUNT(*) AS n, MIN(position) AS low, MAX(position) AS high FROM workout_set
             GROUP BY user_id, workout_id, exercise_position) p WHERE low <> 0 OR high <> n - 1",
        "(SELECT COUNT(*) AS n FROM user_plan WHERE is_active GROUP BY user_id) p WHERE n > 1",
    ] {
        let found = world.count(&format!("SELECT COUNT(*) FROM {broken}")).await;
        assert_eq!(found, 0, "{broken}");
    }
}

on_both!(
    a_thousand_random_calls_leave_the_data_intact,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let bobs = bob.lifted("squat", 3, "kg", &[(5, 100.0)]).await;
        let mut rng = StdRng::seed_from_u64(20_261_121);
        let tools = listed(Audience::User);
        let (mut ok, mut refused) = (0, 0);
        let mut workout = ann.lifted("squat", 3, "kg", &[(5, 100.0)]).await;
        for n in 0..CALLS {
            let tool = &*tools.choose(&mut rng).expect("tools").name;
            let mut arguments = sound(tool, &workout, "novice-5x5");
            for _ in 0..rng.random_range(0..4) {
                mutate(&mut arguments, &mut rng);
            }
            if !arguments.is_object() {
                continue;
            }
            let meta = json!({"fitness.progstrength/request_id": hostile(&mut rng),
                              "fitness.progstrength/turn_id": hostile(&mut rng),
                              "fitness.progstrength/tool_use_id": hostile(&mut rng),
                              "fitness.progstrength/client_timezone": hostile(&mut rng)});
            let result = ann.result(tool, arguments.clone(), meta).await;
            if result.is_error != Some(true) {
                ok += 1;
                let data = result.structured_content.expect("data");
                if let (true, Some(id)) = (tool == "create_workout", data["workout"]["id"].as_str())
                {
                    id.clone_into(&mut workout);
                }
                continue;
            }
            refused += 1;
            let error = text(&result);
            for bug in ["internal error", "cannot be used", "outcome unknown"] {
                assert!(
                    !error.contains(bug),
                    "call {n}, {tool} {arguments}: {error}"
                );
            }
            assert!(
                error.len() < 1000,
                "call {n}, {tool}: {} bytes",
                error.len()
            );
        }
        assert!(
            ok > CALLS / 10 && refused > CALLS / 10,
            "{ok} answered, {refused} refused"
        );
        assert_whole(&world).await;
        let list = bob.call("list_workouts", json!({})).await.unwrap();
        assert_eq!(list["workouts"][0]["id"], bobs);
        assert_eq!(list["workouts"].as_array().unwrap().len(), 1);
    }
);
