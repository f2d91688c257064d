//! The whole service, with the stand-in in place of Claude.

use std::{collections::HashMap, time::Duration};

use prog_strength_agent::{
    config::WorkoutConfig,
    dev::stand_in,
    http::server,
    workout::handler::Handler,
    workout::transport::{HttpState, Tuning, router},
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{
    answer::user,
    test_app::TestApp,
    workout::AGENT_TOKEN,
    world::{World, days_ago},
};

pub(super) const KEY: &str = "sk-test";

/// Serves a router on a free port until the guard is dropped.
async fn served(router: axum::Router) -> (String, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let stop = CancellationToken::new();
    tokio::spawn(server::serve(listener, router, stop.clone()));
    (url, stop.drop_guard())
}

pub(super) async fn start_stand_in(pace: Duration) -> (String, DropGuard) {
    served(stand_in::router(KEY.into(), pace)).await
}

/// The agent, the workout server and the stand-in.
pub(super) struct Service {
    pub(super) app: TestApp,
    pub(super) world: World,
    _servers: [DropGuard; 2],
}

impl Service {
    pub(super) async fn start(pace: Duration) -> Self {
        let world = World::sqlite().await;
        let settings = [("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config =
            WorkoutConfig::from_iter(false, HashMap::from(settings)).expect("good settings");
        let workouts = world.workouts.clone();
        let state = HttpState::new(&config, Tuning::default(), workouts.metrics.clone());
        let state = state.expect("an HTTP client");
        let mcp = router(&state, move || Handler::new(workouts.clone(), None));
        let (mcp_url, mcp) = served(mcp).await;
        let (claude_url, claude) = start_stand_in(pace).await;
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

    /// Logs weeks of training for Sam.
    pub(super) async fn seeded() -> Self {
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

    /// The answer's text, and the tool results that the stand-in received.
    pub(super) async fn ask(&self, words: &str) -> (String, String) {
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

    /// The same; checks that every figure in the answer occurs in a result.
    pub(super) async fn answer(&self, words: &str) -> String {
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
