//! Retry policy for Claude: as often as configured, no sooner than the server asks, never past the turn's deadline.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::ClaudeError;
use crate::{
    agent::metrics::Metrics,
    telemetry::{Attribute, Span, names},
    upstream::backoff::Backoff,
};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(500),
    max: Duration::from_secs(8),
};

/// Bounds the wait that a server asks for: adding more to an instant could overflow.
const MAX_WAIT: Duration = Duration::from_secs(366 * 86_400);

/// The retries of one call to Claude.
pub struct Retries {
    max: u32,
    made: u32,
    deadline: Instant,
    metrics: Arc<Metrics>,
    /// Of the call, all requests included.
    pub(super) span: Span,
}

impl Retries {
    pub(super) fn new(max: u32, deadline: Instant, metrics: Arc<Metrics>, span: Span) -> Self {
        Self {
            max,
            made: 0,
            deadline,
            metrics,
            span,
        }
    }

    /// Waits until the failed call may be repeated, or returns its error if it may not.
    pub async fn wait(&mut self, error: ClaudeError) -> Result<(), ClaudeError> {
        if self.made == self.max || !error.is_transient() {
            return Err(error);
        }
        let wait = match error.retry_after() {
            Some(after) if Instant::now() + after.min(MAX_WAIT) >= self.deadline => {
                let overloaded = error.is_overload();
                return Err(ClaudeError::TooLate { overloaded, after });
            }
            Some(after) => after,
            None => BACKOFF.delay(self.made),
        };
        if Instant::now() + wait >= self.deadline {
            return Err(error);
        }
        self.made += 1;
        self.metrics.claude_retry(error.reason());
        if self.span.is_on() {
            let attributes = vec![
                Attribute::new(names::ERROR_TYPE, error.error_type()),
                Attribute::new(names::RETRY_WAIT, wait.as_secs_f64()),
            ];
            self.span.event(names::RETRY_EVENT, attributes);
        }
        tracing::warn!(error = %error, wait_ms = wait.as_millis(), "retrying the request to the model");
        sleep(wait).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_from_half_a_second_to_eight() {
        let millis = [500, 1000, 2000, 4000, 8000, 8000, 8000];
        for (made, longest) in (0..).zip(millis).chain([(u32::MAX, 8000)]) {
            let longest = Duration::from_millis(longest);
            let delay = BACKOFF.delay(made);
            assert!(
                delay >= longest * 3 / 4 && delay <= longest,
                "{made}: {delay:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_retry_that_would_begin_after_the_deadline_is_refused_at_once() {
        let end = Instant::now() + Duration::from_secs(1);
        let mut retries = Retries::new(10, end, Metrics::new(), Span::default());
        assert!(retries.wait(ClaudeError::Incomplete).await.is_ok());
        let refused = Instant::now();
        // The second delay is 0.75 s at least.
        assert!(retries.wait(ClaudeError::Incomplete).await.is_err());
        assert!(
            refused.elapsed() < Duration::from_millis(500),
            "{:?}",
            refused.elapsed()
        );
    }
}
