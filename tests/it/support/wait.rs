//! Waiting for conditions, never for luck: everything has a deadline and a name to fail with.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, watch},
    time::{advance, pause, resume, timeout},
};

/// Longer than anything the tests wait for; reached only when something is broken.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The future's value, or a failed test that says what was waited for.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(error) => panic!("waited {DEADLINE:?} in vain: {what} ({error})"),
    }
}

/// Moves the clock of a single-threaded test forward, for everything that runs in it. Deadlines of calls under way pass too.
pub async fn pass(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

/// Waits until the watched state satisfies the condition, and gives back what the condition found.
pub async fn until<S, T>(
    what: &str,
    state: &watch::Sender<S>,
    mut condition: impl FnMut(&S) -> Option<T>,
) -> T {
    let mut receiver = state.subscribe();
    let mut found = None;
    let wait = receiver.wait_for(|state| {
        found = condition(state);
        found.is_some()
    });
    within(what, async { drop(wait.await.expect("the fake is alive")) }).await;
    found.expect("wait_for ended")
}

/// A closed door that lets one through for each `open`.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets `n` waits through, now or later.
    pub fn open(&self, n: usize) {
        self.0.add_permits(n);
    }

    /// Lets everything through from now on.
    pub fn open_for_good(&self) {
        self.0.close();
    }

    pub async fn wait(&self) {
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}
