//! Ten ways to say each of the documented requests but logging.

use serde_json::{Value, json};

use super::calls;

pub(super) fn all_call(phrasings: &[&str], expected: &[(&str, Value)]) {
    let expected: Vec<(String, Value)> = expected
        .iter()
        .map(|(tool, input)| ((*tool).to_owned(), input.clone()))
        .collect();
    for text in phrasings {
        assert_eq!(calls(text), expected, "{text}");
    }
}

#[test]
fn progress_is_understood_in_ten_ways() {
    let bench = |days: u32| {
        [(
            "analyze_progress",
            json!({"exercise": "barbell-bench-press", "time_period_days": days}),
        )]
    };
    all_call(
        &[
            "How's my bench press progress over the last 2 months?",
            "how is my bench progressing over the past 2 months",
            "Show me my BENCH PRESS progress, last 60 days please",
            "Am I getting stronger at bench? look at two months",
            "hows my benchpress doing in the last 60 days",
            "Can you analyze my bench press for the last 2 months?",
            "How has my bench been coming along these past two months?",
            "is my flat bench improving? (2 months)",
            "what's the trend of my bench press over 60d",
            "progress on bench,  a couple of months",
        ],
        &bench(60),
    );
    all_call(
        &["How's my bench press progress?", "how is my bench going"],
        &bench(90),
    );
    all_call(
        &[
            "bench progress in the last 90 days",
            "bench progress last quarter",
        ],
        &bench(90),
    );
    all_call(&["bench progress this year"], &bench(325));
    all_call(
        &["How's my flurb wobble progress?"],
        &[(
            "analyze_progress",
            json!({"exercise": "flurb wobble", "time_period_days": 90}),
        )],
    );
}

#[test]
fn the_next_weight_is_understood_in_ten_ways() {
    all_call(
        &[
            "What weight should I use for squats today?",
            "what weight for squat",
            "How heavy should I squat today?",
            "how much weight should i put on for back squats",
            "Suggest a weight for my squats please",
            "What should I squat next?",
            "how much should I squat",
            "Hey coach, which weight for squats today?",
            "what's my next weight on the squat?",
            "How many kilos should I use for squatting?",
        ],
        &[(
            "suggest_next_weight",
            json!({"exercise": "barbell-back-squat"}),
        )],
    );
    all_call(
        &[
            "What weight should I use for squats for 5 reps?",
            "what weight for 3x5 squats",
            "how heavy should i squat for sets of five",
        ],
        &[(
            "suggest_next_weight",
            json!({"exercise": "barbell-back-squat", "target_reps": 5}),
        )],
    );
}

#[test]
fn a_plateau_is_understood_in_ten_ways() {
    all_call(
        &[
            "I feel stuck on overhead press",
            "I'm stuck on OHP",
            "My overhead press has stalled",
            "my press isn't going up anymore",
            "Have I hit a plateau on overhead press?",
            "I think my over head press plateaued",
            "no progress on my military press lately",
            "OHP won't budge",
            "I've hit a wall with the shoulder press",
            "why am I not getting stronger on overhead presses?",
        ],
        &[(
            "analyze_progress",
            json!({"exercise": "barbell-overhead-press", "time_period_days": 56}),
        )],
    );
}

#[test]
fn a_plan_is_ordered_in_ten_ways() {
    let list = [("list_plans", json!({}))];
    all_call(
        &[
            "Create me a 4-day upper/lower split",
            "make me an upper lower plan please",
            "Can you build a 4 day upper / lower program?",
            "please set up a four-day Upper-Lower routine for me",
            "I'd like you to design an upper/lower split, 4 days a week",
            "generate a UL split",
            "Could you put together a 4x a week upper lower schedule",
            "give me a 4 day upper/lower programme",
            "hey, write me an upper-lower workout plan",
            "I want you to make a 4d upper/lower split",
        ],
        &list,
    );
    all_call(
        &[
            "create a push/pull/legs program",
            "make me a full-body plan, 3 days",
            "build a 5x5 novice routine",
            "create a deload week",
        ],
        &list,
    );
}

#[test]
fn volume_is_understood_in_ten_ways() {
    let chest = [
        ("check_volume_landmarks", json!({"muscle_group": "chest"})),
        (
            "check_volume_landmarks",
            json!({"muscle_group": "chest", "week": "2026-11-14"}),
        ),
    ];
    all_call(
        &[
            "Am I doing too much volume for chest?",
            "is my chest volume too high",
            "Too many sets for chest?",
            "How many sets did I do for chest this week?",
            "am i overdoing chest",
            "Check my chest volume please",
            "Am I training chest enough?",
            "what's my weekly volume for chest?",
            "Am I over MRV on chest",
            "is that too much chest work?",
        ],
        &chest,
    );
    all_call(
        &[
            "Is my volume okay?",
            "am I doing too much?",
            "show me my weekly sets",
            "check my volume for this week",
        ],
        &[
            ("check_volume_landmarks", json!({})),
            ("check_volume_landmarks", json!({"week": "2026-11-14"})),
        ],
    );
}

#[test]
fn being_burned_out_is_understood_in_ten_ways() {
    all_call(
        &[
            "I'm feeling burned out",
            "I am burnt out",
            "feeling totally burnt-out lately",
            "I'm exhausted",
            "I feel run down",
            "I think I'm overtraining",
            "I'm so tired, should I rest?",
            "I am not recovering between sessions",
            "do I need a deload?",
            "I feel beat up and drained",
        ],
        &[
            ("check_volume_landmarks", json!({})),
            ("check_volume_landmarks", json!({"week": "2026-11-14"})),
            ("list_workouts", json!({"limit": 10})),
        ],
    );
}

#[test]
fn exercises_are_listed_in_ten_ways() {
    all_call(
        &[
            "what exercises do I have for chest?",
            "list chest exercises",
            "Show me exercises for chest",
            "which exercises train the chest",
            "any chest exercise ideas?",
            "what can I do for chest",
            "give me some exercises for my chest, please",
            "How can I train my chest?",
            "chest movements",
            "What are the exercises for CHEST",
        ],
        &[("list_exercises", json!({"muscle_group": "chest"}))],
    );
    all_call(
        &[
            "show me dumbbell exercises for shoulders",
            "shoulders exercises with dumbbells",
        ],
        &[(
            "list_exercises",
            json!({"muscle_group": "shoulders", "equipment": "dumbbell"}),
        )],
    );
    all_call(
        &["list back exercises"],
        &[("list_exercises", json!({"muscle_group": "back"}))],
    );
    all_call(
        &["exercises for lower back"],
        &[("list_exercises", json!({"muscle_group": "lower back"}))],
    );
    all_call(
        &["exercises for my neck"],
        &[("list_exercises", json!({"muscle_group": "neck"}))],
    );
    all_call(
        &["list all kettlebell exercises"],
        &[("list_exercises", json!({"equipment": "kettlebell"}))],
    );
}

#[test]
fn workouts_and_the_history_of_an_exercise_can_be_seen() {
    all_call(
        &[
            "show my last workouts",
            "What did I do last week?",
            "list my recent workouts",
            "show me my training log",
        ],
        &[("list_workouts", json!({"limit": 5}))],
    );
    all_call(
        &[
            "show my deadlift history",
            "when did I last deadlift?",
            "Did I log deadlifts yesterday?",
        ],
        &[(
            "get_exercise_history",
            json!({"exercise": "barbell-deadlift", "days": 90}),
        )],
    );
}

#[test]
fn what_it_cannot_do_calls_no_tool() {
    all_call(
        &[
            "?",
            "what's the weather",
            "delete my last workout",
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
