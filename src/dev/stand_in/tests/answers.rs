//! What the answers say, and where their figures come from.

use serde_json::{Value, json};

use super::{calls, replied, request, shown, tools, with_results};
use crate::dev::stand_in::turn::Reply;

const PROGRESS: &str = "Barbell Bench Press, last 60 days: 5 sessions (0.58 a week)\n\
    e1RM: first 208.1, latest 219.4, best 219.4 lb; +1.53 lb a week (R² 0.97)\n\
    Volume: 14100 lb in all, 2820 a session; +12.4 a week\n\
    Best sets: 5 @ 195 lb on 2026-11-18, 5 @ 190 lb on 2026-11-04\nPlateau: no\nFormula: Brzycki 1993: weight * 36 / (37 - reps)";
const STUCK: &str = "Overhead Press, last 56 days: 6 sessions (0.75 a week)\n\
    e1RM: first 110, latest 108, best 112 lb; -0.2 lb a week (R² 0.1)\nVolume: 9000 lb in all, 1500 a session\n\
    Plateau: yes, the e1RM has not risen over at least 4 sessions and 21 days";
const WEIGHT: &str = "Barbell Back Squat: next 230 lb for 10 reps (last 225 lb); every working set reached 10 reps: one step of 5 lb up\n\
    based on 2026-11-19: 3x10 @ 225 lb (e1RM 300 lb)";
const PLANS: &str = "Novice 5x5 Linear Progression (id novice-5x5, system): 3 sessions a week for 12 weeks\n\
    Upper/Lower 4 Days (id upper-lower-4-days, system): 4 sessions a week for 8 weeks\n\
    Strength 4 Days with Weekly Waves (id strength-4-days-weekly-waves, system): 4 sessions a week for 12 weeks\n\
    My Upper/Lower (id 0190-aa, user): 4 sessions a week for 8 weeks; active";
const CREATED: &str = "Created: Upper/Lower 4 Days (id 0190-bb, user): 4 sessions a week for 8 weeks\n\
    \x20 Upper A (day 1): Barbell Bench Press 4x5-8\n\x20 Lower A (day 2): Barbell Back Squat 4x5-8";
const THIS_WEEK: &str = "Working sets from 2026-11-16 to 2026-11-22 (so far):\n\
    chest: 3 direct, 3 fractional; below maintenance (MV 4, MEV 6, MAV 6-16, MRV 24)\nLandmarks: RP (2025-01), sets";
const LAST_WEEK: &str = "Working sets from 2026-11-09 to 2026-11-15:\n\
    chest: 26 direct, 26.5 fractional; above the most one recovers from (MV 4, MEV 6, MAV 6-16, MRV 24)\n\
    back: 8 direct, 8 fractional; in the most productive range (MV 4)\nLandmarks: RP (2025-01), sets";
const WORKOUTS: &str = "2026-11-20 Workout (id 0190-cc)\n  Barbell Bench Press: 3x5 @ 185 lb\n  Barbell Row: 3x10 @ 135 lb\n\
    2026-11-18 <img src=x onerror=alert(1)> (id 0190-dd)\n  Barbell Back Squat: 5x5 @ 225 lb\nolder ones: before=0190-dd";
const LOGGED: &str = "Logged: 2026-11-21 Workout (id 0190-ee)\n  Barbell Bench Press: 3x5 @ 185 lb";
const EXERCISES: &str = "2 exercises\nBarbell Bench Press (barbell-bench-press): chest; barbell\n\
    A|B (C) (a-b): side_delts, chest; smith_machine";
const HISTORY: &str = "Deadlift: 1 sessions in the last 90 days, newest first\n2026-11-10: 3x5 @ 315 lb (e1RM 354 lb)";

/// Each documented request with what the tools may answer, a list for each round.
const TURNS: &[(&str, &[&[&str]])] = &[
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
        &[&[THIS_WEEK, LAST_WEEK]],
    ),
    (
        "I'm feeling burned out",
        &[&[THIS_WEEK, LAST_WEEK, WORKOUTS]],
    ),
    ("log bench 3x5 at 185 lb", &[&[LOGGED]]),
    ("what exercises do I have for chest?", &[&[EXERCISES]]),
    ("show my last workouts", &[&[WORKOUTS]]),
    ("show my deadlift history", &[&[HISTORY]]),
    ("what plans are there?", &[&[PLANS]]),
];

