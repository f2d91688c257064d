//! Ten ways to log a workout, and what must not be taken for an order.

use serde_json::{Value, json};

use super::{calls, phrasings::all_call};

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
            "log 3x8 weighted pull ups +20kg",
        ],
        &[(
            "create_workout",
            json!({"exercises": [{"exercise_id": "pull-up", "sets": sets(3, 8, 20.0, "kg")}]}),
        )],
    );
}

#[test]
fn several_exercises_share_a_unit_that_is_given_once() {
    all_call(
        &[
            "log bench 3x5 at 185 lb, squat 5x5 at 225 and rows 3x10 @ 135",
            "log 3x5 bench at 185, 5x5 squats at 225 lb, 3x10 rows at 135",
            "Log bench 3x5 185; squat 5x5 225; row 3x10 135 lb.",
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
    ] {
        let mut expected = bench(&sets(1, 5, 185.0, "lb"));
        expected["performed_at"] = day.into();
        all_call(&[text], &[("create_workout", expected)]);
    }
}

/// The tools that change something.
const WRITES: [&str; 2] = ["create_workout", "create_workout_plan"];

#[test]
fn nothing_is_written_without_a_clear_order() {
    for text in [
        "how do I log a workout?",
        "should I log warm-ups?",
        "did I log bench 3x5 yesterday?",
        "what plan should I create?",
        "don't log anything",
        "don't log bench 3x5 at 185 lb",
        "log nothing",
        "log nothing 3x5 at 185 lb",
        "log 3x5 bench at 185 lb, not 190x3",
        "log bench 3x5 at 185 lb and how is my squat progress?",
        "Please do not log bench 3x5 at 185 lb",
        "log bench 3x5 at 185 lb? no, never mind",
        "can I log bench 3x5 at 185 lb?",
        "how would I log bench 3x5 at 185 lb?",
        "if I log bench 3x5 at 185 lb, what happens?",
        "what if I bench 3x5 at 185 lb",
        "I did bench 3x5 at 185 lb",
        "bench 3x5 at 185 lb",
        "I will log bench 3x5 at 185 lb later",
        "log",
        "log bench",
        "log Tuesday's push day",
        "log bench 3x5",
        "log bench 3x5 at 185",
        "log bench 3x5 at 185 lb tomorrow",
        "log bench 3x5 at 185 lb on 11/20",
        "log bench 3x5 at 185 lb, 11/20/26",
        "log bench 3x5-8 at 185 lb",
        "log leg press 3x10 at 1,000 lb",
        "log bench 3x5 at about 185 lb or so",
        "log bench 3x5 at ~185 lb",
        "log bench 3x5 at 185 lb at 9am",
        "log plank 3x60 seconds",
        "log bench 3x5 at 185 lb, squat 5x5 at 100 kg, row 3x10 at 60",
        "log squat 5x5",
        "log bench 3x5 at -20 kg",
        "log bench 0x5 at 20 kg",
        "log bench 3x2.5 at 20 kg",
        "log 3x5 at 185 lb",
        "add a plan",
        "add me a 4 day split? don't",
        "create a workout",
        "my friend logs bench 3x5 at 185 lb",
        "logbench3x5at185lb",
    ] {
        let calls = calls(text);
        assert!(
            calls
                .iter()
                .all(|(tool, _)| !WRITES.contains(&tool.as_str())),
            "{text}: {calls:?}"
        );
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
