//! What attempts of dead processes have left on this machine.

use super::{RECORDS, Worker};
use crate::{agent::mcp::end_recorded_groups, runs::model::RunId};

impl Worker {
    /// The runs that have a folder here, those in progress among them.
    pub async fn leftovers(&self) -> Vec<RunId> {
        let Ok(mut folders) = tokio::fs::read_dir(&self.parts.folder).await else {
            return Vec::new();
        };
        let mut runs = Vec::new();
        while let Ok(Some(folder)) = folders.next_entry().await {
            runs.extend(folder.file_name().to_str().and_then(RunId::parse));
        }
        runs
    }

    /// Ends the processes and removes the folder of a run that has ended.
    pub async fn clear(&self, run: RunId) {
        let folder = self.parts.folder.join(run.to_string());
        let cleared = async {
            end_recorded_groups(&folder.join(RECORDS)).await?;
            tokio::fs::remove_dir_all(&folder).await
        };
        match cleared.await {
            // Whoever worked on the run was faster.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "what an earlier run has left cannot be removed");
            }
            _ => {}
        }
    }
}
