//! When to try again: as often as configured, as late as the server asks, never past the turn's time.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::ClaudeError;
use crate::metrics::Metrics;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);

/// The retries left to one call of Claude.
pub struct Retries {
    left: u32,
    delay: Duration,
    deadline: Instant,
    metrics: Arc<Metrics>,
}

impl Retries {
    pub(super) fn new(max: u32, deadline: Instant, metrics: Arc<Metrics>) -> Self {
        Self {
            left: max,
            delay: FIRST,
            deadline,
            metrics,
        }
    }

    /// Waits until the call may be repeated, or gives the error back if it may not.
    pub async fn again(&mut self, error: ClaudeError) -> Result<(), ClaudeError> {
        if self.left == 0 || !error.may_heal() {
            return Err(error);
        }
        let wait = match error.retry_after() {
            Some(after) if Instant::now() + after.min(crate::FAR) >= self.deadline => {
                return Err(ClaudeError::TooLate {
                    overloaded: error.is_overload(),
                    after,
                });
            }
            Some(after) => after,
            None => self.delay.mul_f64(rand::random_range(0.75..=1.0)),
        };
        if Instant::now() + wait >= self.deadline {
            return Err(error);
        }
        self.left -= 1;
        self.delay = (self.delay * 2).min(LONGEST);
        self.metrics.claude_retry(error.reason());
        tracing::warn!(error = %error, wait_ms = wait.as_millis(), "asking the model again");
        sleep(wait).await;
        Ok(())
    }
}
