//! The connections of a run by name: the agent's own MCP server, the operator's, the owner's stored ones, the request's.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use secrecy::ExposeSecret;

use crate::{
    agent::mcp::{AnswerMemory, Place, Server},
    config::{
        McpConfig,
        connections::{
            BaseEnvironment, Connection, Connections, HttpServer, OWN_CONNECTION, ServerHeaders,
            StdioCommand,
        },
    },
    runs::{
        model::{InlineConnection, RunId, StoredConnection, UserId},
        secrets::{self, KeyRing},
        store::Store,
    },
    upstream::guard::Guard,
};

/// Why a connection cannot be used, for Claude and for the owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("there is no such connection")]
    Unknown,
    #[error("its secrets cannot be read")]
    Sealed,
    #[error("its headers are not valid")]
    Headers,
    #[error("its URL is not allowed: {0}")]
    Refused(String),
    #[error("the connections cannot be read at the moment")]
    Store,
    #[error("{0}")]
    Unreachable(String),
}

/// What connections are made from.
pub(super) struct Registry {
    own: Arc<Server>,
    /// With one server for all runs where it is HTTP.
    operator: BTreeMap<String, Operator>,
    store: Store,
    keys: Option<Arc<KeyRing>>,
    guard: Guard,
    environment: BaseEnvironment,
    call_timeout: Duration,
    answers: AnswerMemory,
}

enum Operator {
    Http(Arc<Server>),
    Stdio(StdioCommand),
}

/// Whose connection it is, and where its process may live.
pub(super) struct Context<'a> {
    pub(super) owner: &'a UserId,
    pub(super) run: RunId,
    pub(super) inline: &'a BTreeMap<String, InlineConnection>,
    /// The run's folder, and where its process groups are recorded.
    pub(super) folder: PathBuf,
    pub(super) records: PathBuf,
}

impl Registry {
    pub(super) fn new(
        mcp: &McpConfig,
        connections: &Connections,
        (store, keys): (Store, Option<Arc<KeyRing>>),
        guard: Guard,
        environment: BaseEnvironment,
    ) -> anyhow::Result<Self> {
        let answers = AnswerMemory::new();
        let operator = connections.iter().map(|(name, connection)| {
            let name = name.as_str();
            let made = match connection {
                Connection::Stdio(command) => Operator::Stdio(command.clone()),
                Connection::Http(server) => {
                    let timeout = mcp.call_timeout;
                    let made = Server::http(name, server, None, timeout, answers.clone())?;
                    Operator::Http(Arc::new(made))
                }
            };
            anyhow::Ok((name.to_owned(), made))
        });
        Ok(Self {
            own: Arc::new(Server::own(mcp, answers.clone())?),
            operator: operator.collect::<Result<_, _>>()?,
            store,
            keys,
            guard,
            environment,
            call_timeout: mcp.call_timeout,
            answers,
        })
    }

    /// The names that a step uses which names none.
    pub(super) fn default_names(&self) -> Vec<String> {
        let own = std::iter::once(OWN_CONNECTION.to_owned());
        own.chain(self.operator.keys().cloned()).collect()
    }

    /// True for a connection whose server writes into the run's folder.
    pub(super) fn is_local(&self, name: &str) -> bool {
        matches!(self.operator.get(name), Some(Operator::Stdio(_)))
    }

    /// The names of all such connections.
    pub(super) fn local_names(&self) -> Vec<String> {
        let names = self.operator.keys().filter(|name| self.is_local(name));
        names.cloned().collect()
    }

    /// The server of a connection.
    pub(super) async fn server(
        &self,
        name: &str,
        context: &Context<'_>,
    ) -> Result<Arc<Server>, Unusable> {
        if name == OWN_CONNECTION {
            return Ok(self.own.clone());
        }
        if let Some(connection) = context.inline.get(name) {
            let (url, row) = (&connection.url, context.run.to_string());
            let place = ("run", &*row, format!("inline.{name}."));
            return self.users(name, url, &connection.headers, place, context.owner);
        }
        match self.operator.get(name) {
            Some(Operator::Http(server)) => return Ok(server.clone()),
            Some(Operator::Stdio(command)) => {
                let place = Place {
                    folder: context.folder.clone(),
                    records: context.records.clone(),
                    environment: self.environment.clone(),
                };
                let (timeout, answers) = (self.call_timeout, self.answers.clone());
                return Ok(Arc::new(Server::stdio(
                    name, command, place, timeout, answers,
                )));
            }
            None => {}
        }
        self.stored(name, context.owner).await
    }

    async fn stored(&self, name: &str, owner: &UserId) -> Result<Arc<Server>, Unusable> {
        let found = self.store.connection(owner, name).await;
        let found = found.map_err(|_| Unusable::Store)?;
        let stored = found.ok_or(Unusable::Unknown)?;
        self.stored_server(&stored, owner)
    }

    /// The server of a stored connection.
    pub(super) fn stored_server(
        &self,
        stored: &StoredConnection,
        owner: &UserId,
    ) -> Result<Arc<Server>, Unusable> {
        let name = &stored.name;
        let place = ("connection", &**name, "headers.".to_owned());
        self.users(name, &stored.url, &stored.headers, place, owner)
    }

    /// A server that a user has named. `place`: table, row and the beginning of the field of its sealed headers.
    fn users(
        &self,
        name: &str,
        url: &str,
        sealed: &BTreeMap<String, String>,
        place: (&str, &str, String),
        owner: &UserId,
    ) -> Result<Arc<Server>, Unusable> {
        let url = self.guard.judge(url);
        let url = url.map_err(|refused| Unusable::Refused(refused.to_string()))?;
        let (table, row, field) = place;
        let mut headers = Vec::new();
        for (header, sealed) in sealed {
            let place = secrets::Place {
                table,
                row,
                field: &format!("{field}{header}"),
                owner: owner.as_str(),
            };
            let keys = self.keys.as_ref().ok_or(Unusable::Sealed)?;
            let value = keys.open(&place, sealed).map_err(|error| {
                tracing::error!(%error, connection = name, "a sealed header cannot be opened");
                Unusable::Sealed
            })?;
            headers.push((header.clone(), value.expose_secret().to_owned()));
        }
        let headers = ServerHeaders::new(headers).map_err(|_| Unusable::Headers)?;
        let server = HttpServer { url, headers };
        let (timeout, answers) = (self.call_timeout, self.answers.clone());
        let made = Server::http(name, &server, Some(&self.guard), timeout, answers);
        made.map(Arc::new).map_err(|error| {
            tracing::warn!(%error, connection = name, "a client cannot be made");
            Unusable::Refused("it cannot be used".to_owned())
        })
    }
}
