//! Ways to ask about an exercise: ten for each of the documented requests.

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
fn progress_is_looked_up_for_every_exercise_that_is_named() {
    let of = |exercise: &str| {
        let input = json!({"exercise": exercise, "time_period_days": 90});
        ("analyze_progress", input)
    };
    let (bench, squat) = (of("barbell-bench-press"), of("barbell-back-squat"));
    all_call(
        &[
            "How's my bench and squat progress?",
            "bench press progress, and how is my squat, is my bench fine?",
        ],
        &[bench.clone(), squat.clone()],
    );
    all_call(
        &["progress of bench, squat, deadlift, ohp and rows"],
        &[
            bench.clone(),
            squat,
            of("barbell-deadlift"),
            of("barbell-overhead-press"),
        ],
    );
    all_call(&["I am not tired, how's my bench?"], &[bench]);
}

#[test]
fn a_month_is_counted_from_and_what_is_no_period_is_asked_for() {
    let input = json!({"exercise": "barbell-bench-press", "time_period_days": 325});
    all_call(
        &[
            "how did my bench do since January?",
            "bench progress since jan",
        ],
        &[("analyze_progress", input)],
    );
    all_call(
        &[
            "how did my bench do since my injury?",
            "bench progress in March",
        ],
        &[],
    );
}
