//! The runs that this process has offered to the server, until a process has claimed them.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::runs::model::RunId;

#[derive(Default)]
pub(super) struct Offers(Mutex<HashMap<RunId, Instant>>);

impl Offers {
    /// After `life` the run can be offered again.
    pub(super) fn add(&self, run: RunId, life: Duration) {
        self.open().insert(run, Instant::now() + life);
    }

    pub(super) fn shorten(&self, run: RunId, life: Duration) {
        if let Some(until) = self.open().get_mut(&run) {
            *until = Instant::now() + life;
        }
    }

    pub(super) fn remove(&self, run: RunId) {
        self.open().remove(&run);
    }

    /// Forgets the others, and those that were offered long ago.
    pub(super) fn retain(&self, runs: &[RunId]) {
        let now = Instant::now();
        self.open()
            .retain(|run, until| *until > now && runs.contains(run));
    }

    pub(super) fn runs(&self) -> Vec<RunId> {
        self.open().keys().copied().collect()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<RunId, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_offer_ends_with_its_run_or_its_life() {
        let offers = Offers::default();
        let [old, gone, open] = [RunId::new(), RunId::new(), RunId::new()];
        offers.add(old, Duration::from_secs(1));
        offers.add(gone, Duration::from_secs(9));
        offers.add(open, Duration::from_secs(9));
        tokio::time::advance(Duration::from_secs(2)).await;
        offers.retain(&[old, open]);
        assert_eq!(offers.runs(), [open]);
        offers.shorten(open, Duration::from_secs(1));
        offers.shorten(old, Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(2)).await;
        offers.retain(&[old, open]);
        assert!(offers.runs().is_empty());
        offers.add(open, Duration::from_secs(9));
        offers.remove(open);
        assert!(offers.runs().is_empty());
    }
}
