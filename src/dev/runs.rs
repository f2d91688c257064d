//! The runs server of `dev`: a temporary folder, a free port, and the demo user's skill.

use std::{net::Ipv4Addr, path::Path, time::Duration};

use anyhow::{Context, ensure};
use jiff::tz::TimeZone;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::data::private_folder;
use crate::{config::RunsConfig, runs::serve};

/// The skill that the demo user has.
const SKILL: &str = include_str!("../../examples/weekly-review.json");
/// Deadline for the server's first answer, which takes a small fraction of it.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(5);

/// The folder of the database and the files, removed when dropped.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> anyhow::Result<Self> {
        let folder = private_folder().context("cannot make a folder for runs")?;
        Ok(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Removes it; for an exit that runs no destructors.
    pub(super) fn cleanup(&self) -> impl FnOnce() + Send + 'static + use<> {
        let folder = self.path().to_owned();
        move || drop(std::fs::remove_dir_all(folder))
    }
}

/// On this port, or on a free one if another server has it.
pub(super) async fn listener(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => super::any_port().await,
    }
}

/// Serves until `stop`. Returns once the server answers and the user of `token` has the skill.
pub(super) async fn start(
    listener: TcpListener,
    config: RunsConfig,
    stop: CancellationToken,
    token: &str,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let address = listener.local_addr()?;
    let mut running = tokio::spawn(serve::run(listener, config, stop.cancelled_owned()));
    tokio::select! {
        added = add_skill(format!("http://{address}/skills"), token) => added.map(|()| running),
        ended = &mut running => Err(match ended? {
            Err(error) => error,
            Ok(()) => anyhow::anyhow!("the runs server ended"),
        }),
    }
}

async fn add_skill(skills: String, token: &str) -> anyhow::Result<()> {
    let mut skill: Value = serde_json::from_str(SKILL)?;
    let zone = TimeZone::system();
    skill["trigger"]["timezone"] = zone.iana_name().unwrap_or("UTC").into();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let request = client.post(skills).bearer_auth(token).json(&skill);
    let answer = request.timeout(STARTUP_TIMEOUT).send().await?;
    let status = answer.status();
    ensure!(
        status.is_success(),
        "the runs server refused the skill: {status} {}",
        answer.text().await.unwrap_or_default()
    );
    Ok(())
}
