//! Uploads the files of a run: what tools returned, at once, and what is in the workspace at the end.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::spawn_blocking;

use super::{
    listed::Listed,
    record::Record,
    workspace::{Limits, Workspace, WorkspaceFile},
};
use crate::{
    agent::{Halt, mcp::Attachments},
    runs::{
        files::{FileKey, FileStore, Upload},
        metrics::RunMetrics,
        model::{Blob, Claim, RunFile},
    },
};

const TOO_MANY: &str =
    "It is not stored: the run has as many files, or bytes in files, as it may have.";
/// The name under which files are missing that could not even be listed.
const WORKSPACE: &str = "workspace";
const UNREADABLE: &str = "It is not stored: it could not be read.";

pub(super) struct Uploads {
    files: FileStore,
    record: Arc<Record>,
    metrics: Arc<RunMetrics>,
    claim: Claim,
    limits: Limits,
    listed: Mutex<Listed>,
}

impl Uploads {
    pub(super) fn new(
        store: FileStore,
        record: Arc<Record>,
        metrics: Arc<RunMetrics>,
        claim: Claim,
        limits: Limits,
        listed: Listed,
    ) -> Self {
        Self {
            files: store,
            record,
            metrics,
            claim,
            limits,
            listed: Mutex::new(listed),
        }
    }

    fn listed(&self) -> MutexGuard<'_, Listed> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names what a tool has returned besides its text. It is to be journalled, then [added](Self::add_blobs).
    pub(super) fn name(&self, tool: &str, attachments: Attachments) -> Vec<Blob> {
        if attachments.left_out > 0 {
            let left_out = attachments.left_out;
            tracing::warn!(tool, left_out, "attachments of a tool were left out");
        }
        self.listed().name(tool, attachments)
    }

    /// Stores and journals what a tool has returned.
    pub(super) async fn add_blobs(&self, blobs: Vec<Blob>) -> Result<(), Halt> {
        for Blob { name, data } in blobs {
            self.add(Upload::from_bytes(&name, data)).await?;
        }
        Ok(())
    }

    /// Does so for what was not stored by the time for it: the attempt, or an earlier one, was cut off.
    pub(super) async fn add_pending(&self) -> Result<(), Halt> {
        let pending = self.listed().take_pending();
        self.add_blobs(pending).await
    }

    /// Stores and journals the files of the workspace, except those that an earlier attempt has stored.
    pub(super) async fn add_workspace(&self, workspace: Arc<Workspace>) -> Result<(), Halt> {
        let folder = workspace.clone();
        let listing = spawn_blocking(move || folder.files()).await;
        let listing = match listing.map_err(io::Error::other).flatten() {
            Ok(listing) => listing,
            Err(error) => {
                tracing::error!(%error, "the workspace of a run cannot be listed");
                return self.add_lost(WORKSPACE, UNREADABLE).await;
            }
        };
        if listing.left_out > 0 {
            let left_out = listing.left_out;
            tracing::warn!(left_out, "files of a run were left out");
        }
        for file in listing.files {
            self.add_workspace_file(&workspace, file).await?;
        }
        Ok(())
    }

    async fn add_workspace_file(
        &self,
        workspace: &Arc<Workspace>,
        file: WorkspaceFile,
    ) -> Result<(), Halt> {
        let (name, size) = (file.name.clone(), file.size);
        if let Some(problem) = file.problem.clone() {
            let name = self.listed().unique(&name);
            return self.add_failed(&name, size, problem).await;
        }
        let (folder, shown) = (workspace.clone(), name.clone());
        let upload = spawn_blocking(move || Upload::from_file(&shown, folder.open(&file)?)).await;
        match upload.map_err(io::Error::other).flatten() {
            Ok(upload) if self.listed().is_stored(&upload) => Ok(()),
            Ok(mut upload) => {
                upload.name = self.listed().unique(&name);
                self.add(upload).await
            }
            Err(error) => {
                tracing::warn!(%error, "a file of a run cannot be read");
                let name = self.listed().unique(&name);
                self.add_failed(&name, size, UNREADABLE.to_owned()).await
            }
        }
    }

    async fn add(&self, upload: Upload) -> Result<(), Halt> {
        let most = self.limits.file_bytes;
        if upload.size > most {
            let problem = format!("It is not stored: it is larger than {most} bytes.");
            return self.add_failed(&upload.name, upload.size, problem).await;
        }
        let Some(number) = self.listed().reserve(&upload.name, upload.size) else {
            return self
                .add_failed(&upload.name, upload.size, TOO_MANY.to_owned())
                .await;
        };
        let mut file = RunFile {
            name: upload.name.clone(),
            size: upload.size,
            content_type: upload.content_type.clone(),
            sha256: Some(upload.sha256.clone()),
            error: None,
            key: None,
        };
        let key = FileKey::new(self.claim.run.as_uuid(), number, &file.name);
        match self.files.put(&key, upload).await {
            Ok(()) => file.key = Some(key.to_string()),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "a file of a run cannot be stored");
                file.error = Some(error.to_string());
            }
        }
        self.keep(file).await
    }

    /// Journals, once, that files are missing which have no names.
    pub(super) async fn add_lost(&self, name: &str, problem: &str) -> Result<(), Halt> {
        if self.listed().has(name) {
            return Ok(());
        }
        let name = self.listed().unique(name);
        self.add_failed(&name, 0, problem.to_owned()).await
    }

    async fn add_failed(&self, name: &str, size: u64, problem: String) -> Result<(), Halt> {
        if !self.listed().take_empty_place(name) {
            tracing::warn!("a file of a run is left out: it has as many as it may have");
            return Ok(());
        }
        let file = RunFile {
            name: name.to_owned(),
            size,
            content_type: "application/octet-stream".to_owned(),
            sha256: None,
            error: Some(problem),
            key: None,
        };
        self.keep(file).await
    }

    async fn keep(&self, file: RunFile) -> Result<(), Halt> {
        self.metrics.file(file.key.is_some());
        self.record.add_file(&file).await?;
        self.listed().add(file);
        Ok(())
    }
}
