//! Tells a server that a call is cancelled.

use rmcp::{
    RoleClient,
    model::{CancelledNotificationParam, RequestId},
    service::Peer,
};
use tokio::time::timeout;

use super::NOTE_TIMEOUT;

/// Sends `notifications/cancelled` when a call is dropped before its answer.
pub(super) struct CancelOnDrop<'a> {
    pub(super) peer: &'a Peer<RoleClient>,
    pub(super) id: Option<RequestId>,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let peer = self.peer.clone();
        runtime.spawn(async move {
            let reason = Some("the caller no longer waits".to_owned());
            let note = peer.notify_cancelled(CancelledNotificationParam::new(Some(id), reason));
            let _ = timeout(NOTE_TIMEOUT, note).await;
        });
    }
}
