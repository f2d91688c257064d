//! An MCP server as a session is opened with it: by HTTP, or as a child process.

use std::{borrow::Cow, sync::Arc, time::Duration};

use secrecy::SecretString;

use super::{
    answer_memory::AnswerMemory,
    stdio::{Place, StdioEndpoint},
    transport::Clients,
};
use crate::{
    config::{
        McpConfig,
        connections::{HttpServer, StdioCommand},
    },
    upstream::{client::builder_for, guard::Guard},
};

/// Of our own server, which is near.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const FAR_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For opening a session and listing its tools.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// A command may have to load its program first.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// A child process that is told to end has 2 s, gets a signal, has 2 s, and is killed.
const CHILD_CLOSE_TIMEOUT: Duration = Duration::from_secs(8);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How sessions with one server are opened. May be shared by sessions: setting TLS up takes time and memory.
pub struct Server {
    pub(super) endpoint: Endpoint,
    pub(super) answers: AnswerMemory,
    pub(super) call_timeout: Duration,
    /// Calls carry the caller's token.
    pub(super) forwards_caller: bool,
    /// The name of the connection; `None` for the agent's own server.
    name: Option<String>,
}

pub(super) enum Endpoint {
    Http(HttpEndpoint),
    Stdio(StdioEndpoint),
}

pub(super) struct HttpEndpoint {
    pub(super) clients: Clients,
    pub(super) url: Arc<str>,
    pub(super) token: Option<SecretString>,
}

impl Server {
    /// The agent's own server.
    pub fn own(config: &McpConfig, answers: AnswerMemory) -> anyhow::Result<Self> {
        let builder = || anyhow::Ok(builder_for(&config.url).connect_timeout(CONNECT_TIMEOUT));
        Ok(Self {
            endpoint: Endpoint::Http(HttpEndpoint {
                clients: Clients::new(builder, true)?,
                url: config.url.as_str().into(),
                token: config.token.clone(),
            }),
            answers,
            call_timeout: config.call_timeout,
            forwards_caller: config.forwards_caller,
            name: None,
        })
    }

    /// The server of a connection by URL. Those of users need the guard, which the URL has passed before.
    pub fn http(
        name: &str,
        server: &HttpServer,
        guard: Option<&Guard>,
        call_timeout: Duration,
        answers: AnswerMemory,
    ) -> anyhow::Result<Self> {
        let headers = server.headers.to_map();
        let builder = || {
            let builder = match guard {
                Some(guard) => guard.builder_for(&server.url)?,
                None => builder_for(&server.url).connect_timeout(FAR_CONNECT_TIMEOUT),
            };
            anyhow::Ok(builder.default_headers(headers.clone()))
        };
        Ok(Self {
            endpoint: Endpoint::Http(HttpEndpoint {
                clients: Clients::new(builder, guard.is_none())?,
                url: server.url.as_str().into(),
                token: None,
            }),
            answers,
            call_timeout,
            forwards_caller: false,
            name: Some(name.to_owned()),
        })
    }

    /// The server of a connection by command, for one run.
    pub fn stdio(
        name: &str,
        command: &StdioCommand,
        place: Place,
        call_timeout: Duration,
        answers: AnswerMemory,
    ) -> Self {
        Self {
            endpoint: Endpoint::Stdio(StdioEndpoint {
                command: command.clone(),
                place,
                line_timeout: call_timeout,
            }),
            answers,
            call_timeout,
            forwards_caller: false,
            name: Some(name.to_owned()),
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// A tool's name in metrics.
    pub(super) fn label<'a>(&self, tool: &'a str) -> Cow<'a, str> {
        match &self.name {
            Some(name) => format!("{name}__{tool}").into(),
            None => tool.into(),
        }
    }

    pub(super) fn is_child(&self) -> bool {
        matches!(self.endpoint, Endpoint::Stdio(_))
    }

    pub(super) fn open_timeout(&self) -> Duration {
        if self.is_child() {
            START_TIMEOUT
        } else {
            OPEN_TIMEOUT
        }
    }

    pub(super) fn close_timeout(&self) -> Duration {
        if self.is_child() {
            CHILD_CLOSE_TIMEOUT
        } else {
            CLOSE_TIMEOUT
        }
    }

    /// For a listing of the tools. A child process may do one thing at a time, a long call for example.
    pub(super) fn list_timeout(&self) -> Duration {
        if self.is_child() {
            self.call_timeout.max(OPEN_TIMEOUT)
        } else {
            OPEN_TIMEOUT
        }
    }
}
