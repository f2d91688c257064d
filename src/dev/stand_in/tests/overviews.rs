//! Ways to ask about all of the training, and about exercises to choose from.

use serde_json::json;

use super::phrasings::all_call;

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
            "I'm not burned out at all",
            "I don't need a deload",
            "How's my progress?",
            "What weight should I use?",
        ],
        &[],
    );
}
