//! A real MCP server (rmcp, streamable HTTP) that records the calls it receives.

mod handler;

use std::{collections::HashMap, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State as Shared},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use rmcp::{
    Peer, RoleServer,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use self::handler::Handler;
use super::{
    mcp_tools,
    wait::{Gate, until},
};

/// One `tools/call` as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub arguments: Value,
    /// `_meta` without the progress token.
    pub meta: Value,
    /// The header of its request.
    pub authorization: String,
}

/// The records, which survive a restart of the server.
#[derive(Default)]
pub struct Memory {
    pub calls: Vec<Call>,
    /// Names of slow calls in the order they ended, and of those that were cancelled.
    pub finished: Vec<String>,
    pub cancelled: Vec<String>,
    /// How often `create_workout` and the slow writes acted, by Claude's tool-use id.
    pub executions: HashMap<String, usize>,
    pub sessions: usize,
    pub sessions_closed: usize,
    pub lists: usize,
    /// The bearer token of each request that has one.
    pub authorizations: Vec<String>,
    tools: Vec<Value>,
    /// The longest pause before a call acts, and before it answers.
    pause: Duration,
    page: Option<usize>,
    token: Option<String>,
    peers: Vec<Peer<RoleServer>>,
}

type Remembered = Arc<watch::Sender<Memory>>;

pub struct McpServer {
    address: SocketAddr,
    memory: Remembered,
    /// The slow tools wait here.
    pub gate: Gate,
    running: Option<Running>,
    /// Keeps the port while the server is down: another test may not get it.
    _reserved: TcpSocket,
}

struct Running {
    accepting: JoinHandle<()>,
    sessions: CancellationToken,
}

impl McpServer {
    pub async fn start() -> Self {
        let memory = Memory {
            tools: mcp_tools::catalogue(),
            ..Memory::default()
        };
        let reserved = socket(SocketAddr::from(([127, 0, 0, 1], 0)));
        let mut server = Self {
            address: reserved.local_addr().expect("bound"),
            memory: Arc::new(watch::Sender::new(memory)),
            gate: Gate::new(),
            running: None,
            _reserved: reserved,
        };
        server.restart().await;
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Starts again on the same port, without the earlier sessions.
    pub async fn restart(&mut self) {
        self.stop().await;
        let listener = socket(self.address).listen(1024).expect("its own port");
        let sessions = CancellationToken::new();
        let config =
            StreamableHttpServerConfig::default().with_cancellation_token(sessions.clone());
        let handler = Handler {
            memory: self.memory.clone(),
            gate: self.gate.clone(),
        };
        let mcp = StreamableHttpService::new(
            move || Ok::<_, io::Error>(handler.clone()),
            Arc::new(LocalSessionManager::default()),
            config,
        );
        let router = Router::new()
            .nest_service("/mcp", mcp)
            .layer(from_fn_with_state(self.memory.clone(), guard));
        self.running = Some(Running {
            accepting: tokio::spawn(accept(listener, router)),
            sessions,
        });
    }

    /// Stops at once: drops the listener and every connection, session and call.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.accepting.abort();
            let _ = running.accepting.await;
            running.sessions.cancel();
        }
    }

    pub fn calls(&self) -> Vec<Call> {
        self.memory.borrow().calls.clone()
    }

    /// The names of the calls.
    pub fn called(&self) -> Vec<String> {
        self.memory
            .borrow()
            .calls
            .iter()
            .map(|call| call.name.clone())
            .collect()
    }

    /// The records of the server.
    pub fn remembers<T>(&self, look: impl FnOnce(&Memory) -> T) -> T {
        look(&self.memory.borrow())
    }

    /// Waits until the records satisfy the condition.
    pub async fn until(&self, what: &str, mut condition: impl FnMut(&Memory) -> bool) {
        until(what, &self.memory, |memory| condition(memory).then_some(())).await;
    }

    /// Waits until the tool has been called.
    pub async fn called_tool(&self, name: &str) {
        self.until(name, |memory| {
            memory.calls.iter().any(|call| call.name == name)
        })
        .await;
    }

    /// Replaces the tools; `announce` notifies the clients.
    pub fn set_tools(&self, tools: Vec<Value>) {
        self.memory.send_modify(|memory| memory.tools = tools);
    }

    /// Sends `notifications/tools/list_changed` to every client.
    pub async fn announce(&self) {
        let peers = self.memory.borrow().peers.clone();
        for peer in peers {
            let _ = peer.notify_tool_list_changed().await;
        }
    }

    /// Each call takes a random time up to this before it acts, and again before it answers.
    pub fn pause_up_to(&self, pause: Duration) {
        self.memory.send_modify(|memory| memory.pause = pause);
    }

    /// `tools/list` gives this many tools a page.
    pub fn page_by(&self, tools: usize) {
        self.memory.send_modify(|memory| memory.page = Some(tools));
    }

    /// Requests without this bearer token get 401.
    pub fn require_token(&self, token: &str) {
        self.memory
            .send_modify(|memory| memory.token = Some(token.into()));
    }
}

impl Drop for McpServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.accepting.abort();
            running.sessions.cancel();
        }
    }
}

/// A socket at the address, with `SO_REUSEPORT`; it accepts no connection unless it listens.
fn socket(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an option");
    socket.set_reuseport(true).expect("an option");
    socket.bind(address).expect("the port is free");
    socket
}

/// Serves until aborted, which drops every connection.
async fn accept(listener: TcpListener, router: Router) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        connections.spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service),
        );
        while connections.try_join_next().is_some() {}
    }
}

/// Checks the token and counts the sessions that clients close.
async fn guard(Shared(memory): Shared<Remembered>, request: Request, next: Next) -> Response {
    let wanted = memory
        .borrow()
        .token
        .as_ref()
        .map(|token| format!("Bearer {token}"));
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if let Some(given) = given {
        let given = given.to_owned();
        memory.send_modify(|memory| memory.authorizations.push(given));
    }
    if wanted.is_some() && wanted.as_deref() != given {
        return (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, "Bearer")],
        )
            .into_response();
    }
    if request.method() == Method::DELETE {
        memory.send_modify(|memory| memory.sessions_closed += 1);
    }
    next.run(request).await
}
