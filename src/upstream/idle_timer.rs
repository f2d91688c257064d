//! A timer for silence: what comes many times a second only notes the time, and leaves the timers' wheel alone.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

/// Fires when nothing was heard for the whole of `period`.
pub(crate) struct Quiet {
    period: Duration,
    since: Instant,
    /// Ends no later than the quiet may.
    timer: Pin<Box<Sleep>>,
}

impl Quiet {
    /// Must be called within a tokio runtime.
    pub(crate) fn of(period: Duration) -> Self {
        Self {
            period,
            since: Instant::now(),
            timer: Box::pin(sleep(period)),
        }
    }

    /// It was broken just now.
    pub(crate) fn broken(&mut self) {
        self.since = Instant::now();
    }

    /// Ready once it has lasted.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let end = self.since + self.period;
            if end <= Instant::now() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use tokio::time::{Instant, sleep};

    use super::Quiet;

    const PERIOD: Duration = Duration::from_millis(60);
    const LESS: Duration = Duration::from_millis(40);

    #[tokio::test]
    async fn it_is_over_a_whole_period_after_the_last_sound() {
        let mut quiet = Quiet::of(PERIOD);
        let mut last = Instant::now();
        for _ in 0..3 {
            sleep(LESS).await;
            last = Instant::now();
            quiet.broken();
        }
        poll_fn(|cx| quiet.poll(cx)).await;
        assert!(last.elapsed() >= PERIOD);
    }

    #[tokio::test]
    async fn a_sound_while_somebody_waits_puts_it_off() {
        let mut quiet = Quiet::of(PERIOD);
        let (mut noise, mut heard) = (Box::pin(sleep(LESS)), None);
        poll_fn(|cx| {
            if heard.is_none() && noise.as_mut().poll(cx).is_ready() {
                heard = Some(Instant::now());
                quiet.broken();
            }
            quiet.poll(cx)
        })
        .await;
        assert!(heard.is_some_and(|heard| heard.elapsed() >= PERIOD));
    }
}