fn ask(text: &str) -> Value {
    request(&json!([{"role": "user", "content": text}]))
}

/// The last reply of the turn, with every result as `change` makes it.
fn finished(text: &str, rounds: &[&[&str]], change: impl Fn(&str) -> (String, bool)) -> Reply {
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
    assert_eq!(shown(reply_calls(&reply)), [], "{text}");
    reply
}

fn reply_calls(reply: &Reply) -> Reply {
    Reply {
        text: String::new(),
        calls: reply
            .calls
            .iter()
            .map(|call| crate::dev::stand_in::turn::Call {
                tool: call.tool,
                input: call.input.clone(),
            })
            .collect(),
    }
}

fn answered(text: &str, rounds: &[&[&str]]) -> String {
    finished(text, rounds, |result| (result.to_owned(), false)).text
}

/// The longest runs of digits, dots and commas between them included.
fn figures(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let runs = text
        .split(|c: char| !is_part(c))
        .map(|run| run.trim_matches(['.', ',']));
    runs.filter(|run| !run.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_figure_in_an_answer_stands_in_a_result() {
    for (text, rounds) in TURNS {
        let told: Vec<String> = rounds
            .concat()
            .iter()
            .flat_map(|result| figures(result))
            .collect();
        let answer = answered(text, rounds);
        assert!(!figures(&answer).is_empty(), "{text}: {answer}");
        for figure in figures(&answer) {
            assert!(told.contains(&figure), "{text}: {figure} in {answer}");
        }
    }
}

#[test]
fn without_results_no_digit_is_left_in_an_answer() {
    let letters = |result: &str| result.replace(|c: char| c.is_ascii_digit(), "");
    for (text, rounds) in TURNS {
        for is_error in [false, true] {
            for change in [
                |_: &str| String::new(),
                |_: &str| "unreadable".to_owned(),
                letters,
            ] {
                let answer = finished(text, rounds, |result| (change(result), is_error)).text;
                assert!(!answer.trim().is_empty(), "{text}");
                assert_eq!(figures(&answer), [""; 0], "{text}: {answer}");
            }
        }
        let first = replied(&ask(text)).text;
        assert_eq!(figures(&first), [""; 0], "{text}: {first}");
    }
}

#[test]
fn a_failed_call_is_told_and_never_reported_as_done() {
    for (text, rounds) in TURNS {
        let answer = finished(text, rounds, |_| ("no such thing".to_owned(), true)).text;
        assert!(
            answer.contains("That did not work: no such thing"),
            "{text}: {answer}"
        );
        for done in ["Logged", "created the plan", "Your **"] {
            assert!(!answer.contains(done), "{text}: {answer}");
        }
        let unknown = "outcome unknown, check first: the connection broke";
        let answer = finished(text, rounds, |_| (unknown.to_owned(), true)).text;
        assert!(
            answer.contains(&format!("It is not certain what became of that: {unknown}")),
            "{answer}"
        );
    }
}

#[test]
fn answers_are_sentences_with_lists_and_tables() {
    let answer = |n: usize| answered(TURNS[n].0, TURNS[n].1);
    insta::assert_snapshot!(answer(0), @r#"
    Your **Barbell Bench Press** over the last 60 days: 5 sessions (0.58 a week). The estimated one-rep max is rising.

    - **Estimated one-rep max**: first 208.1, latest 219.4, best 219.4 lb; +1.53 lb a week (R² 0.97)
    - **Volume**: 14100 lb in all, 2820 a session; +12.4 a week
    - **Best sets**: 5 @ 195 lb on 2026-11-18, 5 @ 190 lb on 2026-11-04
    - **Plateau**: no
    - **Formula**: Brzycki 1993: weight * 36 / (37 - reps)
    "#);
    insta::assert_snapshot!(answer(1), @r#"
    **Barbell Back Squat**: **next 230 lb for 10 reps (last 225 lb)**.

    Why: every working set reached 10 reps: one step of 5 lb up.

    - From 2026-11-19: 3x10 @ 225 lb (e1RM 300 lb)
    "#);
    insta::assert_snapshot!(answer(2), @r#"
    Yes, going by your log this is a plateau. Your **Overhead Press** over the last 56 days: 6 sessions (0.75 a week).

    - **Estimated one-rep max**: first 110, latest 108, best 112 lb; -0.2 lb a week (R² 0.1)
    - **Volume**: 9000 lb in all, 1500 a session
    - **Plateau**: yes, the e1RM has not risen over at least 4 sessions and 21 days

    General guidance for when a lift stands still: take a deload week, about half the usual sets at an easy effort, and start again a little below where you were. If that does not move it, train a close variation for a few weeks, for instance one with a pause or another grip.
    "#);
    insta::assert_snapshot!(answer(3), @r#"
    I created the plan **Upper/Lower 4 Days**: 4 sessions a week for 8 weeks.

    - **Upper A (day 1)**: Barbell Bench Press 4x5-8
    - **Lower A (day 2)**: Barbell Back Squat 4x5-8
    "#);
    insta::assert_snapshot!(answer(4), @r#"
    No plan was created. I can copy one of the plans below, but cannot tell which one you want. Ask again with its kind and its days a week.

    - **Novice 5x5 Linear Progression**: 3 sessions a week for 12 weeks
    - **Upper/Lower 4 Days**: 4 sessions a week for 8 weeks
    - **Strength 4 Days with Weekly Waves**: 4 sessions a week for 12 weeks
    - **My Upper/Lower**: 4 sessions a week for 8 weeks; active
    "#);
    insta::assert_snapshot!(answer(5), @r#"
    Last week, the last complete one, **chest** stood high: too much, or close to it.

    Working sets from 2026-11-09 to 2026-11-15; this week's from 2026-11-16 to 2026-11-22 (so far).

    | Muscle | Sets | How that stands | This week |
    |---|---|---|---|
    | chest | 26 direct, 26.5 fractional | above the most one recovers from (MV 4, MEV 6, MAV 6-16, MRV 24) | 3 direct, 3 fractional |
    | back | 8 direct, 8 fractional | in the most productive range (MV 4) | |

    Landmarks: RP (2025-01), sets.
    "#);
    insta::assert_snapshot!(answer(6), @r#"
    That is worth taking seriously. I would take a deload week: for one week cut the usual volume by about half to sixty percent, with easy weights and every set far from failure. That is general guidance, not medical advice. With pain or illness, stop and see a professional.

    Your recent sessions:

    - 2026-11-20 Workout: Barbell Bench Press, Barbell Row
    - 2026-11-18 <img src=x onerror=alert(1)>: Barbell Back Squat
    - … and more

    In the last complete week these stand high:

    - **chest**: 26 direct, 26.5 fractional; above the most one recovers from (MV 4, MEV 6, MAV 6-16, MRV 24)

    In this week so far no muscle stands above its most productive range.
    "#);
    insta::assert_snapshot!(answer(7), @r#"
    Logged: **2026-11-21 Workout**

    - **Barbell Bench Press**: 3x5 @ 185 lb
    "#);
    insta::assert_snapshot!(answer(8), @r#"
    The catalogue has 2 exercises that fit:

    | Exercise | Muscles | Equipment |
    |---|---|---|
    | Barbell Bench Press | chest | barbell |
    | A\|B (C) | side delts, chest | smith machine |
    "#);
    insta::assert_snapshot!(answer(9), @r#"
    Your latest workouts:

    - **2026-11-20 Workout**
      - Barbell Bench Press: 3x5 @ 185 lb
      - Barbell Row: 3x10 @ 135 lb
    - **2026-11-18 <img src=x onerror=alert(1)>**
      - Barbell Back Squat: 5x5 @ 225 lb
    - … and more
    "#);
}

#[test]
fn who_it_is_stands_before_the_first_answer_alone() {
    let first = ask("show my last workouts");
    let reply = replied(&first);
    assert!(
        reply
            .text
            .starts_with("I am the offline stand-in: a handful of rules, not Claude.")
    );
    assert_eq!(reply.calls.len(), 1);
    let mut second = with_results(first, &reply, &[(WORKOUTS, false)]);
    let reply = replied(&second);
    assert!(!reply.text.contains("stand-in"), "{}", reply.text);
    let messages = second["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": reply.text}));
    messages.push(json!({"role": "user", "content": "What can you do?"}));
    let reply = replied(&second);
    assert!(
        reply.text.starts_with("I understand these requests:"),
        "{}",
        reply.text
    );
}

#[test]
fn a_plan_is_created_once_and_from_the_plan_that_fits() {
    let first = ask("Create me a 4-day upper/lower split for 6 weeks");
    let reply = replied(&first);
    let second = with_results(first, &reply, &[(PLANS, false)]);
    let reply = replied(&second);
    let input = json!({"name": "Upper/Lower 4 Days", "based_on": "upper-lower-4-days", "duration_weeks": 6});
    assert_eq!(
        shown(reply_calls(&reply)),
        [("create_workout_plan".to_owned(), input)]
    );
    for result in [
        (CREATED, false),
        ("outcome unknown, check first", true),
        ("", false),
    ] {
        let third = with_results(second.clone(), &reply, &[result]);
        assert!(replied(&third).calls.is_empty());
    }
    let none = finished("create a 6-day upper/lower split", &[&[PLANS]], |result| {
        (result.to_owned(), false)
    });
    assert!(none.text.contains("No plan was created."), "{}", none.text);
}

#[test]
fn a_missing_unit_is_asked_for_and_its_answer_understood() {
    let mut request = ask("log bench 1x5 at 185");
    let reply = replied(&request);
    assert!(reply.calls.is_empty());
    assert!(
        reply
            .text
            .ends_with("Is that in lb or in kg? Nothing was logged yet."),
        "{}",
        reply.text
    );
    let messages = request["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": reply.text}));
    messages.push(json!({"role": "user", "content": ""}));
    for (said, unit) in [
        ("lb", "lb"),
        ("in kg", "kg"),
        ("Pounds, please.", "lb"),
        ("it's in kilos", "kg"),
    ] {
        request["messages"][2]["content"] = said.into();
        let set = json!({"reps": 5, "weight": 185.0, "unit": unit});
        let input = json!({"exercises": [{"exercise_id": "barbell-bench-press", "sets": [set]}]});
        assert_eq!(
            shown(replied(&request)),
            [("create_workout".to_owned(), input)],
            "{said}"
        );
    }
    for said in ["lb or kg?", "no", "what", "185"] {
        request["messages"][2]["content"] = said.into();
        assert_eq!(shown(replied(&request)), [], "{said}");
    }
}

#[test]
fn what_was_logged_is_not_logged_again_for_a_unit_said_twice() {
    let mut request = request(
        &json!([{"role": "user", "content": "log bench 1x5 at 185 lb"},
        {"role": "assistant", "content": "Logged."}, {"role": "user", "content": "lb"}]),
    );
    assert_eq!(shown(replied(&request)), []);
    request["messages"][0]["content"] = "how is my bench?".into();
    assert_eq!(shown(replied(&request)), []);
}

#[test]
fn tools_that_may_not_be_called_are_not_called() {
    for (text, _) in TURNS {
        let mut forbidden = ask(text);
        forbidden["tool_choice"] = json!({"type": "none"});
        let reply = replied(&forbidden);
        assert!(reply.calls.is_empty(), "{text}");
        assert!(
            reply.text.contains("I may not use any tool"),
            "{text}: {}",
            reply.text
        );
        let mut none = ask(text);
        none["tools"] = tools(&[]);
        let reply = replied(&none);
        assert!(reply.calls.is_empty(), "{text}");
        assert!(
            reply.text.contains("is not offered to me here"),
            "{text}: {}",
            reply.text
        );
    }
    let first = ask("create a 4 day upper/lower plan");
    let mut second = with_results(first.clone(), &replied(&first), &[(PLANS, false)]);
    second["tool_choice"] = json!({"type": "none"});
    let reply = replied(&second);
    assert!(
        reply.calls.is_empty() && reply.text.starts_with("No plan was created."),
        "{}",
        reply.text
    );
}

#[test]
fn photos_are_not_seen_and_it_says_so() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let ask = |content: Value| replied(&request(&json!([{"role": "user", "content": content}])));
    let reply = ask(json!([image, text("what do you think?")]));
    assert!(reply.text.contains("I cannot see photos") && reply.calls.is_empty());
    assert!(ask(json!([image])).text.contains("I cannot see photos"));
    let reply = ask(json!([image, text("show my last workouts")]));
    assert!(reply.text.contains("I cannot see photos"));
    assert_eq!(reply.calls.len(), 1);
    assert_eq!(calls("what is in this photo?"), []);
}
