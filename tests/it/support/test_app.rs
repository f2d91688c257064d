//! The service on a free port, between a fake Claude and a real MCP server.

use std::{collections::HashMap, time::Duration};

use http::{Method, StatusCode};
use prog_strength_agent::{agent::http::app::App, agent::http::serve, config::Config};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub use super::answer::{Answer, now, token, user};
use super::{
    fake_claude::{FakeClaude, Reply},
    mcp_server::McpServer,
    sse::Sse,
    wait::{DEADLINE, within},
};

pub const JWT_KEY: &str = "a signing key for tests, 32 bytes+";

pub struct TestApp {
    pub claude: FakeClaude,
    /// The server started for this test, unless the test named another one.
    pub mcp: McpServer,
    pub url: String,
    key: String,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<anyhow::Result<()>>>,
}

pub struct Builder {
    env: HashMap<String, String>,
    wait: bool,
}

impl Builder {
    /// A setting other than the test's usual one.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Uses another MCP server than the one started for the test.
    #[must_use]
    pub fn mcp_url(self, url: &str) -> Self {
        self.env("PROG_STRENGTH_MCP_URL", url)
    }

    /// Does not wait until the service is ready.
    #[must_use]
    pub fn unready(mut self) -> Self {
        self.wait = false;
        self
    }

    pub async fn start(self) -> TestApp {
        let mcp = McpServer::start().await;
        self.start_with(mcp).await
    }

    /// Uses an MCP server that the test has prepared.
    pub async fn start_with(self, mcp: McpServer) -> TestApp {
        let claude = FakeClaude::start().await;
        let mut env = self.env;
        env.entry("ANTHROPIC_BASE_URL".into())
            .or_insert_with(|| claude.url().into());
        env.entry("PROG_STRENGTH_MCP_URL".into())
            .or_insert_with(|| mcp.url());
        let key = env["JWT_SIGNING_KEY"].clone();
        let app = App::new(Config::from_iter(env).expect("a sound configuration")).expect("an app");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(serve::run(
            listener,
            app,
            async move { drop(stopped.await) },
        ));
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let app = TestApp {
            claude,
            mcp,
            url,
            key,
            http,
            stop: Some(stop),
            running: Some(running),
        };
        if self.wait {
            app.ready().await;
        }
        app
    }
}

impl TestApp {
    /// A ready service with default settings.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    pub fn builder() -> Builder {
        let env = [
            ("ANTHROPIC_API_KEY", "sk-test"),
            ("JWT_SIGNING_KEY", JWT_KEY),
            ("RATE_LIMIT_MAX", "0"),
            // Most tests have one user.
            ("AGENT_MAX_CHATS_PER_USER", "1000000"),
        ];
        Builder {
            env: env.map(|(name, value)| (name.into(), value.into())).into(),
            wait: true,
        }
    }

    /// A ready service, and a Claude with these replies.
    pub async fn with(replies: impl IntoIterator<Item = Reply>) -> Self {
        let app = Self::start().await;
        app.claude.push_all(replies);
        app
    }

    pub fn token(&self, sub: &str) -> String {
        token(&self.key, &json!({"sub": sub, "exp": now() + 3600}))
    }

    /// A request without headers.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// `POST /chat` for the user, without a body.
    pub fn post(&self, sub: &str) -> reqwest::RequestBuilder {
        self.request(Method::POST, "/chat")
            .header("authorization", format!("Bearer {}", self.token(sub)))
            .header("content-type", "application/json")
    }

    /// A turn as one JSON answer.
    pub async fn chat(&self, sub: &str, body: &Value) -> Answer {
        Answer::of(self.post(sub).body(body.to_string())).await
    }

    /// A turn of the user Sam with this message.
    pub async fn ask(&self, words: &str) -> Answer {
        self.chat("sam", &user(words)).await
    }

    /// A turn as a stream; `stream` is set in the body.
    pub async fn stream(&self, sub: &str, body: &Value) -> Sse {
        let mut body = body.clone();
        body["stream"] = true.into();
        let sent = self.post(sub).body(body.to_string()).send();
        Sse::new(within("the stream's head", sent).await.expect("an answer"))
    }

    /// The same message, with a streamed answer.
    pub async fn ask_streaming(&self, words: &str) -> Sse {
        self.stream("sam", &user(words)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Waits until `/ready` returns 200.
    pub async fn ready(&self) -> Answer {
        self.ready_says(StatusCode::OK).await
    }

    /// Waits until `/ready` returns this status.
    pub async fn ready_says(&self, status: StatusCode) -> Answer {
        let started = tokio::time::Instant::now();
        loop {
            let answer = self.get("/ready").await;
            if answer.status == status {
                return answer;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "/ready never said {status}: {answer:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The signal to stop; `stopped` waits for the end.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until the service has stopped after `stop`.
    pub async fn stopped(&mut self) {
        let running = self.running.take().expect("stopped once");
        within("the service ends", running)
            .await
            .expect("no panic")
            .expect("a clean end");
    }

    /// Stops the service and waits for its graceful shutdown.
    pub async fn finish(mut self) {
        self.stop();
        self.stopped().await;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
        }
    }
}
