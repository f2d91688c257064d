//! Idle timer: expires after a period without activity.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

pub(crate) struct IdleTimer {
    period: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl IdleTimer {
    /// Must be called within a tokio runtime.
    pub(crate) fn new(period: Duration) -> Self {
        let sleep = Box::pin(sleep(period));
        Self { period, sleep }
    }

    /// Records activity: the period starts again. Cheap: resetting a timer to later is one atomic store in tokio.
    pub(crate) fn reset(&mut self) {
        self.sleep.as_mut().reset(Instant::now() + self.period);
    }

    /// Ready once the period has passed without activity.
    pub(crate) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use tokio::time::{Instant, advance, sleep};

    use super::IdleTimer;

    const PERIOD: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn it_expires_one_period_after_the_last_activity() {
        let mut timer = IdleTimer::new(PERIOD);
        for _ in 0..3 {
            advance(PERIOD * 2 / 3).await;
            timer.reset();
        }
        let last = Instant::now();
        poll_fn(|cx| timer.poll_expired(cx)).await;
        let silence = last.elapsed();
        assert!(
            silence >= PERIOD && silence < PERIOD + Duration::from_secs(1),
            "{silence:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn activity_during_a_wait_postpones_expiry() {
        let mut timer = IdleTimer::new(PERIOD);
        let (mut activity, mut last) = (Box::pin(sleep(PERIOD * 2 / 3)), None);
        poll_fn(|cx| {
            if last.is_none() && activity.as_mut().poll(cx).is_ready() {
                last = Some(Instant::now());
                timer.reset();
            }
            timer.poll_expired(cx)
        })
        .await;
        assert!(last.is_some_and(|last| last.elapsed() >= PERIOD));
    }
}
