//! Test deployment: a scripted Claude, the agent, the workout server over HTTP, and a database.

use prog_strength_agent::{
    config::WorkoutConfig,
    workout::handler::Handler,
    workout::serve,
    workout::transport::{HttpState, Tuning, router},
};
use rmcp::{
    ServiceExt,
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    support::helpers::{last_content, said},
    support::{
        fake_claude::Reply,
        test_app::{JWT_KEY, TestApp, user},
        wait::within,
        workout::{AGENT_TOKEN, user_token},
        world::{Client, World},
    },
};

pub(super) struct Deployment {
    pub(super) app: TestApp,
    pub(super) world: World,
    /// The workout server's `/mcp`.
    pub(super) mcp: String,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Deployment {
    pub(super) async fn over(world: World) -> Self {
        let (mcp, running) = workout_server(&world).await;
        let app = agent(&mcp).await;
        Self {
            app,
            world,
            mcp,
            running,
        }
    }

    /// A session with the agent's token.
    pub(super) async fn as_agent(&self) -> Client {
        client(&self.mcp, AGENT_TOKEN).await
    }

    /// A session of the user's own MCP client.
    pub(super) async fn as_user(&self, sub: &str) -> Client {
        client(&self.mcp, &user_token(sub)).await
    }

    /// Logs a session of one exercise for each day, as the agent does.
    pub(super) async fn log(&self, user: &str, exercise: &str, sessions: &[(String, Value)]) {
        let agent = self.as_agent().await;
        for (at, sets) in sessions {
            let workout = json!({"user_id": user, "performed_at": at,
                "exercises": [{"exercise_id": exercise, "sets": sets}]});
            agent.call("create_workout", workout).await.expect("logged");
        }
    }

    /// Runs a turn in which Claude makes these calls concurrently; returns the results that Claude received.
    pub(super) async fn ask(&self, sub: &str, words: &str, calls: &[(&str, Value)]) -> Vec<String> {
        let calls: Vec<(String, Value)> = calls
            .iter()
            .map(|(name, input)| ((*name).to_owned(), input.clone()))
            .collect();
        let numbered = move || {
            let calls = calls.iter().enumerate();
            calls.fold(Reply::text("Let me look."), |reply, (n, (name, input))| {
                reply.and_tool(&format!("toolu_{n}"), name, input.clone())
            })
        };
        self.app.claude.on(move |body| match said(body) {
            Some(_) => numbered(),
            None => Reply::text("That is how it is."),
        });
        let before = self.app.claude.bodies().len();
        let answer = self.app.chat(sub, &user(words)).await.ok();
        assert_eq!(answer["content"][0]["text"], "That is how it is.");
        let bodies = self.app.claude.bodies();
        let [question, results] = &bodies[before..] else {
            panic!("two rounds: {bodies:#?}")
        };
        assert_eq!(
            question["tools"].as_array().expect("the tools").len(),
            22,
            "all tools are offered"
        );
        for body in [question, results] {
            assert!(!body.to_string().contains("user_id"), "{body:#}");
        }
        last_content(results).iter().map(result_text).collect()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// The text of a successful result with one block.
fn result_text(result: &Value) -> String {
    assert_eq!(result.get("is_error"), None, "{result:#}");
    let [block] = result["content"].as_array().expect("blocks").as_slice() else {
        panic!("one block: {result:#}")
    };
    block["text"].as_str().expect("a text").to_owned()
}

/// The workout server on a free port, over the world's database.
async fn workout_server(world: &World) -> (String, JoinHandle<anyhow::Result<()>>) {
    let settings = [
        ("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN),
        ("JWT_SIGNING_KEY", JWT_KEY),
        ("DATABASE_URL", world.url.as_str()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = WorkoutConfig::from_iter(false, settings).expect("good settings");
    let workouts = world.workouts.clone();
    let state = HttpState::new(&config, Tuning::default(), workouts.metrics.clone());
    let state = state.expect("an HTTP client");
    let router = router(&state, move || Handler::new(workouts.clone(), None));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("bound"));
    let running = tokio::spawn(async move {
        let for_ever = std::future::pending();
        serve::run(
            listener,
            router,
            &state.lifecycle,
            for_ever,
            config.shutdown_grace,
        )
        .await
    });
    (url, running)
}

/// A ready agent that uses this workout server.
pub(super) async fn agent(mcp: &str) -> TestApp {
    let app = TestApp::builder()
        .mcp_url(mcp)
        .env("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN);
    app.start().await
}

/// A session of a standard MCP client.
pub(super) async fn client(mcp: &str, token: &str) -> Client {
    let config = StreamableHttpClientTransportConfig::with_uri(mcp.to_owned()).auth_header(token);
    let http = reqwest::Client::builder().no_proxy().build();
    let transport =
        StreamableHttpClientTransport::with_client(http.expect("an HTTP client"), config);
    let session = within("a session", ().serve(transport)).await;
    Client {
        session: session.expect("a session"),
    }
}

/// Equal working sets in kg.
pub(super) fn sets(sets: usize, reps: u32, kg: f64) -> Value {
    vec![json!({"reps": reps, "weight": kg, "unit": "kg"}); sets].into()
}

/// The date this many days before today, in UTC.
pub(super) fn day(days_ago: i64) -> String {
    use jiff::{Timestamp, ToSpan, tz::TimeZone};
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.saturating_sub(days_ago.days()).to_string()
}

/// Monday and Sunday of the week this many weeks ago.
pub(super) fn week(weeks_ago: i64) -> (String, String) {
    use jiff::{Timestamp, ToSpan, tz::TimeZone};
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let this = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    let monday = this.saturating_sub(weeks_ago.weeks());
    (
        monday.to_string(),
        monday.saturating_add(6.days()).to_string(),
    )
}
