//! Long responses: a reader who takes none of it for some time is disconnected, one who reads slowly is not.

use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use tokio::time::Instant;

use crate::http::server::DeadlineGuard;

/// How long a reader may take none of what is sent.
pub(super) const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// The body, with a deadline that moves whenever a piece has been taken.
pub(super) fn limit(body: Body, guard: DeadlineGuard) -> Body {
    let pieces = body.into_data_stream().inspect(move |_| {
        guard.set_write_deadline(Instant::now() + STALL_TIMEOUT);
    });
    Body::from_stream(pieces)
}
