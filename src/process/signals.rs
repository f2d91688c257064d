//! SIGINT and SIGTERM: the first signal starts a graceful shutdown, the second ends the process.

use std::time::Duration;

use anyhow::Context;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

/// Signals within this time count as one: wrappers send one Ctrl-C to the process and to its group.
const SAME_SIGNAL: Duration = Duration::from_millis(300);

/// Listens from construction on: a signal during start-up is kept for [`Signals::first`].
pub(crate) struct Signals(Vec<imp::Signal>);

impl Signals {
    /// SIGTERM and SIGINT.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        Self::from_kinds(&imp::PROCESS)
    }

    /// SIGTERM, SIGINT, and SIGHUP, which means that the terminal was closed.
    #[cfg(feature = "dev")]
    pub(crate) fn in_terminal() -> anyhow::Result<Self> {
        Self::from_kinds(&imp::TERMINAL)
    }

    fn from_kinds(kinds: &[imp::Kind]) -> anyhow::Result<Self> {
        let signals: Result<_, _> = kinds.iter().copied().map(imp::listen).collect();
        Ok(Self(signals.context("cannot listen for signals")?))
    }

    /// Completes with the first signal; the second one runs `before_exit` and ends the process.
    pub(crate) fn first(
        mut self,
        before_exit: impl FnOnce() + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (sender, first) = oneshot::channel();
        tokio::spawn(async move {
            self.next().await;
            let _ = sender.send(());
            let again = Instant::now() + SAME_SIGNAL;
            while timeout_at(again, self.next()).await.is_ok() {}
            self.next().await;
            tracing::warn!("second signal: ending at once");
            before_exit();
            std::process::exit(130);
        });
        async move { drop(first.await) }
    }

    async fn next(&mut self) {
        let signals = self.0.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures_util::future::select_all(signals).await;
    }
}

#[cfg(unix)]
mod imp {
    pub(super) use tokio::signal::unix::Signal;
    use tokio::signal::unix::{SignalKind, signal};

    pub(super) type Kind = fn() -> SignalKind;
    pub(super) const PROCESS: [Kind; 2] = [SignalKind::terminate, SignalKind::interrupt];
    #[cfg(feature = "dev")]
    pub(super) const TERMINAL: [Kind; 3] = [
        SignalKind::terminate,
        SignalKind::interrupt,
        SignalKind::hangup,
    ];

    pub(super) fn listen(kind: Kind) -> std::io::Result<Signal> {
        signal(kind())
    }
}

#[cfg(windows)]
mod imp {
    pub(super) use tokio::signal::windows::CtrlC as Signal;

    pub(super) type Kind = ();
    pub(super) const PROCESS: [Kind; 1] = [()];
    #[cfg(feature = "dev")]
    pub(super) const TERMINAL: [Kind; 1] = [()];

    pub(super) fn listen((): Kind) -> std::io::Result<Signal> {
        tokio::signal::windows::ctrl_c()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use tokio::{signal::unix::SignalKind, time::timeout};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn send_window_change() {
        let kill = format!("kill -WINCH {}", std::process::id());
        let sent = std::process::Command::new("/bin/sh")
            .args(["-c", &kill])
            .status();
        assert!(sent.unwrap().success());
    }

    #[tokio::test]
    async fn a_signal_during_start_up_is_kept_for_first() {
        // Ignored by default, and without a meaning to the rest of this process.
        let kinds: [imp::Kind; 1] = [SignalKind::window_change];
        let signals = Signals::from_kinds(&kinds).unwrap();
        let mut seen = Signals::from_kinds(&kinds).unwrap();
        send_window_change();
        timeout(DEADLINE, seen.next()).await.unwrap();
        timeout(DEADLINE, signals.first(|| ())).await.unwrap();
    }
}
