//! The documented requests, each in a few phrasings.

use serde_json::{Value, json};

use super::calls;

fn all_call(phrasings: &[&str], expected: &[(&str, Value)]) {
    let expected: Vec<(String, Value)> = expected
        .iter()
        .map(|(tool, input)| ((*tool).to_owned(), input.clone()))
        .collect();
    for text in phrasings {
        assert_eq!(calls(text), expected, "{text}");
    }
}

#[test]
fn progress_is_analyzed_over_the_named_period() {
    let of = |exercise: &str, days: u32| {
        let input = json!({"exercise": exercise, "time_period_days": days});
        [("analyze_progress", input)]
    };
    all_call(
        &[
            "How's my bench press progress over the last 2 months?",
            "How’s my bench press progress over the last 2 months?",
            "how is my bench press progressing over the past two months",
            "Show me my BENCH PRESS progress, last 60 days please",
            "am I getting stronger at bench press? 2 months",
        ],
        &of("bench press", 60),
    );
    all_call(&["How's my bench press progress?"], &of("bench press", 90));
    all_call(
        &[
            "bench progress last month",
            "is my bench improving this month",
        ],
        &of("bench", 30),
    );
    all_call(&["squat trend over the last year"], &of("squat", 365));
    all_call(
        &["How's my flurb wobble progress?"],
        &of("flurb wobble", 90),
    );
}

#[test]
fn the_next_weight_is_suggested_for_the_named_reps() {
    let of = |input: Value| [("suggest_next_weight", input)];
    all_call(
        &[
            "What weight should I use for squats today?",
            "what weight for squats",
            "How heavy should I do squats today?",
            "what's my next weight on the squats?",
        ],
        &of(json!({"exercise": "squats"})),
    );
    all_call(
        &["What weight should I use for squats for 5 reps?"],
        &of(json!({"exercise": "squats", "target_reps": 5})),
    );
}

#[test]
fn a_plateau_is_analyzed_over_eight_weeks() {
    let input = json!({"exercise": "overhead press", "time_period_days": 56});
    all_call(
        &[
            "I feel stuck on overhead press",
            "I'm stuck on overhead press",
            "My overhead press has stalled",
            "overhead press plateau",
        ],
        &[("analyze_progress", input)],
    );
}

#[test]
fn volume_is_checked_for_last_week_and_this_one() {
    let both = |muscle: Value| {
        let (mut last, mut this) = (json!({}), json!({}));
        if !muscle.is_null() {
            (last["muscle_group"], this["muscle_group"]) = (muscle.clone(), muscle);
        }
        last["week"] = "2026-11-14".into();
        [
            ("check_volume_landmarks", last),
            ("check_volume_landmarks", this),
        ]
    };
    all_call(
        &[
            "Am I doing too much volume for chest?",
            "How many sets did I do for chest this week?",
            "Check my chest volume please",
            "what's my weekly volume for chest?",
        ],
        &both(json!("chest")),
    );
    all_call(
        &["Is my volume okay?", "am I doing too much?"],
        &both(Value::Null),
    );
}

#[test]
fn burned_out_leads_to_volume_and_recent_workouts() {
    all_call(
        &[
            "I'm feeling burned out",
            "I’m feeling burned out",
            "I am burnt out",
            "I'm exhausted",
            "I'm so tired",
        ],
        &[
            ("check_volume_landmarks", json!({"week": "2026-11-14"})),
            ("check_volume_landmarks", json!({})),
            ("list_workouts", json!({"limit": 5})),
        ],
    );
}

#[test]
fn exercises_are_listed_by_muscle_and_equipment() {
    let of = |input: Value| [("list_exercises", input)];
    all_call(
        &[
            "what exercises do I have for chest?",
            "list chest exercises",
            "Show me exercises for chest",
            "which exercises train the chest",
        ],
        &of(json!({"muscle_group": "chest"})),
    );
    all_call(
        &[
            "show me dumbbell exercises for shoulders",
            "shoulders exercises with dumbbell",
        ],
        &of(json!({"muscle_group": "shoulders", "equipment": "dumbbell"})),
    );
    all_call(
        &["list back exercises"],
        &of(json!({"muscle_group": "back"})),
    );
    all_call(
        &["exercises for lower back"],
        &of(json!({"muscle_group": "lower back"})),
    );
    all_call(
        &["list all kettlebell exercises"],
        &of(json!({"equipment": "kettlebell"})),
    );
}

#[test]
fn workouts_plans_and_the_history_of_an_exercise_are_shown() {
    all_call(
        &[
            "show my last workouts",
            "list my recent workouts",
            "show me my training log",
        ],
        &[("list_workouts", json!({"limit": 5}))],
    );
    all_call(
        &["show my deadlift history"],
        &[(
            "get_exercise_history",
            json!({"exercise": "deadlift", "days": 90}),
        )],
    );
    all_call(
        &["show my deadlift history of the last 3 weeks"],
        &[(
            "get_exercise_history",
            json!({"exercise": "deadlift", "days": 21}),
        )],
    );
    all_call(
        &["what plans are there?", "show me the plans"],
        &[("list_plans", json!({}))],
    );
}

#[test]
fn unsupported_requests_call_no_tool() {
    all_call(
        &[
            "?",
            "what's the weather",
            "undo my last workout",
            "change my bench to 190",
            "activate my plan",
            "tell me a joke",
            "I feel stuck",
            "How's my progress?",
            "What weight should I use?",
        ],
        &[],
    );
}
