//! When to try again: as often as configured, as late as the server asks, never past the turn's time.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::ClaudeError;
use crate::{
    agent::metrics::Metrics,
    upstream::backoff::{doubled, jittered},
};

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);

/// The retries left to one call of Claude.
pub struct Retries {
    left: u32,
    made: u32,
    deadline: Instant,
    metrics: Arc<Metrics>,
}

impl Retries {
    pub(super) fn new(max: u32, deadline: Instant, metrics: Arc<Metrics>) -> Self {
        Self {
            left: max,
            made: 0,
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
            None => pause(self.made),
        };
        if Instant::now() + wait >= self.deadline {
            return Err(error);
        }
        self.left -= 1;
        self.made += 1;
        self.metrics.claude_retry(error.reason());
        tracing::warn!(error = %error, wait_ms = wait.as_millis(), "asking the model again");
        sleep(wait).await;
        Ok(())
    }
}

/// How long to wait after so many retries, if the server does not say.
fn pause(made: u32) -> Duration {
    jittered(doubled(FIRST, LONGEST, made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_half_a_second_to_eight_and_vary() {
        let millis = [500, 1000, 2000, 4000, 8000, 8000, 8000];
        let last = [(u32::MAX, 8000)];
        for (made, longest) in (0..).zip(millis).chain(last) {
            let longest = Duration::from_millis(longest);
            let mut pauses: Vec<_> = (0..1000).map(|_| pause(made)).collect();
            pauses.sort_unstable();
            let (shortest, most) = (pauses[0], pauses[999]);
            assert!(shortest >= longest * 3 / 4, "{made}: {shortest:?}");
            assert!(most <= longest, "{made}: {most:?}");
            let apart = shortest < longest * 4 / 5 && most > longest * 19 / 20;
            assert!(apart, "{made}: {shortest:?}..{most:?}");
        }
    }

    #[tokio::test]
    async fn a_wait_that_would_end_after_the_turn_is_not_begun() {
        let end = Instant::now() + Duration::from_secs(1);
        let mut retries = Retries::new(10, end, Metrics::new());
        assert!(retries.again(ClaudeError::Incomplete).await.is_ok());
        let refused = Instant::now();
        // From half a second doubled, and shortened by a quarter at most.
        assert!(retries.again(ClaudeError::Incomplete).await.is_err());
        assert!(
            refused.elapsed() < Duration::from_millis(500),
            "{:?}",
            refused.elapsed()
        );
    }
}
