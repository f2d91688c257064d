//! The state that all requests share (`App`).

use std::{collections::BTreeMap, sync::Arc};

use prometheus_client::registry::Registry;
use secrecy::ExposeSecret;

use super::{limits::Limits, refused::no_encryption, rules::Rules};
use crate::{
    agent::metrics::Metrics,
    auth::Verifier,
    config::{RunsConfig, connections::ServerHeaders},
    http::{lifecycle::Lifecycle, problem::Problem},
    runs::{
        engine::Engine,
        files::FileStore,
        model::UserId,
        progress::Progress,
        secrets::{KeyRing, Place},
        store::Store,
        work::Worker,
    },
    telemetry::Telemetry,
    upstream::guard::Guard,
};

/// What the HTTP API uses of the other parts.
pub struct Parts {
    pub store: Store,
    pub engine: Engine,
    pub worker: Arc<Worker>,
    pub progress: Progress,
    pub files: FileStore,
    /// `None`: no secret can be stored.
    pub keys: Option<Arc<KeyRing>>,
    pub guard: Guard,
    /// Of runs.
    pub registry: Registry,
    /// Of Claude and MCP.
    pub agent_metrics: Arc<Metrics>,
    pub lifecycle: Lifecycle,
    pub telemetry: Telemetry,
}

/// The settings and the parts.
pub struct App {
    pub(super) config: Arc<RunsConfig>,
    pub(super) verifier: Verifier,
    pub(super) limits: Limits,
    pub(super) store: Store,
    pub(super) engine: Engine,
    pub(super) worker: Arc<Worker>,
    pub(super) progress: Progress,
    pub(super) files: FileStore,
    pub(super) keys: Option<Arc<KeyRing>>,
    pub(super) guard: Guard,
    pub(super) registry: Registry,
    pub(super) agent_metrics: Arc<Metrics>,
    /// The active requests in it are those that begin runs, and the readers of events.
    pub(super) lifecycle: Lifecycle,
    pub(super) telemetry: Telemetry,
}

impl App {
    pub fn new(config: Arc<RunsConfig>, parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            verifier: Verifier::new(&config.jwt),
            limits: Limits::new(&config.http),
            config,
            store: parts.store,
            engine: parts.engine,
            worker: parts.worker,
            progress: parts.progress,
            files: parts.files,
            keys: parts.keys,
            guard: parts.guard,
            registry: parts.registry,
            agent_metrics: parts.agent_metrics,
            lifecycle: parts.lifecycle,
            telemetry: parts.telemetry,
        })
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        Rules {
            config: &self.config,
            guard: &self.guard,
            encrypts: self.keys.is_some(),
        }
    }

    /// The values of headers, sealed for a row of a table. `field` begins the name of each field.
    pub(super) fn seal_headers(
        &self,
        (table, row, field): (&str, &str, &str),
        owner: &UserId,
        headers: &ServerHeaders,
    ) -> Result<BTreeMap<String, String>, Problem> {
        headers
            .iter()
            .map(|(name, value)| {
                let field = format!("{field}{name}");
                let place = Place {
                    table,
                    row,
                    field: &field,
                    owner: owner.as_str(),
                };
                let keys = self.keys.as_ref().ok_or_else(no_encryption)?;
                let sealed = keys.seal(&place, value.expose_secret());
                Ok((name.as_str().to_owned(), sealed))
            })
            .collect()
    }
}
