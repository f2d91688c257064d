//! What ends a process from outside, politely: the first signal asks, the second does not wait.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};

/// Wrappers send one Ctrl-C twice: to the child and to its group.
const SAME: Duration = Duration::from_millis(300);

pub(crate) struct Signals {
    /// Whether one has come: tokio begins to listen a moment before it remembers what it hears.
    came: Arc<AtomicBool>,
    #[cfg(unix)]
    streams: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    /// SIGTERM and SIGINT, from now on.
    pub(crate) fn usual() -> anyhow::Result<Self> {
        let came = Arc::default();
        Ok(Self {
            #[cfg(unix)]
            streams: unix::streams(&[unix::TERMINATE, unix::INTERRUPT], &came)?,
            came,
        })
    }

    /// SIGHUP too: the terminal was closed, for a command that lives in one.
    pub(crate) fn in_terminal() -> anyhow::Result<Self> {
        let came = Arc::default();
        Ok(Self {
            #[cfg(unix)]
            streams: unix::streams(&[unix::TERMINATE, unix::INTERRUPT, unix::HANGUP], &came)?,
            came,
        })
    }

    /// Ends with the first signal; the second one ends the process, after `last_act`.
    pub(crate) fn first(
        mut self,
        last_act: impl FnOnce() + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (first, came) = oneshot::channel();
        tokio::spawn(async move {
            if !self.came.load(Ordering::SeqCst) {
                self.next().await;
            }
            let _ = first.send(());
            let again = Instant::now() + SAME;
            loop {
                tokio::select! {
                    () = self.next() => {}
                    () = sleep_until(again) => break,
                }
            }
            self.next().await;
            tracing::warn!("second signal: ending at once");
            last_act();
            std::process::exit(130);
        });
        async move { drop(came.await) }
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        let any = self
            .streams
            .iter_mut()
            .map(|signal| Box::pin(signal.recv()));
        futures_util::future::select_all(any).await;
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}

#[cfg(unix)]
mod unix {
    use std::sync::{Arc, atomic::AtomicBool};

    use signal_hook::flag;
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::Context;

    pub(super) const TERMINATE: fn() -> SignalKind = SignalKind::terminate;
    pub(super) const INTERRUPT: fn() -> SignalKind = SignalKind::interrupt;
    pub(super) const HANGUP: fn() -> SignalKind = SignalKind::hangup;

    pub(super) fn streams(
        kinds: &[fn() -> SignalKind],
        came: &Arc<AtomicBool>,
    ) -> anyhow::Result<Vec<Signal>> {
        let listen = |kind: &fn() -> SignalKind| {
            flag::register(kind().as_raw_value(), came.clone())?;
            signal(kind())
        };
        let streams: Result<_, _> = kinds.iter().map(listen).collect();
        streams.context("cannot listen for signals")
    }
}

#[cfg(all(test, unix))]
mod tests {
    use tokio::{signal::unix::SignalKind, time::timeout};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_signal_that_came_while_nobody_listened_yet_counts() {
        let came = Arc::default();
        // Ignored by default, and of no meaning to anybody else in this process.
        let mut streams = unix::streams(&[SignalKind::window_change], &came).unwrap();
        assert!(!came.load(Ordering::SeqCst));
        let kill = format!("kill -WINCH {}", std::process::id());
        let sent = std::process::Command::new("/bin/sh")
            .args(["-c", &kill])
            .status();
        assert!(sent.unwrap().success());
        timeout(DEADLINE, streams[0].recv()).await.unwrap();
        assert!(came.load(Ordering::SeqCst));
        // As if tokio had told it before anybody listened.
        let streams = unix::streams(&[SignalKind::window_change], &Arc::default()).unwrap();
        let signals = Signals { came, streams };
        timeout(DEADLINE, signals.first(|| ())).await.unwrap();
    }
}
