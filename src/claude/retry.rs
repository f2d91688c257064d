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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_that_would_end_after_the_turn_is_not_begun() {
        let end = Instant::now() + Duration::from_secs(1);
        let mut retries = Retries::new(10, end, Metrics::new());
        assert!(retries.again(ClaudeError::Incomplete).await.is_ok());
        let refused = Instant::now();
        // From half a second doubled, and shortened by a quarter at most.
        assert!(retries.again(ClaudeError::Incomplete).await.is_err());
        assert!(
            refused.elapsed() < Duration::from_millis(100),
            "{:?}",
            refused.elapsed()
        );
    }
}
