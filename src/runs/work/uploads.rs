//! Uploads the files of a run: what tools returned, at once, and what is in the workspace at the end.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::spawn_blocking;

use super::{
    record::Record,
    workspace::{Limits, Workspace, WorkspaceFile},
};
use crate::{
    agent::{
        Halt,
        mcp::{Attachment, Attachments},
    },
    runs::{
        files::{FileKey, FileStore, Names, Upload, blob_name, is_numbered},
        metrics::RunMetrics,
        model::{Claim, RunFile},
    },
};

/// Numbers of keys for one claim: so that no attempt writes to another's.
const KEYS_PER_CLAIM: i64 = 1000;

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
    state: Mutex<State>,
}

struct State {
    names: Names,
    /// Files of the run so far, those that could not be stored included.
    files: Vec<RunFile>,
    /// Positions in `files` of those that a file of the workspace was found to be.
    found: HashSet<usize>,
    bytes: u64,
    next_key: i64,
}

impl Uploads {
    /// `files`: those of earlier attempts.
    pub(super) fn new(
        store: FileStore,
        record: Arc<Record>,
        metrics: Arc<RunMetrics>,
        claim: Claim,
        limits: Limits,
        files: Vec<RunFile>,
    ) -> Self {
        let mut names = Names::new();
        let state = State {
            found: HashSet::new(),
            bytes: files.iter().map(|file| file.size).sum(),
            next_key: claim.number.saturating_mul(KEYS_PER_CLAIM),
            files: files
                .into_iter()
                .inspect(|file| drop(names.unique(&file.name)))
                .collect(),
            names,
        };
        Self {
            files: store,
            record,
            metrics,
            claim,
            limits,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores and journals what a tool has returned besides its text.
    pub(super) async fn add_attachments(
        &self,
        tool: &str,
        attachments: Attachments,
    ) -> Result<(), Halt> {
        if attachments.left_out > 0 {
            let left_out = attachments.left_out;
            tracing::warn!(tool, left_out, "attachments of a tool were left out");
        }
        for Attachment {
            uri,
            mime_type,
            data,
        } in attachments.items
        {
            let mime_type = Some(&*mime_type).filter(|it| !it.is_empty());
            let name = blob_name(uri.as_deref(), tool, &data, mime_type);
            let name = self.state().names.unique(&name);
            self.add(Upload::from_bytes(&name, data)).await?;
        }
        Ok(())
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
            let name = self.state().names.unique(&name);
            return self.add_failed(&name, size, problem).await;
        }
        let (folder, shown) = (workspace.clone(), name.clone());
        let upload = spawn_blocking(move || Upload::from_file(&shown, folder.open(&file)?)).await;
        match upload.map_err(io::Error::other).flatten() {
            Ok(upload) if self.is_stored(&upload) => Ok(()),
            Ok(mut upload) => {
                upload.name = self.state().names.unique(&name);
                self.add(upload).await
            }
            Err(error) => {
                tracing::warn!(%error, "a file of a run cannot be read");
                let name = self.state().names.unique(&name);
                self.add_failed(&name, size, UNREADABLE.to_owned()).await
            }
        }
    }

    /// True if an earlier attempt has stored the file before it could end the run.
    fn is_stored(&self, upload: &Upload) -> bool {
        let state = &mut *self.state();
        let is_same = |(at, file): &(usize, &RunFile)| {
            file.key.is_some()
                && file.sha256.as_ref() == Some(&upload.sha256)
                && is_numbered(&file.name, &upload.name)
                && !state.found.contains(at)
        };
        let same = state.files.iter().enumerate().find(is_same);
        let same = same.map(|(at, _)| at);
        same.is_some_and(|at| state.found.insert(at))
    }

    async fn add(&self, upload: Upload) -> Result<(), Halt> {
        let most = self.limits.file_bytes;
        if upload.size > most {
            let problem = format!("It is not stored: it is larger than {most} bytes.");
            return self.add_failed(&upload.name, upload.size, problem).await;
        }
        let Some(number) = self.reserve(upload.size) else {
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

    /// The number of the next key, if one more file of this size may be stored.
    fn reserve(&self, size: u64) -> Option<u32> {
        let mut state = self.state();
        let bytes = state.bytes.saturating_add(size);
        if state.files.len() >= self.limits.files || bytes > self.limits.total_bytes {
            return None;
        }
        state.bytes = bytes;
        state.next_key += 1;
        // Claims beyond that do not come.
        Some(u32::try_from(state.next_key).unwrap_or(u32::MAX))
    }

    /// Journals, once, that files are missing which have no names.
    pub(super) async fn add_lost(&self, name: &str, problem: &str) -> Result<(), Halt> {
        if self.state().files.iter().any(|file| file.name == name) {
            return Ok(());
        }
        let name = self.state().names.unique(name);
        self.add_failed(&name, 0, problem.to_owned()).await
    }

    async fn add_failed(&self, name: &str, size: u64, problem: String) -> Result<(), Halt> {
        if self.state().files.len() >= self.limits.files {
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
        self.state().files.push(file);
        Ok(())
    }
}
