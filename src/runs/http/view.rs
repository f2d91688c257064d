//! Runs as clients see them.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use url::Url;
use utoipa::ToSchema;

use super::{app::App, refused::Refused};
use crate::{
    http::problem::Problem,
    process::memory::Share,
    runs::{
        files::{FileKey, StoredFile},
        model::{
            Entry, Metadata, Run, RunError, RunFile, RunId, SkillId, Status, Trigger, Usage, UserId,
        },
    },
};

/// URLs that are signed at the same time: some stores are asked for each.
const SIGNED_AT_ONCE: usize = 8;
/// Entries of a journal that are read at once.
const ENTRIES: u32 = 200;

/// A run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Run)]
pub(super) struct RunView {
    execution_id: RunId,
    request_id: String,
    status: Status,
    /// How many attempts have begun.
    attempt: u32,
    response: Option<String>,
    files: Vec<FileView>,
    error: Option<RunError>,
    stop_reason: Option<String>,
    usage: Usage,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    /// From the first start to the end.
    duration_ms: Option<i64>,
    skill_id: Option<SkillId>,
    trigger: Trigger,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// With `?trace=1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Entry>, required = false)]
    pub(super) trace: Option<Trace>,
}

/// A file of a run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = File)]
pub(super) struct FileView {
    /// Its relative path.
    name: String,
    /// Signed, and valid for a limited time; `null` if the file could not be stored.
    url: Option<String>,
    /// In bytes.
    size: u64,
    content_type: String,
    /// In hexadecimal.
    sha256: Option<String>,
    /// Why it could not be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A whole journal, each entry as JSON.
pub(super) type Trace = Vec<Box<RawValue>>;

impl RunView {
    /// `base` begins the URLs of the local store.
    pub(super) async fn new(app: &App, base: &Url, run: Run) -> Self {
        let started = run.started_at.zip(run.completed_at);
        Self {
            execution_id: run.id,
            request_id: run.request_id,
            status: run.status,
            attempt: run.attempt,
            response: run.response,
            files: files(app, base, run.files).await,
            error: run.error,
            stop_reason: run.stop_reason,
            usage: run.usage,
            created_at: run.created_at,
            started_at: run.started_at,
            completed_at: run.completed_at,
            duration_ms: started
                .map(|(started, ended)| ended.as_millisecond() - started.as_millisecond()),
            skill_id: run.skill_id,
            trigger: run.trigger,
            metadata: run.metadata,
            trace: None,
        }
    }
}

/// Files with their signed URLs.
pub(super) async fn files(app: &App, base: &Url, files: Vec<RunFile>) -> Vec<FileView> {
    let signed = stream::iter(files).map(|file| async move {
        let url = match signed_url(app, base, &file).await {
            Some(Ok(url)) => Some(url.into()),
            Some(Err(_)) | None => None,
        };
        FileView {
            name: file.name,
            url,
            size: file.size,
            content_type: file.content_type,
            sha256: file.sha256,
            error: file.error,
        }
    });
    signed.buffered(SIGNED_AT_ONCE).collect().await
}

/// The signed URL of a file; `None` if it is not stored.
pub(super) async fn signed_url(
    app: &App,
    base: &Url,
    file: &RunFile,
) -> Option<Result<Url, Problem>> {
    let key = FileKey::parse(file.key.as_deref()?)?;
    let stored = StoredFile {
        key: &key,
        name: &file.name,
        content_type: &file.content_type,
    };
    let ttl = app.config.files.url_ttl;
    let signed = app.files.signed_url(&stored, base, ttl).await;
    Some(signed.map_err(|error| {
        tracing::warn!(%error, "no URL of a file");
        Problem::internal()
    }))
}

/// The whole journal. Its bytes are taken from `share`.
pub(super) async fn trace(
    app: &App,
    owner: &UserId,
    run: RunId,
    share: &Share<UserId>,
) -> Result<Trace, Refused> {
    let (mut trace, mut after) = (Trace::new(), 0);
    loop {
        let entries = app.store.journal(owner, run, after, ENTRIES).await?;
        for entry in &entries {
            after = entry.seq;
            let entry = to_raw_value(entry).map_err(|_| Problem::internal())?;
            share.take(entry.get().len())?;
            trace.push(entry);
        }
        if entries.len() < ENTRIES as usize {
            return Ok(trace);
        }
    }
}

/// Counts a reader, and what is held for him.
pub(super) fn reader(app: &App, owner: &UserId) -> Result<Arc<Share<UserId>>, Refused> {
    Ok(Arc::new(app.limits.readers.begin(owner.clone())?))
}
