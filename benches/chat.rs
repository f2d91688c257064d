//! What the service adds to Claude's own time, and what it costs: `cargo bench`.
//!
//! The real binary, a fake Claude that answers at once, and a real MCP server, all on loopback. Prints latencies
//! (p50 and p99) of a text turn asked directly and through `/chat`, throughput, and the process's memory.

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, response::IntoResponse, routing::post, serve::ListenerExt};
use futures_util::future::join_all;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool},
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tokio::net::TcpListener;

const ANSWER: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);
const KEY: &str = "a signing key for benchmarks, 32+";
const ROUNDS: usize = 2000;
const AT_ONCE: u32 = 500;

#[derive(Clone)]
struct Tools;

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = serde_json::json!({"type": "object", "properties": {"user_id": {}}});
        let schema = Arc::new(schema.as_object().cloned().unwrap_or_default());
        Ok(ListToolsResult::with_all_items(vec![Tool::new(
            "list_workouts",
            "Lists workouts",
            schema,
        )]))
    }
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// The binary under test, ended with the benchmark.
struct Agent {
    child: Child,
    url: String,
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Agent {
    async fn start(claude: &str, mcp: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port")
            .local_addr()
            .expect("an address")
            .port();
        let child = Command::new(env!("CARGO_BIN_EXE_prog-strength-agent"))
            .env_clear()
            .envs([
                ("ANTHROPIC_API_KEY", "k"),
                ("JWT_SIGNING_KEY", KEY),
                ("RATE_LIMIT_MAX", "0"),
            ])
            .envs([
                ("ANTHROPIC_BASE_URL", claude),
                ("PROG_STRENGTH_MCP_URL", mcp),
            ])
            .envs([
                ("AGENT_HOST", "127.0.0.1"),
                ("AGENT_PORT", &port.to_string()),
            ])
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let agent = Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while !reqwest::get(format!("{}/ready", agent.url))
            .await
            .is_ok_and(|r| r.status().is_success())
        {
            assert!(Instant::now() < deadline, "the service did not get ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        agent
    }

    /// Resident memory in MB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|kb| kb.parse::<f64>().ok())
            .unwrap_or_default()
            / 1024.0
    }
}

async fn ask(request: reqwest::RequestBuilder) -> Duration {
    let began = Instant::now();
    let response = request.send().await.expect("an answer");
    assert!(response.status().is_success(), "{}", response.status());
    assert!(response.text().await.expect("a body").contains("Hello"));
    began.elapsed()
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    println!(
        "{name:<34} p50 {:7.3} ms   p99 {:7.3} ms   n {}",
        at(50),
        at(99),
        times.len()
    );
}

async fn in_a_row(name: &str, request: impl Fn() -> reqwest::RequestBuilder) {
    for _ in 0..200 {
        ask(request()).await;
    }
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        times.push(ask(request()).await);
    }
    report(name, times);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let events = || async { ([("content-type", "text/event-stream")], ANSWER).into_response() };
    let claude = serve(Router::new().route("/v1/messages", post(events))).await;
    let mcp = StreamableHttpService::new(
        || Ok(Tools),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let mcp = serve(Router::new().nest_service("/mcp", mcp)).await;
    let agent = Agent::start(&claude, &format!("{mcp}/mcp")).await;
    println!(
        "memory, idle with one MCP session: {:.1} MB",
        agent.memory()
    );

    let token = Command::new(env!("CARGO_BIN_EXE_prog-strength-agent"))
        .args(["token", "--sub", "sam"])
        .env_clear()
        .env("JWT_SIGNING_KEY", KEY)
        .output()
        .expect("the binary runs");
    let token = String::from_utf8(token.stdout)
        .expect("a token")
        .trim()
        .to_owned();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tcp_nodelay(true)
        .build()
        .expect("a client");
    let post = |url: String, stream: bool| {
        let body = format!(
            "{{\"stream\":{stream},\"messages\":[{{\"role\":\"user\",\"content\":\"hi\"}}]}}"
        );
        client
            .post(url)
            .bearer_auth(&token)
            .header("content-type", "application/json")
            .body(body)
    };
    let direct = || post(format!("{claude}/v1/messages"), true);
    let chat = |stream| post(format!("{}/chat", agent.url), stream);
    in_a_row("fake Claude, directly", direct).await;
    in_a_row("POST /chat, JSON", || chat(false)).await;
    in_a_row("POST /chat, SSE", || chat(true)).await;
    println!(
        "memory, after {} chats: {:.1} MB",
        2 * (ROUNDS + 200),
        agent.memory()
    );
    for _ in 0..4 {
        let began = Instant::now();
        report(
            &format!("{AT_ONCE} chats at once"),
            join_all((0..AT_ONCE).map(|_| ask(chat(true)))).await,
        );
        println!(
            "  {:.0} chats/s, memory {:.1} MB",
            f64::from(AT_ONCE) / began.elapsed().as_secs_f64(),
            agent.memory()
        );
    }
    drop(client);
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!(
        "memory, 5 s after the last client is gone: {:.1} MB",
        agent.memory()
    );
}
