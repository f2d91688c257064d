//! Waiting for conditions with a deadline, and a name in the failure message.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, advance, pause, resume, sleep, timeout},
};

/// The deadline of every wait, reached only in a failing test.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The future's value, or a failure that names the awaited condition.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(error) => panic!("waited {DEADLINE:?} in vain: {what} ({error})"),
    }
}

/// Moves the clock of a single-threaded test forward, for everything that runs in it: 25 times as fast as time passes,
/// so that calls under way meet their deadlines.
pub async fn pass(time: Duration) {
    const STEP: Duration = Duration::from_millis(250);
    let end = Instant::now() + time;
    while Instant::now() < end {
        pause();
        advance(STEP.min(end - Instant::now())).await;
        resume();
        sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until the watched state satisfies the condition, and returns its result.
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

/// A gate that lets one waiter through per `open`.
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

    /// Opens the gate for all further waits.
    pub fn open_for_good(&self) {
        self.0.close();
    }

    pub async fn wait(&self) {
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}
