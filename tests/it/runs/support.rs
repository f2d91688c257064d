//! The service of runs on a free port, between a fake Claude and a real MCP server, on either database.
#![allow(dead_code, reason = "each subject uses its part of the support")]

pub(crate) mod events;

use std::collections::HashMap;

use ::http::{Method, StatusCode};
use prog_strength_agent::{config::RunsConfig, runs::serve};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::JoinHandle,
    time::{Duration, Instant, sleep},
};

pub(crate) use crate::support::on_both::on_both;
use crate::support::{
    answer::{Answer, now, token},
    fake_claude::{FakeClaude, Reply},
    mcp_server::McpServer,
    postgres::Postgres,
    test_app::JWT_KEY,
    wait::{DEADLINE, within},
};
use events::Events;

/// A key of `RUNS_ENCRYPTION_KEYS`.
pub(crate) const KEYS: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// A secret of `CALLBACK_SECRET`.
pub(crate) const CALLBACK_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

pub(crate) struct RunsApp {
    pub(crate) claude: FakeClaude,
    pub(crate) mcp: McpServer,
    pub(crate) url: String,
    /// To start another process on the same database.
    pub(crate) env: HashMap<String, String>,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<anyhow::Result<()>>>,
    /// Of the database, the files and the work.
    pub(crate) folder: TempDir,
}

pub(crate) struct Builder {
    env: HashMap<String, String>,
}

impl Builder {
    /// A setting other than the test's usual one; an empty one counts as unset.
    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// On a database of its own on the shared server.
    pub(crate) async fn postgres(self) -> Self {
        let url = tokio::task::spawn_blocking(|| Postgres::shared().database());
        self.env("DATABASE_URL", &url.await.expect("a database"))
    }

    pub(crate) async fn start(mut self) -> RunsApp {
        let (claude, mcp) = (FakeClaude::start().await, McpServer::start().await);
        // What no test has a reply for stays in progress.
        claude.on(|_| Reply::hang_before_headers());
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        for (name, value) in [
            ("ANTHROPIC_BASE_URL", claude.url().to_owned()),
            ("PROG_STRENGTH_MCP_URL", mcp.url()),
            ("DATABASE_URL", format!("sqlite:{}", at("runs.db"))),
            ("FILES_URL", format!("file:{}", at("files"))),
        ] {
            self.env.entry(name.into()).or_insert(value);
        }
        let (url, stop, running) = serve(self.env.clone()).await;
        let app = RunsApp {
            claude,
            mcp,
            url,
            env: self.env,
            http: client(),
            stop: Some(stop),
            running: Some(running),
            folder,
        };
        app.ready().await;
        app
    }
}

type Serving = (String, oneshot::Sender<()>, JoinHandle<anyhow::Result<()>>);

