//! The sessions of an attempt: opened when a step needs them, all at once, and closed at the end.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use super::{
    catalogues::Catalogues,
    connections::{Context, Registry, Unusable},
    workspace::WorkspaceTool,
};
use crate::{
    agent::{
        mcp::{Mcp, ResultLimits, Server},
        metrics::Metrics,
        tools::{Catalogue, Profile, ToolServer},
    },
    config::connections::OWN_CONNECTION,
};

/// For opening a session and listing its tools.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Sessions {
    opener: Opener,
    /// By the name of the connection.
    opened: BTreeMap<String, Result<Opened, Unusable>>,
}

/// Opens sessions. Cheap to clone.
#[derive(Clone)]
pub(super) struct Opener {
    pub(super) limits: ResultLimits,
    pub(super) metrics: Arc<Metrics>,
    pub(super) catalogues: Catalogues,
}

struct Opened {
    mcp: Arc<Mcp>,
    catalogue: Arc<Catalogue>,
}

impl Sessions {
    pub(super) fn new(opener: Opener) -> Self {
        Self {
            opener,
            opened: BTreeMap::new(),
        }
    }

    /// Opens those that are not open yet.
    pub(super) async fn open(
        &mut self,
        names: &[String],
        registry: &Registry,
        context: &Context<'_>,
        deadline: Instant,
    ) {
        let deadline = deadline.min(Instant::now() + OPEN_TIMEOUT);
        let opener = &self.opener;
        let missing = names.iter().filter(|name| !self.opened.contains_key(*name));
        let opening = missing.map(async |name| {
            let opened = match registry.server(name, context).await {
                Ok(server) => opener.open(name, server, deadline).await,
                Err(unusable) => Err(unusable),
            };
            if let Err(why) = &opened {
                tracing::warn!(connection = name, %why, "a connection of a run is not used");
            }
            (name.clone(), opened)
        });
        let opened = join_all(opening).await;
        self.opened.extend(opened);
    }

    /// The tools of these connections whose names are `offered`.
    pub(super) fn catalogue(&self, names: &[String], offered: impl Fn(&str) -> bool) -> Catalogue {
        let opened = names.iter().filter_map(|name| self.opened.get(name));
        let catalogues = opened.filter_map(|it| it.as_ref().ok().map(|it| &*it.catalogue));
        let reserved = WorkspaceTool::ALL.map(WorkspaceTool::name);
        Catalogue::combined(catalogues, &reserved, offered)
    }

    pub(super) fn servers(&self) -> HashMap<String, Arc<Mcp>> {
        let opened = self.opened.iter();
        let up =
            opened.filter_map(|(name, it)| Some((name.clone(), it.as_ref().ok()?.mcp.clone())));
        up.collect()
    }

    /// What Claude is told of the connections that cannot be used.
    pub(super) fn notes(&self, names: &[String]) -> Vec<String> {
        let note = |name: &String| {
            let why = self.opened.get(name)?.as_ref().err()?;
            Some(format!(
                "The connection `{name}` cannot be used ({why}), so its tools are missing."
            ))
        };
        names.iter().filter_map(note).collect()
    }

    /// Opens a session for its tools alone, and gives their names.
    pub(super) async fn check(
        &mut self,
        name: &str,
        server: Result<Arc<Server>, Unusable>,
        deadline: Instant,
    ) -> Result<Vec<String>, Unusable> {
        let opened = self.opener.open(name, server?, deadline).await?;
        let specs = opened.catalogue.specs().iter();
        let names = specs.map(|spec| spec.name.clone()).collect();
        self.opened.insert(name.to_owned(), Ok(opened));
        Ok(names)
    }

    /// Closes those whose servers write into the run's folder.
    pub(super) async fn close_local(&mut self, registry: &Registry, bound: Duration) {
        let local = self
            .opened
            .extract_if(.., |name, _| registry.is_local(name));
        close(local.map(|(_, opened)| opened).collect(), bound).await;
    }

    /// Closes all sessions at once; what has not ended after `bound` is given up.
    pub(super) async fn close(&mut self, bound: Duration) {
        let opened = std::mem::take(&mut self.opened).into_values();
        close(opened.collect(), bound).await;
    }
}

async fn close(opened: Vec<Result<Opened, Unusable>>, bound: Duration) {
    let opened = opened.into_iter().flatten();
    let closing = opened.map(|it| async move { it.mcp.close().await });
    let _ = timeout(bound, join_all(closing)).await;
}

impl Opener {
    async fn open(
        &self,
        name: &str,
        server: Arc<Server>,
        deadline: Instant,
    ) -> Result<Opened, Unusable> {
        let mcp = Arc::new(Mcp::open(server, self.limits, self.metrics.clone()));
        let listed = mcp.tools(deadline).await;
        let listed = listed.map_err(|error| Unusable::Unreachable(error.to_string()))?;
        let server = ToolServer {
            name: name.into(),
            profile: if name == OWN_CONNECTION {
                Profile::Own
            } else {
                Profile::Foreign
            },
            prefixed: true,
        };
        let catalogue = self.catalogues.of(server, listed).await;
        let unreadable = || Unusable::Unreachable("its tools cannot be read".into());
        let catalogue = catalogue.ok_or_else(unreadable)?;
        Ok(Opened { mcp, catalogue })
    }
}
