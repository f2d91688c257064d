//! Announcements of new journal entries within this process, for those who wait for a run.
//!
//! A reader starts to watch, then reads the journal, then waits: so it misses no entry. Entries of other processes are not
//! announced, so that readers also look from time to time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::watch, time::timeout};

use super::model::RunId;

type Runs = HashMap<RunId, Weak<watch::Sender<u64>>>;

/// Cheap to clone; clones share one state. Runs without watchers take no memory.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<Runs>>);

impl Progress {
    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces that the entries up to `seq` are committed.
    pub fn appended(&self, run: RunId, seq: u64) {
        let sender = self.runs().get(&run).and_then(Weak::upgrade);
        if let Some(sender) = sender {
            sender.send_if_modified(|last| {
                let is_news = *last < seq;
                *last = (*last).max(seq);
                is_news
            });
        }
    }

    pub fn watch(&self, run: RunId) -> Watcher {
        let mut runs = self.runs();
        let known = runs.get(&run).and_then(Weak::upgrade);
        let sender = known.unwrap_or_else(|| {
            let sender = Arc::new(watch::Sender::new(0));
            runs.insert(run, Arc::downgrade(&sender));
            sender
        });
        Watcher {
            last: sender.subscribe(),
            sender: Some(sender),
            run,
            progress: self.clone(),
        }
    }
}

/// Waits for entries of one run.
pub struct Watcher {
    last: watch::Receiver<u64>,
    /// Shared by the run's watchers, which keep it alive.
    sender: Option<Arc<watch::Sender<u64>>>,
    run: RunId,
    progress: Progress,
}

impl Watcher {
    /// Waits until an entry after `seq` is announced, at most for `poll`.
    pub async fn beyond(&mut self, seq: u64, poll: Duration) {
        let _ = timeout(poll, self.last.wait_for(|last| *last > seq)).await;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut runs = self.progress.runs();
        drop(self.sender.take());
        if runs.get(&self.run).is_some_and(|it| it.strong_count() == 0) {
            runs.remove(&self.run);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const POLL: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn an_entry_that_was_announced_before_the_wait_ends_it() {
        let (progress, run) = (Progress::default(), RunId::new());
        let mut watcher = progress.watch(run);
        let began = Instant::now();
        progress.appended(run, 2);
        watcher.beyond(1, POLL).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        watcher.beyond(2, POLL).await;
        assert_eq!(began.elapsed(), POLL);
    }

    #[tokio::test(start_paused = true)]
    async fn every_watcher_of_the_run_is_woken_and_no_other() {
        let (progress, run) = (Progress::default(), RunId::new());
        let mut watchers = [progress.watch(run), progress.watch(run)];
        let mut other = progress.watch(RunId::new());
        let began = Instant::now();
        let announce = async {
            tokio::time::sleep(POLL / 10).await;
            progress.appended(run, 1);
        };
        let [first, second] = &mut watchers;
        tokio::join!(first.beyond(0, POLL), second.beyond(0, POLL), announce);
        assert_eq!(began.elapsed(), POLL / 10);
        other.beyond(0, POLL).await;
        assert_eq!(began.elapsed(), POLL / 10 + POLL);
    }

    #[tokio::test]
    async fn runs_without_watchers_are_forgotten() {
        let (progress, run) = (Progress::default(), RunId::new());
        let (first, second) = (progress.watch(run), progress.watch(run));
        drop(first);
        assert_eq!(progress.runs().len(), 1);
        drop(second);
        assert!(progress.runs().is_empty());
        progress.appended(run, 1);
        assert!(progress.runs().is_empty());
    }
}
