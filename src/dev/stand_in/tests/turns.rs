//! Turns with tool results, for the tests of the answers.

use super::{Reply, ask, replied, with_results};

pub(super) const PROGRESS: &str = "Barbell Bench Press, last 60 days: 5 sessions (0.58 a week)\n\
    e1RM: first 208.1, latest 219.4, best 219.4 lb; +1.53 lb a week (R² 0.97)\n\
    Volume: 14100 lb in all, 2820 a session; +12.4 a week\n\
    Best sets: 5 @ 195 lb on 2026-11-18, 5 @ 190 lb on 2026-11-04\nPlateau: no\nFormula: Brzycki 1993: weight * 36 / (37 - reps)";
const STUCK: &str = "Overhead Press, last 56 days: 6 sessions (0.75 a week)\n\
    e1RM: first 110, latest 108, best 112 lb; -0.2 lb a week (R² 0.1)\nVolume: 9000 lb in all, 1500 a session\n\
    Plateau: yes, the e1RM has not risen over at least 4 sessions and 21 days";
const WEIGHT: &str = "Barbell Back Squat: next 230 lb for 10 reps (last 225 lb); every working set reached 10 reps: one step of 5 lb up\n\
    based on 2026-11-19: 3x10 @ 225 lb (e1RM 300 lb)";
pub(super) const PLANS: &str = "Novice 5x5 Linear Progression (id novice-5x5, system): 3 sessions a week for 12 weeks\n\
    Upper/Lower 4 Days (id upper-lower-4-days, system): 4 sessions a week for 8 weeks\n\
    Strength 4 Days with Weekly Waves (id strength-4-days-weekly-waves, system): 4 sessions a week for 12 weeks\n\
    My Upper/Lower (id 0190-aa, user): 4 sessions a week for 8 weeks; active";
pub(super) const CREATED: &str = "Created: Upper/Lower 4 Days (id 0190-bb, user): 4 sessions a week for 8 weeks\n\
    \x20 Upper A (day 1): Barbell Bench Press 4x5-8\n\x20 Lower A (day 2): Barbell Back Squat 4x5-8";
const THIS_WEEK: &str = "Working sets from 2026-11-16 to 2026-11-22 (so far):\n\
    chest: 3 direct, 3 fractional; below maintenance (MV 4, MEV 6, MAV 6-16, MRV 24)\nLandmarks: RP (2025-01), sets";
const LAST_WEEK: &str = "Working sets from 2026-11-09 to 2026-11-15:\n\
    chest: 26 direct, 26.5 fractional; above MRV (MV 4, MEV 6, MAV 6-16, MRV 24)\n\
    back: 8 direct, 8 fractional; in the most productive range (MV 4)\nLandmarks: RP (2025-01), sets";
pub(super) const WORKOUTS: &str = "2026-11-20 Workout (id 0190-cc)\n  Barbell Bench Press: 3x5 @ 185 lb\n  Barbell Row: 3x10 @ 135 lb\n\
    2026-11-18 <img src=x onerror=alert(1)> (id 0190-dd)\n  Barbell Back Squat: 5x5 @ 225 lb\nolder ones: before=0190-dd";
const LOGGED: &str = "Logged: 2026-11-21 Workout (id 0190-ee)\n  Barbell Bench Press: 3x5 @ 185 lb";
const EXERCISES: &str = "2 exercises\nBarbell Bench Press (barbell-bench-press): chest; barbell\n\
    A|B (C) (a-b): side_delts, chest; smith_machine";
const HISTORY: &str = "Deadlift: 1 sessions in the last 90 days, newest first\n2026-11-10: 3x5 @ 315 lb (e1RM 354 lb)";

/// Each documented request with results of the tools, a list for each round.
pub(super) const TURNS: &[(&str, &[&[&str]])] = &[
    (
        "How's my bench press progress over the last 2 months?",
        &[&[PROGRESS]],
    ),
    ("What weight should I use for squats today?", &[&[WEIGHT]]),
    ("I feel stuck on overhead press", &[&[STUCK]]),
    (
        "Create me a 4-day upper/lower split",
        &[&[PLANS], &[CREATED]],
    ),
    ("Create me a 4-day split", &[&[PLANS]]),
    (
        "Am I doing too much volume for chest?",
        &[&[LAST_WEEK, THIS_WEEK]],
    ),
    (
        "I'm feeling burned out",
        &[&[LAST_WEEK, THIS_WEEK, WORKOUTS]],
    ),
    ("log bench 3x5 at 185 lb", &[&[LOGGED]]),
    ("what exercises do I have for chest?", &[&[EXERCISES]]),
    ("show my last workouts", &[&[WORKOUTS]]),
    ("show my deadlift history", &[&[HISTORY]]),
    ("what plans are there?", &[&[PLANS]]),
    (
        "delete my last workout",
        &[&[WORKOUTS], &["Deleted workout 0190-cc"]],
    ),
];

/// The last reply of the turn, with every result as `change` makes it.
pub(super) fn finished(
    text: &str,
    rounds: &[&[&str]],
    change: impl Fn(&str) -> (String, bool),
) -> Reply {
    let mut request = ask(text);
    let mut reply = replied(&request);
    for results in rounds {
        if reply.calls.is_empty() {
            break;
        }
        let changed: Vec<(String, bool)> = results.iter().map(|result| change(result)).collect();
        let results: Vec<(&str, bool)> = changed
            .iter()
            .map(|(text, bad)| (text.as_str(), *bad))
            .collect();
        assert_eq!(reply.calls.len(), results.len(), "{text}");
        request = with_results(request, &reply, &results);
        reply = replied(&request);
    }
    assert_eq!(reply.calls, [], "{text}");
    reply
}

/// The last text of the turn, without the line that says whose it is.
pub(super) fn answered(text: &str, rounds: &[&[&str]]) -> String {
    let answer = finished(text, rounds, |result| (result.to_owned(), false)).text;
    let closing = "\n\n(I am the offline stand-in: rules, not Claude.)";
    answer
        .strip_suffix(closing)
        .expect("it says who it is")
        .to_owned()
}
