//! The task that removes what is older than `RUNS_RETENTION_DAYS`: files first, then rows.

use std::{error::Error, time::Duration};

use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    engine::Role,
    files::{FileKey, FileStore},
    store::{OldRun, Store, StoreError},
};

const EVERY: Duration = Duration::from_secs(3600);
/// Runs removed at once.
const BATCH: u32 = 100;

/// Removes old runs.
pub struct Retention {
    pub store: Store,
    pub files: FileStore,
    /// For how long ended runs are kept.
    pub kept: Duration,
}

impl Retention {
    /// Works each hour whenever this process is the active one, until `stopping`.
    pub async fn run(self, mut roles: watch::Receiver<Role>, stopping: CancellationToken) {
        let work = async {
            while roles.wait_for(|role| *role == Role::Active).await.is_ok() {
                let began = Instant::now();
                match self.remove_old(Timestamp::now()).await {
                    Ok(0) => {}
                    Ok(removed) => tracing::info!(removed, "old runs are removed"),
                    Err(error) => {
                        let error = &error as &dyn Error;
                        tracing::warn!(error, "old runs cannot be removed");
                    }
                }
                tokio::time::sleep_until(began + EVERY).await;
            }
        };
        // Dropped at any point, rows without files are left at most, which the next time removes.
        stopping.run_until_cancelled(work).await;
    }

    /// Removes what ended longer ago than it is kept. Returns the number of runs.
    pub async fn remove_old(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.checked_sub(self.kept).unwrap_or(Timestamp::MIN);
        let mut removed = 0;
        loop {
            let old = self.store.ended_before(before, BATCH).await?;
            let (found, removed_before) = (old.len(), removed);
            for run in old {
                removed += u64::from(self.remove(&run).await?);
            }
            // Runs whose files cannot be deleted would be found again at once.
            if found < BATCH as usize || removed == removed_before {
                break;
            }
        }
        self.store.forget(before).await?;
        Ok(removed)
    }

    /// False if the files cannot be deleted: then the rows, which name them, stay.
    async fn remove(&self, run: &OldRun) -> Result<bool, StoreError> {
        let keys: Vec<_> = run
            .file_keys
            .iter()
            .filter_map(|key| FileKey::parse(key))
            .collect();
        if let Err(error) = self.files.delete(&keys).await {
            let (execution_id, error) = (run.run.to_string(), &error as &dyn Error);
            tracing::warn!(error, execution_id, "files of an old run cannot be deleted");
            return Ok(false);
        }
        self.store.remove(run).await?;
        Ok(true)
    }
}
