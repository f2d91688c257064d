//! Asynchronous runs on SQLite: the queue, the callers who wait, the readers of events.

mod events;
mod poster;
mod queue;
mod waiting;

use std::{io, path::Path, time::Duration};

use tempfile::TempDir;
use tokio::time::sleep;

use crate::{
    agent::{Agent, Bench},
    stats::Figure,
};

/// Longer than what the start has freed is kept.
const REST: Duration = Duration::from_secs(6);

/// Measures all; `note` gets the figures of each part as soon as they are there.
pub async fn figures(bench: &Bench, mut note: impl FnMut(Vec<Figure>)) -> io::Result<()> {
    let service = Service::start(bench, &[]).await;
    sleep(REST).await;
    let idle = service.agent.process().resident();
    note(vec![
        Figure::new("runs: memory idle", "MB", &[idle]).at_most(25.0),
    ]);
    drop(service);
    note(queue::figures(bench).await?);
    note(waiting::figures(bench).await?);
    note(events::figures(bench).await?);
    Ok(())
}

/// The command `runs` on a database of its own.
struct Service {
    agent: Agent,
    _folder: TempDir,
}

impl Service {
    async fn start(bench: &Bench, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &Path, name: &str| path.join(name).display().to_string();
        let database = format!("sqlite:{}", at(folder.path(), "runs.db"));
        let files = format!("file:{}", at(folder.path(), "files"));
        let own = [("DATABASE_URL", &*database), ("FILES_URL", &*files)];
        let settings = [&own, settings].concat();
        let agent = Agent::spawn_command(bench, "runs", &settings).await;
        agent.wait_until_ok("/ready").await;
        Self {
            agent,
            _folder: folder,
        }
    }
}
