//! `GET /runs/{id}/events`: the journal of a run as server-sent events, from the start or from a place in it, live until the
//! end.

use std::{collections::VecDeque, fmt::Write, sync::Arc};

use axum::{
    Extension,
    extract::{RawQuery, State},
    response::Response,
};
use bytes::{BufMut, BytesMut};
use futures_util::{Stream, stream};
use http::HeaderMap;
use serde::Serialize;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;
use utoipa::ToSchema;

use super::{
    app::App,
    base_url::BaseUrl,
    extract::{Owner, Segments, run_id},
    json::invalid,
    query::{self, Query},
    refused::{Refused, not_found, unavailable},
    stalled::STALL_TIMEOUT,
    view::{self, RunView},
    wait::POLL_INTERVAL,
};
use crate::{
    http::{
        header::single,
        problem::Problem,
        server::{Connection, DeadlineGuard},
        sse,
    },
    process::memory::Share,
    runs::{
        model::{Entry, EntryKind, RunId, UserId},
        progress::Watcher,
    },
};

const LAST_EVENT_ID: &str = "last-event-id";
/// Entries that are read at once: each may be a long result of a tool.
const BATCH: u32 = 16;

/// An event of the stream.
enum Event {
    /// The first one, without an id.
    Run(Box<RunView>),
    Entry(Entry),
}

/// The data of an event.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the OpenAPI document")]
enum EventData {
    /// With the further field `type`: `run`.
    Run(Box<RunView>),
    Entry(Entry),
}

/// A run's journal as it happens.
#[utoipa::path(
    get, path = "/runs/{id}/events",
    params(
        ("id" = String, Path, description = "The `executionId`"),
        ("after" = Option<u64>, Query, description = "The `seq` of the last entry that is known"),
        ("Last-Event-ID" = Option<u64>, Header, description = "The same; it wins over `after`, unless it is empty"),
    ),
    security(("bearer" = [])),
    responses((status = 200, description = "`event: run` with the run, then an event for each entry of the journal \
        (`id: <seq>`, `event: <type>`, `data: <JSON>`), until the one with which the run ends",
        body = EventData, content_type = "text/event-stream"))
)]
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(id): Segments<String>,
    base: BaseUrl,
    connection: Option<Extension<Connection>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let id = run_id(&id)?;
    let after = after(&headers, query.as_deref())?;
    let reader = view::reader(&app, &owner)?;
    // Before the run is read: no entry after it is missed.
    let watcher = app.progress.watch(id);
    let run = app.store.run(&owner, id).await?.ok_or_else(not_found)?;
    let ended = run.status.is_final().then_some(run.last_seq);
    let run = RunView::new(&app, &base.0, run).await;
    let connection = connection.map(|Extension(connection)| connection);
    let reading = Reading {
        ready: [Event::Run(Box::new(run))].into(),
        // What is after the end of an ended run never comes.
        ended: ended.is_some_and(|last| after >= last),
        after,
        run: id,
        owner,
        watcher,
        guard: DeadlineGuard::new(connection.clone()),
        _active: app.lifecycle.begin(),
        _reader: reader,
        app,
    };
    Ok(sse::respond(
        reading.into_stream(),
        encode,
        DeadlineGuard::new(connection),
    ))
}

/// The last entry that the reader knows.
fn after(headers: &HeaderMap, query: Option<&str>) -> Result<u64, Problem> {
    let in_query = Query::parse(query).number("after")?;
    if !headers.contains_key(LAST_EVENT_ID) {
        return Ok(in_query.unwrap_or_default());
    }
    let last = match single(headers, LAST_EVENT_ID).map(str::trim) {
        Some("") => in_query.or(Some(0)),
        last => last.and_then(query::number),
    };
    last.ok_or_else(|| invalid("Last-Event-ID", "must be the id of an event"))
}

/// A reader's place in the journal.
struct Reading {
    app: Arc<App>,
    owner: UserId,
    run: RunId,
    /// The last entry that was read.
    after: u64,
    ready: VecDeque<Event>,
    /// No more entries come.
    ended: bool,
    watcher: Watcher,
    guard: DeadlineGuard,
    _active: TaskTrackerToken,
    _reader: Arc<Share<UserId>>,
}

impl Reading {
    fn into_stream(self) -> impl Stream<Item = Event> {
        stream::unfold(self, |mut reading| async move {
            let event = reading.next().await?;
            Some((event, reading))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            // The reader has taken what was sent before.
            self.guard
                .set_write_deadline(Instant::now() + STALL_TIMEOUT);
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            self.read().await?;
            if self.ready.is_empty() && !self.ended {
                self.wait().await?;
            }
        }
    }

    /// Reads further entries. `None`: the journal cannot be read; the client may ask again.
    async fn read(&mut self) -> Option<()> {
        let (store, after) = (&self.app.store, self.after);
        let entries = store.journal(&self.owner, self.run, after, BATCH).await;
        let entries = entries.map_err(|error| unavailable(&error)).ok()?;
        if let Some(last) = entries.last() {
            self.after = last.seq;
            self.ended = last.kind.is_final();
        }
        self.ready.extend(entries.into_iter().map(Event::Entry));
        Some(())
    }

    /// Waits for news. `None`: the server stops, or the run has been removed.
    async fn wait(&mut self) -> Option<()> {
        let stopping = self.app.lifecycle.stopping().clone();
        let poll = Instant::now() + POLL_INTERVAL;
        tokio::select! {
            () = self.watcher.beyond(self.after, POLL_INTERVAL) => {}
            () = stopping.cancelled() => return None,
        }
        if Instant::now() < poll {
            return Some(());
        }
        // Of no announcement: it may be gone, or have ended before `after`.
        let progress = self.app.store.progress(&self.owner, self.run).await;
        let progress = progress.map_err(|error| unavailable(&error)).ok()??;
        self.ended = progress.status.is_final() && self.after >= progress.last_seq;
        Some(())
    }
}

/// An event's id, its type, and its data in one line.
fn encode(event: &Event, chunk: &mut BytesMut) {
    match event {
        Event::Run(run) => {
            chunk.put_slice(b"event: run\n");
            data(&Typed { r#type: "run", run }, chunk);
        }
        Event::Entry(entry) => {
            let (id, event) = (entry.seq, name(&entry.kind));
            // Writing to memory cannot fail.
            let _ = write!(chunk, "id: {id}\nevent: {event}\n");
            data(entry, chunk);
        }
    }
}

/// The type of an entry, as its data has it.
fn name(kind: &EntryKind) -> &'static str {
    match kind {
        EntryKind::Started { .. } => "started",
        EntryKind::Text { .. } => "text",
        EntryKind::ToolCall { .. } => "tool_call",
        EntryKind::ToolResult { .. } => "tool_result",
        EntryKind::File(_) => "file",
        EntryKind::Usage(_) => "usage",
        EntryKind::Retried { .. } => "retried",
        EntryKind::Completed { .. } => "completed",
        EntryKind::Failed { .. } => "failed",
        EntryKind::Cancelled {} => "cancelled",
        EntryKind::Expired {} => "expired",
    }
}

/// A run with the type of its event.
#[derive(Serialize)]
struct Typed<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    run: &'a RunView,
}

fn data(value: &impl Serialize, chunk: &mut BytesMut) {
    chunk.put_slice(b"data: ");
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer((&mut *chunk).writer(), value);
    chunk.put_slice(b"\n\n");
}
