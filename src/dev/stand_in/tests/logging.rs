//! The form in which a workout is logged.

use serde_json::{Value, json};

use super::{ask, calls, replied};

fn entry(exercise: &str, sets: usize, reps: u32, weight: f64, unit: &str) -> Value {
    let set = json!({"reps": reps, "weight": weight, "unit": unit});
    json!({"exercise_id": exercise, "sets": vec![set; sets]})
}

fn logs(text: &str, expected: Value) {
    assert_eq!(
        calls(text),
        [("create_workout".to_owned(), expected)],
        "{text}"
    );
}

#[test]
fn a_workout_in_the_documented_form_is_logged() {
    let bench = || entry("bench", 3, 5, 185.0, "lb");
    for text in [
        "log bench 3x5 at 185 lb",
        "Log Bench 3X5 at 185 LB.",
        "  log bench  3x5 at 185 lb!\n",
    ] {
        logs(text, json!({"exercises": [bench()]}));
    }
    logs(
        "log incline bench press 1x12 at 82.5 kg",
        json!({"exercises": [entry("incline bench press", 1, 12, 82.5, "kg")]}),
    );
    logs(
        "log pull-ups 3x8 at bodyweight, bench 3x5 at 185 lb",
        json!({"exercises": [entry("pull-ups", 3, 8, 0.0, "kg"), bench()]}),
    );
}

#[test]
fn weight_without_a_unit_takes_the_unit_of_earlier_exercises() {
    logs(
        "log bench 3x5 at 185 lb, squat 5x5 at 225, row 3x10 at 135",
        json!({"exercises": [entry("bench", 3, 5, 185.0, "lb"), entry("squat", 5, 5, 225.0, "lb"),
            entry("row", 3, 10, 135.0, "lb")]}),
    );
}

#[test]
fn day_at_the_end_applies_to_the_workout() {
    for (day, date) in [
        ("today", "2026-11-21"),
        ("yesterday", "2026-11-20"),
        ("on Tuesday", "2026-11-17"),
        ("Tuesday", "2026-11-17"),
        ("on sunday", "2026-11-15"),
    ] {
        let bench = entry("bench", 3, 5, 185.0, "lb");
        logs(
            &format!("log bench 3x5 at 185 lb {day}"),
            json!({"exercises": [bench], "performed_at": date}),
        );
    }
}

#[test]
fn exercise_name_is_passed_to_the_tool_as_written() {
    logs(
        "log flurb wobble 1x5 at 185 lb",
        json!({"exercises": [entry("flurb wobble", 1, 5, 185.0, "lb")]}),
    );
}

#[test]
fn anything_else_about_logging_is_answered_with_the_form() {
    for text in [
        "log",
        "log bench",
        "log Tuesday's push day",
        "log bench 3x5 at 185",
        "log bench 3 sets of 5 with 185 lb",
        "log bench 3x5 at 185 lb on Saturday",
        "please log bench 3x5 at 185 lb",
        "how do I log a workout?",
    ] {
        let reply = replied(&ask(text));
        assert!(
            reply.calls.is_empty()
                && reply
                    .text
                    .starts_with("Nothing was logged. I log what is written in this form"),
            "{text}: {}",
            reply.text
        );
    }
}
