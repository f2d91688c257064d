//! The ids of the requests that are being answered. rmcp finds the response stream of an answer by session and id alone: of
//! two requests with one id at once, one would never be answered.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rmcp::model::RequestId;

/// A session's id and a request's.
type Key = (String, RequestId);

#[derive(Default)]
pub(super) struct RequestIds(Mutex<HashSet<Key>>);

impl RequestIds {
    /// Reserves an id within a session; `None` if it is in use.
    pub(super) fn reserve(self: &Arc<Self>, session: &str, id: &RequestId) -> Option<ReservedId> {
        let key = (session.to_owned(), id.clone());
        self.ids().insert(key.clone()).then(|| ReservedId {
            ids: self.clone(),
            key,
        })
    }

    fn ids(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees the id on drop.
pub(super) struct ReservedId {
    ids: Arc<RequestIds>,
    key: Key,
}

impl Drop for ReservedId {
    fn drop(&mut self) {
        self.ids.ids().remove(&self.key);
    }
}
