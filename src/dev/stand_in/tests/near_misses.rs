//! Texts that resemble a logging order but are not one.

use super::calls;

/// The tools that change something.
const WRITES: [&str; 3] = ["create_workout", "create_workout_plan", "delete_workout"];

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
        "log no bench 3x5 at 185 lb",
        "log bench 3x5 at inf kg",
        "log bench 3x5 at 1e2 kg",
        "log bench 3x5 at +20 kg",
        "log bench 3x5 at 185 lb on saturday",
        "don't do the following:\nlog bench 3x5 at 100 kg",
        "log bench 3x5 at 100 kg\nor rather not",
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
        "log bench 3x5 at 185 lb?",
        "log bench 3x5 at 185 lb 🚫",
        "🚫 log bench 3x5 at 185 lb",
        "> log bench 3x5 at 185 lb",
        "log bench 3x5 at 185 lb, but not really",
        "log bench 3x5 at 185 lb unless I said so before",
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
fn ambiguous_figures_are_not_logged() {
    for text in [
        "log lateral raises 15x8 kg",
        "log curls 20x10kg",
        "log rows 30x12kg",
        "log curls 20x10 in kg",
        "log bench 3x5 at 82½ kg",
        "log bench 3x5 at 18５ lb",
        "log bench 3x5 at １85 lb",
        "log leg press 1 000 kg",
        "log leg press 3x10 at 1 000 kg",
        "log leg press 3x10 at 1\u{a0}000 kg",
        "log bench 3x185x5 lb",
        "log curls 3x12x10 in kg",
        "log bench 100 5 kg",
        "log bench 20 5 kg",
        "log bench 3x5, 100 kg, 110 kg",
        "log bench 5, 5, 4 at 100 kg and 120 kg",
        "log bench 3x5 at 100 and 5 kg",
        "log bench rpe 8, 3x5 at 100 kg",
        "log bench 3x5 at 100 kg, rpe 8, rpe 9",
        "log bench 3x5 at 100 kg rpe 8, rpe 9",
        "log bench 3x5, 100 kg rpe 8",
        "log bench 3x5 plus 10 kg",
        "log bench 3x5 +10 kg",
        "log 3x8 weighted pull ups +20kg",
        "log bench 3x5 or 4x5 at 100 kg",
        "log curls 15x3 at 10 kg",
        "log hip thrust 20x5 at 60 kg",
        "log bench 3x5 at \u{2011}100 kg",
        "log bench 3x5 at - 100 kg",
        "log bench 5 - 8 at 100 kg",
        "log bench 3x5 – 100 kg",
        "log bench 3x5 at 185 lb in kg",
        "log bench 3x5 at 185 lb, squat 5x5 at 225 lb, kg",
        "log plank 3x60",
        "log dead hang 3x45",
        "log bench 3x5 at 0 kg",
        "log pushups 1x60",
        "log bench 3x60 at 20 kg",
    ] {
        assert_eq!(calls(text), [], "{text}");
    }
}

#[test]
fn unit_does_not_apply_to_earlier_exercises() {
    for text in [
        "log bench 3x5 at 225, squat 5x5 at 100 kg",
        "log 3x5 bench at 185, 5x5 squats at 225 lb, 3x10 rows at 135",
        "Log bench 3x5 185; squat 5x5 225; row 3x10 135 lb.",
        "log bench 3x5 at 185, squat 5x5 at 225, in lb",
    ] {
        assert_eq!(calls(text), [], "{text}");
    }
}

#[test]
fn ambiguous_day_is_not_logged() {
    for text in [
        "log bench 3x5 at 185 lb yesterday and squat 3x5 at 225 lb today",
        "log bench 3x5 at 185 lb. Yesterday I squatted 5x5 at 225 lb",
        "log bench 3x5 at 185 lb. Yesterday it was 5x5 at 225 lb",
        "log bench 3x5 at 185 lb yesterday, squat 3x5 at 225 lb",
        "log bench 3x5 at 185 lb today, squat 3x5 at 225 lb",
        "log bench 3x5 at 185 lb this sunday",
        "log bench 3x5 at 185 lb for Monday",
        "log bench 3x5 at 185 lb next friday",
    ] {
        assert_eq!(calls(text), [], "{text}");
    }
}
