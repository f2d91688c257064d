//! The end of a turn by the service: its time is over, or the service shuts down.

use std::pin::Pin;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::agent::Failure;

/// Resolves when the turn must end.
pub(super) async fn cut_off(deadline: Instant, stopping: CancellationToken) -> Failure {
    tokio::select! {
        biased;
        () = stopping.cancelled() => Failure::ShuttingDown,
        () = sleep_until(deadline) => Failure::Timeout,
    }
}

/// The output of `next`, unless the turn is cut off before.
pub(super) async fn unless<T>(
    cut_off: Pin<&mut impl Future<Output = Failure>>,
    next: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        failure = cut_off => Err(failure),
        next = next => next,
    }
}
