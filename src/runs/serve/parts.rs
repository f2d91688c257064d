//! Opens the parts of the service, in the order in which they need each other.

use std::{
    error::Error,
    ffi::OsString,
    fmt::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use aws_lc_rs::digest;
use prometheus_client::registry::Registry;
use secrecy::ExposeSecret;
use url::Url;

use super::{keys, setting};
use crate::{
    agent::metrics::Metrics,
    config::{ConfigError, FilePlace, RunsConfig},
    http::lifecycle::Lifecycle,
    runs::{
        callbacks::deliverer::Deliverer,
        engine::{Engine, EngineSettings},
        files::{FileStore, Location, LocationError},
        http::app::Parts,
        metrics::RunMetrics,
        progress::Progress,
        secrets::KeyRing,
        store::Store,
        work::{Worker, WorkerParts},
    },
    telemetry::Telemetry,
    upstream::guard::Guard,
};

/// Beside the database or the files, where it is private and the same over restarts.
const WORK_FOLDER: &str = "prog-strength-runs";
const POSTGRES_PORT: u16 = 5432;

/// The settings, and what is opened by them.
pub(super) struct Opened {
    pub(super) config: Arc<RunsConfig>,
    pub(super) parts: Parts,
    pub(super) deliverer: Deliverer,
}

/// Opens the database and the files, and starts the engine.
pub(super) async fn open(config: RunsConfig) -> anyhow::Result<Opened> {
    let store = setting(Store::open(&config.database_url).await, "DATABASE_URL")?;
    let keys = KeyRing::new(&config.encryption_keys).map(Arc::new);
    keys::check(&store, keys.as_deref()).await?;
    let location = location(&config.files.place).map_err(|error| invalid(&error))?;
    let files = setting(FileStore::open(location).await, "FILES_URL")?;
    let guard = Guard::new(config.outbound_allow.iter().cloned());
    let mut registry = Registry::default();
    let metrics = RunMetrics::register(&mut registry);
    store.database().register_metrics(&mut registry);
    let agent_metrics = Metrics::new();
    let deliverer = Deliverer::new(
        store.clone(),
        guard.clone(),
        &config.callback_secrets,
        metrics.clone(),
    );
    let deliverer = deliverer.context("cannot set up the HTTP client for callbacks")?;
    let ended = deliverer.handle();
    let progress = Progress::default();
    let telemetry = Telemetry::start(config.traces.as_ref())?;
    let worker = Worker::new(
        &config,
        WorkerParts {
            store: store.clone(),
            progress: progress.clone(),
            files: files.clone(),
            keys: keys.clone(),
            guard: guard.clone(),
            folder: work_folder(&store, &config),
            metrics,
            agent_metrics: agent_metrics.clone(),
            telemetry: telemetry.clone(),
            on_end: Box::new(move || ended.wake()),
        },
    )?;
    let settings = EngineSettings::from(&config);
    let engine = Engine::start(store.clone(), worker.clone(), settings);
    let parts = Parts {
        store,
        engine,
        worker,
        progress,
        files,
        keys,
        guard,
        registry,
        agent_metrics,
        lifecycle: Lifecycle::default(),
        telemetry,
    };
    Ok(Opened {
        config: Arc::new(config),
        parts,
        deliverer,
    })
}

fn location(place: &FilePlace) -> Result<Location, LocationError> {
    match place {
        FilePlace::Folder(folder) => Ok(Location::Local(folder.clone())),
        FilePlace::Cloud { url, settings } => {
            let settings = settings
                .iter()
                .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
            Location::parse(url.as_str(), settings)
        }
        FilePlace::Supabase {
            url,
            service_key,
            bucket,
        } => {
            let key = service_key.clone();
            Location::supabase(url, key, bucket)
        }
    }
}

/// The setting itself is at fault.
fn invalid(error: &LocationError) -> ConfigError {
    let cause = error.source().map(|cause| format!(": {cause}"));
    ConfigError::new("FILES_URL", format!("{error}{}", cause.unwrap_or_default()))
}

/// The folders of runs in progress are beside what the service may write to anyway. Services on different databases have
/// different ones, since each removes what it finds there.
fn work_folder(store: &Store, config: &RunsConfig) -> PathBuf {
    let suffix = format!("-{}.work", database_id(config.database_url.expose_secret()));
    let beside = |path: &Path, suffix: &str| {
        let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
        name.push(suffix);
        path.with_file_name(name)
    };
    match (store.database().sqlite_file(), &config.files.place) {
        (Some(file), _) => beside(file, ".work"),
        (None, FilePlace::Folder(folder)) => beside(folder, &suffix),
        (None, _) => beside(Path::new(WORK_FOLDER), &suffix),
    }
}

/// The same for all URLs of one database, whoever logs in.
fn database_id(url: &str) -> String {
    const PLACE: [&str; 4] = ["host", "hostaddr", "port", "dbname"];
    let place = Url::parse(url).map(|url| {
        let mut pairs: Vec<_> = url.query_pairs().collect();
        pairs.retain(|(name, _)| PLACE.contains(&&**name));
        pairs.sort();
        let (host, port) = (url.host_str(), url.port().unwrap_or(POSTGRES_PORT));
        format!("{host:?} {port} {} {pairs:?}", url.path())
    });
    let place = place.unwrap_or_default();
    let hash = digest::digest(&digest::SHA256, place.as_bytes());
    let mut id = String::new();
    for byte in hash.as_ref().iter().take(6) {
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_have_an_id_whoever_logs_in() {
        let id = database_id("postgres://sam:old@db/runs?sslmode=require");
        for same in ["postgres://ann:new@db:5432/runs", "postgres://db/runs"] {
            assert_eq!(database_id(same), id, "{same}");
        }
        for other in [
            "postgres://sam:old@db/others",
            "postgres://sam:old@other/runs",
            "postgres://sam:old@db:5433/runs",
            "postgres://sam:old@db/runs?host=/run/other",
        ] {
            assert_ne!(database_id(other), id, "{other}");
        }
        assert_eq!(id.len(), 12);
    }
}