/// Serves with these settings; returns its URL, and what stops it.
async fn serve(env: HashMap<String, String>) -> Serving {
    let config = RunsConfig::from_iter(env).expect("a sound configuration");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { drop(stopped.await) };
    let running = tokio::spawn(serve::run(listener, config, shutdown));
    (url, stop, running)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

impl RunsApp {
    pub(crate) fn builder() -> Builder {
        let env = [
            ("ANTHROPIC_API_KEY", "sk-test"),
            ("JWT_SIGNING_KEY", JWT_KEY),
            ("RATE_LIMIT_MAX", "0"),
            ("AGENT_MAX_CHATS_PER_USER", "1000000"),
            ("RUNS_ENCRYPTION_KEYS", KEYS),
            ("CALLBACK_SECRET", CALLBACK_SECRET),
        ];
        Builder {
            env: env.map(|(name, value)| (name.into(), value.into())).into(),
        }
    }

    pub(crate) async fn start() -> Self {
        Self::builder().start().await
    }

    /// One on each database.
    pub(crate) async fn sqlite() -> Self {
        Self::start().await
    }

    pub(crate) async fn postgres() -> Self {
        Self::builder().postgres().await.start().await
    }

    /// A service, and a Claude with these replies.
    pub(crate) async fn with(replies: impl IntoIterator<Item = Reply>) -> Self {
        let app = Self::start().await;
        app.claude.push_all(replies);
        app
    }

    /// Another process on the same database; stops when dropped.
    pub(crate) async fn replica(&self) -> Replica {
        let (url, stop, running) = serve(self.env.clone()).await;
        let replica = Replica {
            url,
            http: client(),
            _stop: stop,
            running,
        };
        replica_ready(&replica.http, &replica.url).await;
        replica
    }

    /// A connection to the database beside the service.
    pub(crate) async fn database(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        let opened = AnyConnection::connect(&self.env["DATABASE_URL"]).await;
        opened.expect("the database")
    }

    pub(crate) fn token(sub: &str) -> String {
        token(JWT_KEY, &json!({"sub": sub, "exp": now() + 3600}))
    }

    /// A request without a token.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A request of this user's.
    pub(crate) fn by(&self, sub: &str, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path).bearer_auth(Self::token(sub))
    }

    pub(crate) async fn get(&self, sub: &str, path: &str) -> Answer {
        Answer::of(self.by(sub, Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, sub: &str, path: &str) -> Answer {
        Answer::of(self.by(sub, Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, sub: &str, path: &str, body: &Value) -> Answer {
        self.send(sub, Method::POST, path, body).await
    }

    pub(crate) async fn send(&self, sub: &str, method: Method, path: &str, body: &Value) -> Answer {
        Answer::of(with_json(self.by(sub, method, path), body)).await
    }

    /// A `POST` without a body.
    pub(crate) async fn act(&self, sub: &str, path: &str) -> Answer {
        Answer::of(self.by(sub, Method::POST, path)).await
    }

    /// `POST /webhook` of this user's.
    pub(crate) async fn prompt(&self, sub: &str, body: &Value) -> Answer {
        self.post(sub, "/webhook", body).await
    }

    /// Begins a run of Sam's with `async`; returns its `executionId`.
    pub(crate) async fn begin(&self, prompt: &str) -> String {
        self.begin_as("sam", prompt).await
    }

    pub(crate) async fn begin_as(&self, sub: &str, prompt: &str) -> String {
        let body = json!({"prompt": prompt, "async": true});
        let answer = self.prompt(sub, &body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        answer.body["executionId"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    /// The run, when it has this status.
    pub(crate) async fn run_is(&self, sub: &str, id: &str, status: &str) -> Value {
        let started = Instant::now();
        loop {
            let run = self.get(sub, &format!("/runs/{id}?trace=1")).await.ok();
            if run["status"] == status {
                return run;
            }
            assert!(started.elapsed() < DEADLINE, "never {status}: {run:#}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The run of Sam's, when it has completed.
    pub(crate) async fn completed(&self, id: &str) -> Value {
        self.run_is("sam", id, "completed").await
    }

    /// The event stream of Sam's run.
    pub(crate) async fn events(&self, id: &str) -> Events {
        Events::open(self.by("sam", Method::GET, &format!("/runs/{id}/events"))).await
    }

    async fn ready(&self) {
        replica_ready(&self.http, &self.url).await;
    }

    /// The signal to stop; [`Self::stopped`] waits for the end.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) async fn stopped(&mut self) {
        let running = self.running.take().expect("stopped once");
        let ended = within("the service ends", running).await;
        ended.expect("no panic").expect("a clean end");
    }

    pub(crate) async fn finish(mut self) {
        self.stop();
        self.stopped().await;
    }
}

impl Drop for RunsApp {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
        }
    }
}

/// A further process on a database.
pub(crate) struct Replica {
    pub(crate) url: String,
    http: reqwest::Client,
    _stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Replica {
    pub(crate) fn by(&self, sub: &str, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.bearer_auth(RunsApp::token(sub))
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn replica_ready(http: &reqwest::Client, url: &str) {
    let started = Instant::now();
    loop {
        let answer = Answer::of(http.get(format!("{url}/ready"))).await;
        if answer.status == StatusCode::OK {
            return;
        }
        assert!(started.elapsed() < DEADLINE, "never ready: {answer:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) fn with_json(request: reqwest::RequestBuilder, body: &Value) -> reqwest::RequestBuilder {
    request
        .header("content-type", "application/json")
        .body(body.to_string())
}
