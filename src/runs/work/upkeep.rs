//! Upkeep by a worker, besides runs: it removes what earlier processes have left, and checks connections.

use std::{io, time::Duration};

use tokio::{fs, time::Instant};

use super::{Worker, ending::remove, sessions::Sessions};
use crate::runs::model::{StoredConnection, UserId};

/// For the check of a connection.
const CHECK_TIMEOUT: Duration = Duration::from_secs(15);

impl Worker {
    /// Ends the processes and removes the folders of runs that an earlier process was working on. Nothing may be in progress.
    pub async fn sweep(&self) {
        let swept = async {
            let mut folders = fs::read_dir(&self.parts.folder).await?;
            while let Some(folder) = folders.next_entry().await? {
                remove(&folder.path()).await;
            }
            io::Result::Ok(())
        };
        match swept.await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "what earlier runs have left cannot be removed");
            }
            _ => {}
        }
    }

    /// Opens a session with a stored connection. Returns the names of its tools, as Claude sees them, or why it cannot be
    /// used.
    pub async fn check(
        &self,
        connection: &StoredConnection,
        owner: &UserId,
    ) -> Result<Vec<String>, String> {
        let mut sessions = Sessions::new(self.opener.clone());
        let deadline = Instant::now() + CHECK_TIMEOUT;
        let server = self.registry.stored_server(connection, owner);
        let listed = sessions.check(&connection.name, server, deadline).await;
        sessions.close(CHECK_TIMEOUT).await;
        listed.map_err(|why| why.to_string())
    }
}
