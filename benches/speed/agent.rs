//! Process under test: the release binary, started as a child, and a client for it.

use std::{
    io,
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use memchr::memmem;
use serde_json::Value;
use tokio::{net::TcpListener, time::sleep};

use crate::{
    bytes::{BLANK, Numbers, RIDERS, Template},
    claude::Claude,
    machine::{Cores, Process},
    mcp::Mcp,
    tape::Tape,
    wire::Wire,
};

pub const KEY: &str = "a signing key for benchmarks, 32+";

/// The environment of all scenarios: the binary, the fakes, the cores.
pub struct Bench {
    pub binary: String,
    pub cores: Cores,
    pub tape: Arc<Tape>,
    pub claude: Arc<Claude>,
    pub mcp: Arc<Mcp>,
    pub numbers: Numbers,
    pub short: bool,
    /// A token for each client.
    tokens: Vec<String>,
}

impl Bench {
    pub async fn new(binary: String, cores: Cores, short: bool) -> Self {
        let tape = Arc::new(Tape::default());
        Self {
            tokens: (0..RIDERS).map(|rider| token(&binary, rider)).collect(),
            claude: Claude::start(tape.clone()).await,
            mcp: Mcp::start(tape.clone()).await,
            numbers: Numbers::default(),
            binary,
            cores,
            tape,
            short,
        }
    }

    /// The bytes of a `POST /chat`, with its placeholder.
    pub fn post(&self, rider: u32, body: &str) -> Template {
        self.post_to("/chat", rider, body)
    }

    /// The same for another path.
    pub fn post_to(&self, path: &str, rider: u32, body: &str) -> Template {
        let head = self.head("POST", path, rider);
        let request = format!(
            "{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Template::new(request.into_bytes(), BLANK)
    }

    /// The bytes of a `GET`.
    pub fn get(&self, path: &str, rider: u32) -> Vec<u8> {
        (self.head("GET", path, rider) + "\r\n").into_bytes()
    }

    fn head(&self, method: &str, path: &str, rider: u32) -> String {
        let token = &self.tokens[rider as usize];
        format!(
            "{method} {path} HTTP/1.1\r\nhost: agent.progstrength.fitness\r\nauthorization: Bearer {token}\r\n"
        )
    }
}

fn token(binary: &str, rider: u32) -> String {
    let printed = Command::new(binary)
        .args(["token", "--ttl", "1d", "--sub", &format!("rider-{rider}")])
        .env_clear()
        .env("JWT_SIGNING_KEY", KEY)
        .output()
        .expect("the binary runs");
    let token = String::from_utf8(printed.stdout).expect("a token");
    token.trim().to_owned()
}

/// Killed when dropped.
pub struct Agent {
    child: Child,
    pub address: SocketAddr,
    /// Time of the start.
    pub began: Instant,
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Agent {
    /// Starts it and waits for its MCP session.
    pub async fn start(bench: &Bench) -> Self {
        Self::start_with(bench, &[]).await
    }

    /// As `start`, with further settings.
    pub async fn start_with(bench: &Bench, settings: &[(&str, &str)]) -> Self {
        let agent = Self::spawn(bench, settings).await;
        agent.wait_until_ok("/ready").await;
        agent
    }

    /// Waits until a GET returns 200.
    pub async fn wait_until_ok(&self, path: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.answers(path).await {
            assert!(Instant::now() < deadline, "{path} did not return 200");
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Starts it without waiting.
    pub async fn spawn(bench: &Bench, settings: &[(&str, &str)]) -> Self {
        Self::spawn_command(bench, "serve", settings).await
    }

    /// The same for any command of the binary that serves HTTP.
    pub async fn spawn_command(bench: &Bench, name: &str, settings: &[(&str, &str)]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = free.local_addr().expect("bound");
        drop(free);
        let mut command = Command::new(&bench.binary);
        command
            .arg(name)
            // A folder without `.env`.
            .current_dir("/")
            .env_clear()
            .env("ANTHROPIC_API_KEY", "k")
            .env("ANTHROPIC_BASE_URL", bench.claude.url())
            .env("PROG_STRENGTH_MCP_URL", bench.mcp.url())
            .env("JWT_SIGNING_KEY", KEY)
            .env("RATE_LIMIT_MAX", "0")
            .env("AGENT_MAX_CONCURRENT_CHATS", "8192")
            .env("AGENT_MAX_CHATS_PER_USER", "8192")
            .env("AGENT_MEMORY_BUDGET_BYTES", "10000000000")
            .env("AGENT_HOST", "127.0.0.1")
            .env("AGENT_PORT", address.port().to_string())
            .env("MCP_HOST", "127.0.0.1")
            .env("MCP_PORT", address.port().to_string())
            .env("RUNS_HOST", "127.0.0.1")
            .env("PORT", address.port().to_string())
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        bench.cores.agents();
        let began = Instant::now();
        let child = command.spawn();
        bench.cores.own();
        Self {
            child: child.expect("the binary runs"),
            address,
            began,
        }
    }

    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// How the process has ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// True if a GET returns 200.
    pub async fn answers(&self, path: &str) -> bool {
        self.get(path).await.is_ok_and(|wire| wire.is_ok())
    }

    pub async fn get(&self, path: &str) -> io::Result<Wire> {
        let mut wire = Wire::connect(self.address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n");
        wire.send(request.as_bytes()).await?;
        wire.receive().await?;
        Ok(wire)
    }

    /// The number of tasks in its metrics.
    pub async fn tasks(&self) -> usize {
        self.metric("runtime_tasks")
            .await
            .expect("a count of tasks")
    }

    /// A count in its metrics, by its name and labels.
    pub async fn metric(&self, name: &str) -> Option<usize> {
        let wire = self.get("/metrics").await.expect("metrics");
        let text = String::from_utf8_lossy(&wire.content()).into_owned();
        let count = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
        text.lines().find_map(count)
    }

    /// Runs one streamed turn over a new connection; returns the data of its `done`.
    pub async fn turn(&self, request: &[u8]) -> Value {
        let mut wire = Wire::connect(self.address).await.expect("a connection");
        wire.send(request).await.expect("sent");
        assert!(wire.receive().await.expect("an answer"), "no answer");
        let content = wire.content();
        let done = b"event: done\ndata: ";
        let at = memmem::rfind(&content, done).unwrap_or_else(|| {
            panic!("no done: {}", String::from_utf8_lossy(wire.whole()));
        });
        let data = content[at + done.len()..].trim_ascii_end();
        serde_json::from_slice(data).expect("JSON")
    }
}
