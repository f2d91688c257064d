//! The end of what a process writes to its standard error.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{io::AsyncReadExt, process::ChildStderr, time::sleep};
use tokio_util::sync::CancellationToken;

const MAX_BYTES: usize = 64 * 1024;
/// For what is still in the pipe.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// The last 64 KiB, which make one log line.
#[derive(Clone, Default)]
pub(super) struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    fn push(&self, bytes: &[u8]) {
        let mut tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend(bytes);
        let excess = tail.len().saturating_sub(MAX_BYTES);
        tail.drain(..excess);
    }

    /// Without control characters other than line ends.
    pub(super) fn text(&self) -> String {
        let mut tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(tail.make_contiguous());
        let shown = text.chars().filter(|c| *c == '\n' || !c.is_control());
        shown.collect::<String>().trim().to_owned()
    }
}

/// Reads until the end, or until the process is gone, so that a process never waits for its standard error to be read.
pub(super) async fn keep(mut stderr: ChildStderr, tail: Tail, gone: CancellationToken) {
    let reading = async {
        let mut piece = vec![0; 8 * 1024];
        while let Ok(length @ 1..) = stderr.read(&mut piece).await {
            tail.push(&piece[..length]);
        }
    };
    let ended = async {
        gone.cancelled().await;
        sleep(END_TIMEOUT).await;
    };
    tokio::select! {
        () = reading => {}
        () = ended => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_64_kib_are_kept() {
        let tail = Tail::default();
        for n in 0..100_000 {
            tail.push(format!("line {n}\n").as_bytes());
        }
        assert_eq!(tail.0.lock().unwrap().len(), MAX_BYTES);
        assert!(tail.text().ends_with("\nline 99998\nline 99999"));
        tail.push("\u{1b}[31mred\u{7}".as_bytes());
        assert!(tail.text().ends_with("\nline 99999\n[31mred"));
    }
}
