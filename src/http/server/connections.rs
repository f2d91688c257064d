//! The open connections: their number is bounded, and the one that has been without a request for longest makes room.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use http_body::{Frame, SizeHint};
use tokio::sync::Notify;

use super::deadlines::Connection;

/// Counts the open connections and orders those that wait for a request.
pub(super) struct Connections {
    max: usize,
    table: Mutex<Table>,
    changed: Notify,
}

#[derive(Default)]
struct Table {
    open: usize,
    next: u64,
    /// The longest wait first.
    waiting: BTreeMap<u64, Connection>,
}

impl Connections {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            table: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Counts a new connection, which waits for its first request. At the bound, closes the one that has waited for longest.
    pub(super) fn open(self: &Arc<Self>) -> Arc<Open> {
        if self.table().open >= self.max {
            self.close_oldest();
        }
        self.table().open += 1;
        let connection = Connection::default();
        self.wait(&connection);
        Arc::new(Open {
            connections: self.clone(),
            connection,
        })
    }

    /// True if a new connection would have room, or could take the place of one that waits.
    pub(super) fn has_room(&self) -> bool {
        let table = self.table();
        table.open < self.max || !table.waiting.is_empty()
    }

    /// Closes the connection that has waited for longest; false if none waits.
    pub(super) fn close_oldest(&self) -> bool {
        let mut table = self.table();
        let Some((_, connection)) = table.waiting.pop_first() else {
            return false;
        };
        table.open -= 1;
        connection.closing().cancel();
        true
    }

    /// Waits until [`Self::has_room`] may have changed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn wait(&self, connection: &Connection) {
        let mut table = self.table();
        if !connection.closing().is_cancelled() {
            let place = table.next;
            table.next += 1;
            table.waiting.insert(place, connection.clone());
            connection.set_waiting(place);
            self.notify(&table);
        }
    }

    fn answer(&self, connection: &Connection) {
        let mut table = self.table();
        if let Some(place) = connection.begin_request() {
            table.waiting.remove(&place);
            self.notify(&table);
        }
    }

    fn leave(&self, connection: &Connection) {
        self.answer(connection);
        let mut table = self.table();
        self.notify(&table);
        // A connection that was closed to make room is no longer counted.
        if !connection.closing().is_cancelled() {
            table.open -= 1;
        }
    }

    fn notify(&self, table: &Table) {
        if table.open >= self.max {
            self.changed.notify_one();
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open connection; counted until it is dropped.
pub(super) struct Open {
    connections: Arc<Connections>,
    pub(super) connection: Connection,
}

impl Open {
    /// The connection is not closed to make room until all clones of the result are dropped.
    pub(super) fn begin_request(self: &Arc<Self>) -> Arc<Answering> {
        self.connections.answer(&self.connection);
        Arc::new(Answering(self.clone()))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connections.leave(&self.connection);
    }
}

/// A request that is being answered.
pub(super) struct Answering(Arc<Open>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.connections.wait(&self.0.connection);
    }
}

/// The body of a request or a response; the request counts as being answered until both end.
pub(super) struct Answered<B> {
    pub(super) body: B,
    pub(super) _answering: Arc<Answering>,
}

impl<B: http_body::Body + Unpin> http_body::Body for Answered<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
