//! Ten ways to log a workout.

use serde_json::{Value, json};

use super::phrasings::all_call;

fn sets(n: usize, reps: u32, weight: f64, unit: &str) -> Value {
    vec![json!({"reps": reps, "weight": weight, "unit": unit}); n].into()
}

fn bench(sets: &Value) -> Value {
    json!({"exercises": [{"exercise_id": "barbell-bench-press", "sets": sets}]})
}

#[test]
fn a_workout_is_logged_in_ten_ways() {
    all_call(
        &[
            "log bench 3x5 at 185 lb",
            "Log Bench Press 3 x 5 @ 185lbs",
            "please log 3 sets of 5 reps bench press at 185 pounds",
            "Can you log bench: 3×5 185#?",
            "record bench press three sets of five with 185 lb, please!",
            "I'd like to log bench press, 3 by 5 at 185 lbs",
            "add bench 185 lb 3x5",
            "log today's bench: 185 lb for 3 sets of 5",
            "hey coach log benchpress 3x5x185lb",
            "log bench 185x5, 185x5, 185x5 in lb",
        ],
        &[("create_workout", bench(&sets(3, 5, 185.0, "lb")))],
    );
    all_call(
        &[
            "log bench 5,5,4 at 100kg",
            "log bench 100 kg for 5, 5, 4",
            "log bench 5/5/4 @ 100 kilos",
            "log bench 100kgx5, x5, x4",
        ],
        &[(
            "create_workout",
            bench(&json!([
            {"reps": 5, "weight": 100.0, "unit": "kg"}, {"reps": 5, "weight": 100.0, "unit": "kg"},
            {"reps": 4, "weight": 100.0, "unit": "kg"}])),
        )],
    );
    all_call(
        &[
            "log bench 185x5, 185x5, 190x3 lb",
            "log bench 2x5 at 185 lb and 1x3 at 190",
        ],
        &[(
            "create_workout",
            bench(&json!([
            {"reps": 5, "weight": 185.0, "unit": "lb"}, {"reps": 5, "weight": 185.0, "unit": "lb"},
            {"reps": 3, "weight": 190.0, "unit": "lb"}])),
        )],
    );
    all_call(
        &[
            "log bench 1x5 at 82.5 kg rpe 8",
            "log bench 5 reps at 82,5 kg @ RPE 8",
            "log bench 82.5kg x 5, rpe 8",
        ],
        &[(
            "create_workout",
            bench(&json!([{"reps": 5, "weight": 82.5, "unit": "kg", "rpe": 8.0}])),
        )],
    );
    all_call(
        &[
            "log 3x8 pull-ups",
            "log pull ups 3x8",
            "log 3 sets of 8 bodyweight pullups",
            "log pullups 8, 8, 8",
        ],
        &[(
            "create_workout",
            json!({"exercises": [{"exercise_id": "pull-up", "sets": sets(3, 8, 0.0, "kg")}]}),
        )],
    );
    all_call(
        &[
            "log pull-ups 3x8 with 20 kg",
            "log 3x8 weighted pull ups 20kg 💪",
        ],
        &[(
            "create_workout",
            json!({"exercises": [{"exercise_id": "pull-up", "sets": sets(3, 8, 20.0, "kg")}]}),
        )],
    );
}

#[test]
fn a_unit_counts_for_the_exercises_after_it() {
    all_call(
        &[
            "log bench 3x5 at 185 lb, squat 5x5 at 225 and rows 3x10 @ 135",
            "log 3x5 bench at 185 lb, 5x5 squats at 225, 3x10 rows at 135",
            "Log bench 3x5 185 lb; squat 5x5 225 lb; row 3x10 135.",
        ],
        &[(
            "create_workout",
            json!({"exercises": [
            {"exercise_id": "barbell-bench-press", "sets": sets(3, 5, 185.0, "lb")},
            {"exercise_id": "barbell-back-squat", "sets": sets(5, 5, 225.0, "lb")},
            {"exercise_id": "barbell-row", "sets": sets(3, 10, 135.0, "lb")}]}),
        )],
    );
}

#[test]
fn the_day_of_a_workout_is_worked_out() {
    for (text, day) in [
        ("log bench 1x5 at 185 lb yesterday", "2026-11-20"),
        ("log yesterday's bench: 1x5 at 185 lb", "2026-11-20"),
        ("log bench 1x5 at 185 lb on Tuesday", "2026-11-17"),
        ("log Tuesday's bench 1x5 at 185 lb", "2026-11-17"),
        ("log bench 1x5 at 185 lb on 2026-11-03", "2026-11-03"),
        ("log bench 1x5 at 185 lb three days ago", "2026-11-18"),
        ("log bench 1x5 yesterday at 185 lb", "2026-11-20"),
    ] {
        let mut expected = bench(&sets(1, 5, 185.0, "lb"));
        expected["performed_at"] = day.into();
        all_call(&[text], &[("create_workout", expected)]);
    }
}

#[test]
fn what_nobody_calls_an_exercise_goes_to_the_tool_as_it_was_said() {
    all_call(
        &["log spoto bench 1x5 at 185 lb"],
        &[(
            "create_workout",
            json!({"exercises": [{"exercise_id": "spoto bench", "sets": sets(1, 5, 185.0, "lb")}]}),
        )],
    );
}

#[test]
fn a_dash_and_signs_without_meaning_do_no_harm() {
    all_call(
        &[
            "log bench - 3x5 at 185 lb 💪",
            "log:\n- bench 3x5 at 185 lb!",
            "Log “bench” (3x5) at 185-lb",
            "could you log bench 3x5 at 185 lb?",
            "log bench 3 sets of 5 reps with 185 lb tonight",
        ],
        &[("create_workout", bench(&sets(3, 5, 185.0, "lb")))],
    );
    all_call(
        &["log pushups 1x60 reps"],
        &[(
            "create_workout",
            json!({"exercises": [{"exercise_id": "push-up", "sets": sets(1, 60, 0.0, "kg")}]}),
        )],
    );
    all_call(
        &[
            "log curls 15 sets of 3 at 10 kg",
            "log curls 15 sets x 3 at 10 kg",
        ],
        &[(
            "create_workout",
            json!({"exercises": [{"exercise_id": "dumbbell-curl", "sets": sets(15, 3, 10.0, "kg")}]}),
        )],
    );
}
