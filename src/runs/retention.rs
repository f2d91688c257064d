//! The task that removes what is older than `RUNS_RETENTION_DAYS`: files first, then rows.

use std::{error::Error, time::Duration};

use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    engine::Role,
    files::{FileError, FileKey, FileStore},
    store::{OldRun, Store, StoreError},
};

const EVERY: Duration = Duration::from_secs(3600);
/// Runs removed at once.
const BATCH: u32 = 100;
/// When the files of so many runs cannot be deleted, the store is at fault, and the rest waits.
const MAX_LEFT: u32 = 300;

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
        let (mut removed, mut left) = (0, 0);
        loop {
            // Past those whose files cannot be deleted, which stay the oldest.
            let old = self.store.ended_before(before, BATCH, left).await?;
            let found = old.len();
            for run in old {
                if self.remove(&run).await? {
                    removed += 1;
                } else {
                    left += 1;
                }
            }
            if found < BATCH as usize || left >= MAX_LEFT {
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
        let deleted = match self.files.delete(&keys).await {
            // Those too whose process died before it wrote their rows.
            Ok(()) => match self.files.delete_run(run.run.as_uuid()).await {
                Err(FileError::Refused(error)) => {
                    tracing::debug!(%error, "the files of a run cannot be listed");
                    Ok(())
                }
                deleted => deleted,
            },
            deleted => deleted,
        };
        if let Err(error) = deleted {
            let (execution_id, error) = (run.run.to_string(), &error as &dyn Error);
            tracing::warn!(error, execution_id, "files of an old run cannot be deleted");
            return Ok(false);
        }
        self.store.remove(run).await?;
        Ok(true)
    }
}
