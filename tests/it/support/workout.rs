//! The workout server's HTTP transport on a free port, with a handler that names the caller.

use std::{collections::HashMap, sync::Arc, time::Duration};

use http::Method;
use prog_strength_agent::{
    config::WorkoutConfig,
    http::lifecycle::Lifecycle,
    workout::transport::{HttpState, Tuning, router},
    workout::{identity::Identity, metrics::Metrics, serve},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
    task::JoinHandle,
};

use super::{
    answer::{Answer, now, token},
    test_app::JWT_KEY,
    wait::{Gate, until, within},
};

pub const AGENT_TOKEN: &str = "the-agents-token";

/// `whoami` says it at once, `slow` when the gate opens.
#[derive(Clone)]
struct WhoAmI {
    gate: Gate,
    begun: Arc<watch::Sender<usize>>,
}

impl ServerHandler for WhoAmI {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = json!({"name": "whoami", "inputSchema": {"type": "object"}});
        let tool = serde_json::from_value::<Tool>(tool).expect("a tool");
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let parts = context.extensions.get::<http::request::Parts>();
        let parts = parts.expect("the request's head");
        assert!(
            !parts.headers.contains_key("authorization"),
            "the token goes no further"
        );
        let identity = parts.extensions.get::<Identity>().expect("an identity");
        if request.name == "slow" {
            self.begun.send_modify(|begun| *begun += 1);
            self.gate.wait().await;
        }
        let said = format!("{identity:?}");
        Ok(CallToolResult::success(vec![ContentBlock::text(said)]).into())
    }
}

pub struct WorkoutServer {
    pub url: String,
    pub lifecycle: Lifecycle,
    /// `slow` waits here.
    pub gate: Gate,
    begun: Arc<watch::Sender<usize>>,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<anyhow::Result<()>>>,
}

impl WorkoutServer {
    /// With all that the agent and HS256 users need.
    pub async fn start() -> Self {
        Self::with(&[], Tuning::default()).await
    }

    /// Settings beside or in place of the usual ones; an empty one counts as unset.
    pub async fn with(env: &[(&str, &str)], tuning: Tuning) -> Self {
        let usual = [
            ("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN),
            ("JWT_SIGNING_KEY", JWT_KEY),
            ("AGENT_SHUTDOWN_GRACE_SECS", "10"),
        ];
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut all: HashMap<String, String> = usual.iter().map(owned).collect();
        all.extend(env.iter().map(owned));
        let config = WorkoutConfig::from_iter(false, all).expect("good settings");
        let metrics = Arc::new(Metrics::new(None));
        let state = HttpState::new(&config, tuning, metrics).expect("an HTTP client");
        let handler = WhoAmI {
            gate: Gate::new(),
            begun: Arc::default(),
        };
        let (gate, begun) = (handler.gate.clone(), handler.begun.clone());
        let lifecycle = state.lifecycle.clone();
        let router = router(&state, move || handler.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (stop, stopped) = oneshot::channel::<()>();
        let grace = config.shutdown_grace;
        let running = tokio::spawn(async move {
            let shutdown = async move { drop(stopped.await) };
            serve::run(listener, router, &state.lifecycle, shutdown, grace).await
        });
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build();
        Self {
            url,
            lifecycle,
            gate,
            begun,
            http: http.expect("a client"),
            stop: Some(stop),
            running: Some(running),
        }
    }

    pub fn mcp(&self) -> String {
        format!("{}/mcp", self.url)
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A message, as 2025-11-25 sends it.
    pub fn post(&self, token: &str, message: &Value) -> reqwest::RequestBuilder {
        self.anonymous(message)
            .header("authorization", format!("Bearer {token}"))
    }

    /// The same with no token.
    pub fn anonymous(&self, message: &Value) -> reqwest::RequestBuilder {
        self.request(Method::POST, "/mcp")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(message.to_string())
    }

    /// The answer to `initialize`.
    pub async fn initialize(&self, token: &str) -> Answer {
        Answer::of(self.post(token, &initialize())).await
    }

    /// A new session's id.
    pub async fn session(&self, token: &str) -> String {
        let answer = self.initialize(token).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let id = answer.header("mcp-session-id").expect("an id").to_owned();
        let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let answer = Answer::of(self.post(token, &begun).header("mcp-session-id", &id)).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        id
    }

    /// A call within a session.
    pub fn call(&self, token: &str, session: &str, tool: &str) -> reqwest::RequestBuilder {
        self.call_with_id(token, session, tool, 7)
    }

    /// The same with a request id.
    pub fn call_with_id(
        &self,
        token: &str,
        session: &str,
        tool: &str,
        id: impl Into<Value>,
    ) -> reqwest::RequestBuilder {
        let params = json!({"name": tool});
        self.message(token, session, id, "tools/call", &params)
    }

    /// A request within a session.
    pub fn message(
        &self,
        token: &str,
        session: &str,
        id: impl Into<Value>,
        method: &str,
        params: &Value,
    ) -> reqwest::RequestBuilder {
        let message =
            json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params});
        self.post(token, &message).header("mcp-session-id", session)
    }

    /// Opens the standalone event stream of a session.
    pub fn stream(&self, token: &str, session: &str) -> reqwest::RequestBuilder {
        self.request(Method::GET, "/mcp")
            .bearer_auth(token)
            .header("accept", "text/event-stream")
            .header("mcp-session-id", session)
    }

    /// Who the server says is calling, or the status of its refusal.
    pub async fn whoami(&self, token: &str) -> String {
        let answer = self.initialize(token).await;
        if answer.status != 200 {
            return answer.status.as_u16().to_string();
        }
        let id = answer.header("mcp-session-id").expect("an id");
        let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        Answer::of(self.post(token, &begun).header("mcp-session-id", id)).await;
        said(&Answer::of(self.call(token, id, "whoami")).await)
    }

    /// Waits until `slow` has been called.
    pub async fn is_slow(&self) {
        self.has_slow_calls(1).await;
    }

    /// Waits until `slow` has been called `n` times.
    pub async fn has_slow_calls(&self, n: usize) {
        until("slow calls", &self.begun, |begun| {
            (*begun >= n).then_some(())
        })
        .await;
    }

    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub async fn stopped(&mut self) {
        let running = self.running.take().expect("still running");
        let ended = within("the server's end", running).await;
        ended.expect("no panic").expect("a good end");
    }
}

pub fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
}

/// The text of the tool's result in an answer that is a stream of events.
pub fn said(answer: &Answer) -> String {
    let mut data = answer
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"));
    let message = data.find_map(|data| serde_json::from_str::<Value>(data.trim()).ok());
    let message = message.unwrap_or_else(|| panic!("no message in {answer:?}"));
    message["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {message}"))
        .to_owned()
}

/// A JWT of the API's.
pub fn user_token(sub: &str) -> String {
    token(JWT_KEY, &json!({"sub": sub, "exp": now() + 600}))
}
