//! The offline stand-in for Claude, with the agent, the workout server and data that was logged through the tools.

mod responses;
mod service;

use std::time::Duration;

use prog_strength_agent::dev::stand_in;
use serde_json::json;

use crate::support::world::day;
use service::Service;

/// A request, and parts of its answer.
const REQUESTS: &[(&str, &[&str])] = &[
    (
        "How's my bench press progress over the last 2 months?",
        &[
            "**Barbell Bench Press, last 60 days: 7 sessions",
            "\n- e1RM: ",
            "\n- Best sets: 5 @ 200 lb",
        ],
    ),
    (
        "What weight should I use for squats today?",
        &["**Barbell Back Squat: next ", "\n- based on "],
    ),
    (
        "What weight should I use for squats today for 5 reps?",
        &["for 5 reps (last 225 lb)", "one step of 10 lb up"],
    ),
    (
        "I feel stuck on overhead press",
        &["\n- Plateau: yes", "deload week", "variation"],
    ),
    (
        "Create me a 4-day upper/lower split",
        &["- Created: Upper/Lower 4 Days: 4 sessions a week"],
    ),
    (
        "Create me a 3-day plan",
        &[
            "No plan was created.",
            "\n- Full Body 3 Days: 3 sessions a week",
        ],
    ),
    (
        "Am I doing too much volume for chest?",
        &[
            "**Working sets ",
            "\n- chest: 5 direct",
            "(so far)",
            "\n- Landmarks: ",
        ],
    ),
    (
        "I'm feeling burned out",
        &[
            "deload week",
            "see a professional",
            "\n  - Barbell Bench Press: 5x5 @ 195 lb",
            "… and more",
        ],
    ),
    (
        "log bench 3x5 at 185 lb, squat 5x5 at 225",
        &[
            "- Logged: ",
            "  - Barbell Bench Press: 3x5 @ 185 lb",
            "  - Barbell Back Squat: 5x5 @ 225 lb",
        ],
    ),
    (
        "show me dumbbell exercises for shoulders",
        &["- Arnold Press (arnold-press): front_delts, side_delts; dumbbell"],
    ),
    (
        "show my last workouts",
        &["  - Barbell Bench Press: 3x5 @ 185 lb", "… and more"],
    ),
    (
        "show my squat history",
        &[
            "Barbell Back Squat: 8 sessions in the last 90 days",
            "5x5 @ 225 lb",
        ],
    ),
    (
        "what plans are there?",
        &["- Upper/Lower 4 Days: 4 sessions a week for 8 weeks"],
    ),
    (
        "How's my flurb wobble progress?",
        &["That did not work: unknown exercise \"flurb wobble\"; did you mean "],
    ),
    (
        "exercises for my tail",
        &["That did not work: muscle_group: \"tail\" is unknown; it is one of chest"],
    ),
    (
        "log flurb wobble 3x5 at 185 lb",
        &["That did not work: exercises[0].exercise_id: unknown exercise"],
    ),
];

#[tokio::test]
async fn every_documented_request_is_answered_from_the_log() {
    let whole = Service::seeded().await;
    for (words, expected) in REQUESTS {
        let answer = whole.answer(words).await;
        assert!(answer.contains("I am the offline stand-in"), "{answer}");
        for expected in *expected {
            assert!(
                answer.contains(expected),
                "{words}: no {expected} in\n{answer}"
            );
        }
    }
    let (plans, workouts) = (
        "SELECT COUNT(*) FROM user_plan",
        "SELECT COUNT(*) FROM workout",
    );
    assert_eq!(
        (
            whole.world.count(plans).await,
            whole.world.count(workouts).await
        ),
        (1, 8)
    );
}

#[tokio::test]
async fn a_workout_of_another_day_is_logged_on_that_day() {
    let whole = Service::start(Duration::ZERO).await;
    let (answer, _) = whole.ask("log bench 3x5 at 185 kg yesterday").await;
    let expected = format!(
        "- Logged: {} Workout\n  - Barbell Bench Press: 3x5 @ 185 kg\n\
         - logged as Barbell Bench Press, from \"bench\"\n\n(I am the offline",
        day(1)
    );
    assert!(answer.starts_with(&expected), "{answer}");
}

#[tokio::test]
async fn answer_is_streamed_word_by_word_after_the_tools() {
    let whole = Service::seeded().await;
    let asked = whole.app.ask_streaming("show my last workouts").await;
    let events = asked.rest().await;
    let texts = events.iter().filter(|event| event.kind == "text_delta");
    let texts: Vec<&str> = texts
        .map(|event| event.data["text"].as_str().expect("a text"))
        .collect();
    assert!(texts.len() > 20, "{events:#?}");
    let answer = texts.concat();
    assert!(
        answer.ends_with("(I am the offline stand-in: rules, not Claude.)"),
        "{answer}"
    );
    let done = &events.last().expect("an end").data;
    assert_eq!(
        (
            &done["model"],
            &done["usage"]["input_tokens"],
            &done["usage"]["output_tokens"]
        ),
        (&json!(stand_in::MODEL), &json!(0), &json!(0))
    );
}
