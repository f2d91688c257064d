//! Runs the binary as a service, between a fake Claude and a real MCP server.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    answer::{now, token},
    fake_claude::FakeClaude,
    mcp_server::McpServer,
    process::{Directory, Process},
    sse::Sse,
    test_app::JWT_KEY,
    wait::{DEADLINE, within},
};

/// The service as a process, between a fake Claude and a real MCP server.
pub struct Service {
    pub process: Process,
    pub url: String,
    pub claude: FakeClaude,
    pub mcp: McpServer,
    pub http: reqwest::Client,
    _directory: Directory,
}

pub const API_KEY: &str = "sk-MARKER-api-key";

impl Service {
    pub async fn start(arguments: &[&str], env: &[(&str, &str)]) -> Self {
        Self::start_in(Directory::new(), arguments, env).await
    }

    pub async fn start_in(directory: Directory, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        Self::start_with(FakeClaude::start().await, directory, arguments, more).await
    }

    pub async fn start_with(
        claude: FakeClaude,
        directory: Directory,
        arguments: &[&str],
        more: &[(&str, &str)],
    ) -> Self {
        let mcp = McpServer::start().await;
        let mcp_url = mcp.url();
        let mut env = BTreeMap::from([
            ("ANTHROPIC_API_KEY", API_KEY),
            ("ANTHROPIC_BASE_URL", claude.url()),
            ("JWT_SIGNING_KEY", JWT_KEY),
            ("PROG_STRENGTH_MCP_URL", mcp_url.as_str()),
            ("AGENT_HOST", "127.0.0.1"),
            ("AGENT_PORT", "0"),
        ]);
        env.extend(more.iter().copied());
        // A variable without a value is left to the `.env` file.
        env.retain(|_, value| *value != LEFT_OUT);
        let env: Vec<_> = env.into_iter().collect();
        let process = Process::start(&directory.0, arguments, &env);
        let listening = process.logged("listening").await;
        let address = listening["address"].as_str().expect("an address");
        let http = reqwest::Client::builder().no_proxy().build();
        let service = Self {
            url: format!("http://{address}"),
            process,
            claude,
            mcp,
            http: http.expect("a client"),
            _directory: directory,
        };
        service.ready_says(200).await;
        service
    }

    pub async fn ready_says(&self, status: u16) {
        let started = Instant::now();
        while self.get("/ready").await != status {
            assert!(started.elapsed() < DEADLINE, "/ready never said {status}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn get(&self, path: &str) -> u16 {
        let sent = self.http.get(format!("{}{path}", self.url)).send();
        let answer = within(path, sent).await.expect("an answer");
        answer.status().as_u16()
    }

    pub fn port(&self) -> &str {
        self.url.rsplit(':').next().expect("a port")
    }

    pub fn post(&self, token: &str) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}/chat", self.url))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
    }

    /// The status for an invalid body, which is checked only with a valid token.
    pub async fn status_with(&self, token: &str) -> u16 {
        let sent = within("an answer", self.post(token).body("{").send()).await;
        sent.expect("an answer").status().as_u16()
    }

    pub async fn chat(&self, token: &str, id: &str, body: &Value) -> (u16, Value) {
        let request = self.post(token).header("x-request-id", id);
        let sent = within("an answer", request.body(body.to_string()).send()).await;
        let answer = sent.expect("an answer");
        let status = answer.status().as_u16();
        let text = within("its body", answer.text()).await.expect("a body");
        (status, serde_json::from_str(&text).expect("JSON"))
    }

    pub async fn stream(&self, token: &str, body: &Value) -> Sse {
        let mut body = body.clone();
        body["stream"] = true.into();
        let sent = self.post(token).body(body.to_string()).send();
        Sse::new(within("the stream's head", sent).await.expect("an answer"))
    }
}

/// The value of a variable that is unset.
pub const LEFT_OUT: &str = "\u{0}";

pub fn sams_token() -> String {
    let claims = json!({"sub": "sam", "exp": now() + 3600});
    token(JWT_KEY, &claims)
}
