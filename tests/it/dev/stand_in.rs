//! The offline stand-in for Claude in its place: the agent in front of it, the workout server behind the agent, and
//! data that was logged through the tools.

mod whole;
mod wire;

use std::time::Duration;

use prog_strength_agent::dev::stand_in;
use serde_json::json;

use crate::support::world::day;
use whole::Whole;

/// What is asked, and what the answer has in it.
const REQUESTS: &[(&str, &[&str])] = &[
    (
        "How's my bench press progress over the last 2 months?",
        &[
            "Your **Barbell Bench Press** over the last 60 days: 7 sessions",
            "is rising",
            "**Best sets**: 5 @ 200 lb",
        ],
    ),
    (
        "What weight should I use for squats today?",
        &["**Barbell Back Squat**: **next ", "Why: ", "\n- From "],
    ),
    (
        "What weight should I use for squats today for 5 reps?",
        &["for 5 reps (last 225 lb)**", "one step of 10 lb up"],
    ),
    (
        "I feel stuck on overhead press",
        &[
            "Yes, going by your log this is a plateau.",
            "deload week",
            "variation",
        ],
    ),
    (
        "Create me a 4-day upper/lower split",
        &["I created the plan **Upper/Lower 4 Days**: 4 sessions a week"],
    ),
    (
        "Create me a 3-day plan",
        &[
            "No plan was created.",
            "- **Full Body 3 Days**: 3 sessions a week",
        ],
    ),
    (
        "Am I doing too much volume for chest?",
        &[
            "Last week, the last complete one, **chest** stood **",
            "| chest | 5 direct",
            "Landmarks: ",
        ],
    ),
    (
        "I'm feeling burned out",
        &[
            "deload week",
            "see a professional",
            "Your recent sessions:",
            "Barbell Bench Press, Barbell Back Squat",
            "… and more",
        ],
    ),
    (
        "log bench 3x5 at 185 lb",
        &["Logged: **", "- **Barbell Bench Press**: 3x5 @ 185 lb"],
    ),
    (
        "show me dumbbell exercises for shoulders",
        &[
            "| Exercise |",
            "| Arnold Press | front delts, side delts | dumbbell |",
        ],
    ),
    (
        "show my last workouts",
        &["Your latest workouts:", "Barbell Bench Press: 3x5 @ 185 lb"],
    ),
    (
        "show my squat history",
        &[
            "Your Barbell Back Squat: 7 sessions in the last 90 days",
            "5x5 @ 225 lb",
        ],
    ),
    (
        "How's my flurb wobble progress?",
        &["That did not work: unknown exercise \"flurb wobble\"; did you mean "],
    ),
    (
        "exercises for my neck",
        &["That did not work: muscle_group: \"neck\" is unknown; it is one of chest"],
    ),
    (
        "log flurb wobble 3x5 at 185 lb",
        &["That did not work: exercises[0].exercise_id: unknown exercise"],
    ),
];

#[tokio::test]
async fn every_documented_request_is_answered_from_the_log() {
    let whole = Whole::seeded().await;
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
async fn a_unit_that_was_asked_for_completes_the_workout_of_another_day() {
    let whole = Whole::start(Duration::ZERO).await;
    let first = "log bench 3x5 at 185 yesterday";
    let (asked, _) = whole.ask(first).await;
    assert!(
        asked.starts_with("I am the offline stand-in") && asked.contains("lb or in kg?"),
        "{asked}"
    );
    let body = json!({"messages": [{"role": "user", "content": first}, {"role": "assistant", "content": asked},
        {"role": "user", "content": "in kg"}]});
    let done = whole.app.chat("sam", &body).await.ok();
    let text = done["content"][0]["text"].as_str().expect("a text");
    let expected = format!(
        "Logged: **{} Workout**\n\n- **Barbell Bench Press**: 3x5 @ 185 kg",
        day(1)
    );
    assert_eq!(text, expected);
}

#[tokio::test]
async fn who_it_is_is_said_before_the_tools_are_called_and_the_answer_comes_in_pieces() {
    let whole = Whole::seeded().await;
    let events = whole
        .app
        .ask_streaming("show my last workouts")
        .await
        .rest()
        .await;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let first_call = kinds
        .iter()
        .position(|kind| *kind == "tool_use_start")
        .expect("a call");
    let texts = |events: &[crate::support::sse::Event]| -> Vec<String> {
        let texts = events.iter().filter(|event| event.kind == "text_delta");
        texts
            .map(|event| event.data["text"].as_str().expect("a text").to_owned())
            .collect()
    };
    let (before, after) = (texts(&events[..first_call]), texts(&events[first_call..]));
    assert!(before.len() > 1 && after.len() > 1, "{events:#?}");
    assert!(
        before
            .concat()
            .starts_with("I am the offline stand-in: a handful of rules, not Claude.")
    );
    let after = after.concat();
    assert!(
        after.starts_with("Your latest workouts:")
            && after.ends_with("(I am the offline stand-in: rules, not Claude.)"),
        "{after}"
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
