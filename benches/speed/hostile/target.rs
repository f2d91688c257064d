//! The process under test, and another user who asks something meanwhile.

use std::{
    cell::RefCell,
    net::SocketAddr,
    process::ExitStatus,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::sleep;

use super::{
    post::{Answer, Post, Tally, chat},
    shape::{Scene, Service, Shape},
    tool_server::ToolServer,
    workout::{AGENT_TOKEN, Client},
};
use crate::{
    agent::{Agent, Bench, KEY},
    machine::Process,
};

/// How much the address space of the process may grow.
const HEADROOM: u64 = 192 << 20;
/// Idle since the start: what the start has used is freed.
const REST: Duration = Duration::from_millis(500);
/// More than one: the workout server limits the calls of each by the hour.
const OTHERS: usize = 8;
const PAUSE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(10);
/// How long places and memory may be held once the connections of a shape are closed.
const RECOVERY: Duration = Duration::from_secs(15);

pub struct Target {
    agent: Agent,
    pub service: Service,
    pub tool_server: Option<Arc<ToolServer>>,
    /// Of the database.
    _folder: TempDir,
}

/// What a shape has led to.
pub struct Seen {
    pub answers: Tally,
    pub others: Others,
    /// The kind of the answer to another user, once the shape is over.
    pub afterwards: String,
}

/// What the other users have seen, and the peak of the memory meanwhile.
#[derive(Default)]
pub struct Others {
    pub answers: Tally,
    /// The longest time that one waited.
    pub slowest: Duration,
    /// In MB.
    pub peak: f64,
}

impl Others {
    fn note(&mut self, waited: Duration, peak: f64, answer: &Answer) {
        self.slowest = self.slowest.max(waited);
        self.peak = self.peak.max(peak);
        self.answers.add(answer.kind());
    }
}

impl Target {
    /// Starts the process and limits it.
    pub async fn start(bench: &Bench, shape: &Shape) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}/workouts.db", folder.path().display());
        let tool_server = match shape.tool_server {
            Some(tool_server) => Some(tool_server().start().await),
            None => None,
        };
        let tools = tool_server.as_ref().map(|server| server.url());
        let tools = tools.unwrap_or_else(|| bench.mcp.url());
        let settings = [
            // The defaults, in place of the bench's own settings.
            ("AGENT_MAX_CONCURRENT_CHATS", ""),
            ("AGENT_MAX_CHATS_PER_USER", ""),
            ("AGENT_MEMORY_BUDGET_BYTES", ""),
            ("DATABASE_URL", &database),
            ("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN),
            ("PROG_STRENGTH_MCP_URL", &tools),
            ("LOG_FORMAT", "json"),
        ];
        let command = shape.service.command();
        let agent = Agent::spawn_command(bench, command, &settings).await;
        agent
            .wait_until_ok(match shape.service {
                Service::Serve => "/ready",
                Service::Mcp => "/health",
            })
            .await;
        let target = Self {
            agent,
            service: shape.service,
            tool_server,
            _folder: folder,
        };
        target.other(&target.client("other").await).await;
        sleep(REST).await;
        target.process().limit_address_space(HEADROOM);
        target.process().forget_peak();
        target
    }

    pub fn process(&self) -> Process {
        self.agent.process()
    }

    pub fn address(&self) -> SocketAddr {
        self.agent.address
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.agent.ended()
    }

    /// Sends the shape's requests while another user asks something every 100 ms.
    pub async fn under(&self, bench: &Bench, shape: &Shape) -> Seen {
        let answers = RefCell::default();
        let scene = Scene {
            target: self,
            answers: &answers,
            patience: shape.patience,
        };
        let clients = (0..OTHERS).map(async |n| self.client(&format!("other-{n}")).await);
        let clients = join_all(clients).await;
        let others = RefCell::new(Others::default());
        let asking = async {
            for client in clients.iter().cycle() {
                let began = Instant::now();
                let answer = self.other(client).await;
                let (waited, peak) = (began.elapsed(), self.process().peak());
                others.borrow_mut().note(waited, peak, &answer);
                sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = (shape.send)(&scene) => {}
            () = asking => {}
        }
        bench.claude.hang_up();
        let mut others = others.take();
        others.peak = others.peak.max(self.process().peak());
        Seen {
            answers: answers.take(),
            others,
            afterwards: self.afterwards(&clients[0]).await,
        }
    }

    /// The answer to another user, when the shape has had some time to end.
    async fn afterwards(&self, client: &Client) -> String {
        let began = Instant::now();
        loop {
            let mut answer = self.other(client).await;
            if answer.status == 200 && self.service == Service::Mcp {
                answer = Client::open(self.address(), AGENT_TOKEN.to_owned(), "{}")
                    .await
                    .1;
            }
            if answer.status == 200 || began.elapsed() > RECOVERY {
                return answer.kind();
            }
            sleep(PAUSE).await;
        }
    }

    /// Asks something as another user: a short chat, or a tool call.
    async fn other(&self, client: &Client) -> Answer {
        if self.service == Service::Mcp {
            return client.call("list_exercises", "{}", 1).await;
        }
        let post = Post::new("/chat", &token("other"), chat('t', false));
        post.send(self.address(), PATIENCE).await
    }

    /// A session of the user with the workout server; nothing if it is not under test.
    pub async fn client(&self, user: &str) -> Client {
        match self.service {
            Service::Serve => Client::none(self.address()),
            Service::Mcp => Client::open(self.address(), token(user), "{}").await.0,
        }
    }
}

/// A user's token.
pub fn token(user: &str) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    let claims = json!({"sub": user, "exp": now.as_secs() + 3600});
    let key = jsonwebtoken::EncodingKey::from_secret(KEY.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token")
}
