//! The offline stand-in for Claude in its place: the agent in front of it, the workout server behind the agent, and
//! data that was logged through the tools.

mod wire;

use std::{collections::HashMap, time::Duration};

use prog_strength_agent::{
    config::WorkoutConfig,
    dev::stand_in,
    listen,
    workout::{
        handler::Handler,
        http::{Front, Tuning, router},
    },
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{
    answer::user,
    test_app::TestApp,
    workout::AGENT_TOKEN,
    world::{World, day, days_ago},
};

const KEY: &str = "sk-test";

/// A router on a free port, until the guard is dropped.
async fn served(router: axum::Router) -> (String, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let stop = CancellationToken::new();
    tokio::spawn(listen::serve(listener, router, stop.clone()));
    (url, stop.drop_guard())
}

async fn stood_in(pace: Duration) -> (String, DropGuard) {
    served(stand_in::router(KEY.into(), pace)).await
}

/// All of the service but Claude.
struct Whole {
    app: TestApp,
    world: World,
    _servers: [DropGuard; 2],
}

impl Whole {
    async fn start(pace: Duration) -> Self {
        let world = World::sqlite().await;
        let settings = [("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config =
            WorkoutConfig::from_iter(false, HashMap::from(settings)).expect("good settings");
        let front = Front::new(&config, Tuning::default()).expect("a front");
        let workouts = world.workouts.clone();
        let mcp = router(&front, move || Handler::over_http(workouts.clone()));
        let (mcp_url, mcp) = served(mcp).await;
        let (claude_url, claude) = stood_in(pace).await;
        let app = TestApp::builder()
            .env("ANTHROPIC_BASE_URL", &claude_url)
            .env("ANTHROPIC_API_KEY", KEY)
            .env("PROG_STRENGTH_MCP_URL", &format!("{mcp_url}/mcp"))
            .env("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN)
            .start()
            .await;
        Self {
            app,
            world,
            _servers: [mcp, claude],
        }
    }

    /// Weeks of training of Sam's.
    async fn seeded() -> Self {
        let whole = Self::start(Duration::ZERO).await;
        let sam = whole.world.user("sam").await;
        let set = |weight: i64| json!({"reps": 5, "weight": weight, "unit": "lb"});
        for week in 0..7 {
            let sets = |weight: i64| vec![set(weight); 5];
            let workout = json!({"performed_at": days_ago(7 * week + 7), "exercises": [
                {"exercise_id": "barbell-bench-press", "sets": sets(200 - 5 * week)},
                {"exercise_id": "barbell-back-squat", "sets": sets(225)},
                {"exercise_id": "barbell-overhead-press", "sets": sets(115)}]});
            sam.call("create_workout", workout).await.expect("logged");
        }
        whole
    }

    /// The answer's text, and the texts of the results it was given.
    async fn ask(&self, words: &str) -> (String, String) {
        let done = self.app.chat("sam", &user(words)).await.ok();
        let text = done["content"].as_array().expect("content").iter();
        let text: Vec<&str> = text.filter_map(|block| block["text"].as_str()).collect();
        let messages = done["messages"].as_array().expect("messages").iter();
        let results = messages
            .flat_map(|message| message["content"].as_array().cloned().unwrap_or_default())
            .filter(|block| block["type"] == "tool_result");
        let results: Vec<String> = results
            .map(|result| result["content"].to_string())
            .collect();
        (text.concat(), results.join("\n"))
    }

    /// The same, once it is checked that every figure in the answer was in a result.
    async fn answer(&self, words: &str) -> String {
        let (answer, results) = self.ask(words).await;
        let told = figures(&results);
        for figure in figures(&answer) {
            assert!(told.contains(&figure), "{figure} in {answer}\nof {results}");
        }
        answer
    }
}

fn figures(text: &str) -> Vec<String> {
    let runs = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
    let runs = runs.map(|run| run.trim_matches(['.', ',']));
    runs.filter(|run| !run.is_empty())
        .map(str::to_owned)
        .collect()
}

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
    assert!(after.concat().starts_with("Your latest workouts:"));
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
