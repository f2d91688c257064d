//! The limits of `POST /chat`: the rate limit per user, concurrent chats and their memory, and the admission queue.

use std::{sync::Arc, thread::available_parallelism, time::Duration};

use tokio::{
    sync::Semaphore,
    task::yield_now,
    time::{Instant, sleep},
};

use crate::{
    auth::Caller,
    config::HttpConfig,
    http::rate_limit::{Allowance, RateLimiter},
    process::memory::{Bounds, Budget},
};

/// Chats per core that the admission queue lets start at once.
const STARTING_PER_CORE: usize = 2;
/// A pass of the runtime over its ready tasks that takes longer shows that it is behind.
const LONG_PASS: Duration = Duration::from_millis(2);
/// While the runtime is behind, a start is followed by a pause of so many passes, up to [`MAX_PAUSE`].
const PAUSE_PASSES: u32 = 10;
const MAX_PAUSE: Duration = Duration::from_millis(50);
/// The longest admission queue.
const MAX_WAITING: usize = 1024;

pub(super) struct Limits {
    /// `None`: there is no limit.
    requests: Option<RateLimiter<Caller>>,
    /// The chats, and the bytes that they hold.
    pub(super) budget: Arc<Budget<Caller>>,
    pub(super) admission: AdmissionQueue,
    /// One permit, for the large body that is being parsed.
    pub(super) large_bodies: Arc<Semaphore>,
}

impl Limits {
    pub(super) fn new(config: &HttpConfig) -> Self {
        let rate_limit = config.rate_limit;
        Self {
            requests: rate_limit.map(|limit| RateLimiter::new(limit.max, limit.window)),
            budget: Budget::new(Bounds {
                bytes: config.memory_budget,
                bytes_per_user: config.memory_budget / 2,
                requests: config.max_concurrent_chats,
                requests_per_user: config.max_chats_per_user,
            }),
            admission: AdmissionQueue::new(available_parallelism().map_or(1, usize::from)),
            large_bodies: Arc::new(Semaphore::new(1)),
        }
    }

    /// Counts a request of the caller if the rate limit lets it through.
    pub(super) fn check_rate(&self, caller: &Caller) -> Result<Option<Allowance>, Allowance> {
        let limiter = self.requests.as_ref();
        limiter.map(|limiter| limiter.check(caller)).transpose()
    }
}

/// Spreads the start of chats: all other ready tasks run between two batches, and while the runtime is behind, fewer start.
/// Without it, a burst of chats fills the runtime's queue, and a request that is only refused waits behind all of them.
pub(super) struct AdmissionQueue {
    waiting: Semaphore,
    starting: Semaphore,
}

impl AdmissionQueue {
    fn new(cores: usize) -> Self {
        Self {
            waiting: Semaphore::new(MAX_WAITING),
            starting: Semaphore::new(STARTING_PER_CORE * cores),
        }
    }

    /// Waits to be admitted; `None` if the queue is full.
    pub(super) async fn admit(&self) -> Option<()> {
        let _waiting = self.waiting.try_acquire().ok()?;
        let _starting = self.starting.acquire().await.ok()?;
        let began = Instant::now();
        yield_now().await;
        let pass = began.elapsed();
        if pass > LONG_PASS {
            sleep((pass * PAUSE_PASSES).min(MAX_PAUSE)).await;
        }
        Some(())
    }
}

#[cfg(test)]
impl Limits {
    /// Lets no chat start until the permits are dropped.
    pub(super) async fn hold_admission(&self) -> tokio::sync::SemaphorePermit<'_> {
        let cores = available_parallelism().map_or(1, usize::from);
        let all = u32::try_from(STARTING_PER_CORE * cores).unwrap();
        self.admission.starting.acquire_many(all).await.unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn other_tasks_run_between_batches_of_chats() {
        let (queue, started) = (
            Arc::new(AdmissionQueue::new(1)),
            Arc::new(AtomicUsize::new(0)),
        );
        let chats = (0..100).map(|_| {
            let (queue, started) = (queue.clone(), started.clone());
            tokio::spawn(async move {
                let admitted = queue.admit().await;
                started.fetch_add(1, Ordering::SeqCst);
                admitted
            })
        });
        let chats: Vec<_> = chats.collect();
        let (mut before, began) = (0, Instant::now());
        while before < 100 {
            yield_now().await;
            let now = started.load(Ordering::SeqCst);
            assert!(now - before <= 2 * STARTING_PER_CORE, "{before} to {now}");
            before = now;
            // A busy machine has more passes, each of which may wait.
            let waited = began.elapsed();
            assert!(waited < Duration::from_secs(10), "only {now} chats started");
        }
        let admitted = join_all(chats).await;
        assert!(admitted.into_iter().all(|chat| chat.unwrap().is_some()));
        assert_eq!(queue.waiting.available_permits(), MAX_WAITING);
    }

    #[tokio::test]
    async fn a_start_is_followed_by_a_pause_while_the_runtime_is_behind() {
        let busy = tokio::spawn(async {
            loop {
                std::thread::sleep(MAX_PAUSE / PAUSE_PASSES);
                yield_now().await;
            }
        });
        let began = Instant::now();
        assert!(AdmissionQueue::new(1).admit().await.is_some());
        assert!(began.elapsed() >= MAX_PAUSE, "{:?}", began.elapsed());
        busy.abort();
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_a_chat_that_leaves_makes_room() {
        let queue = Arc::new(AdmissionQueue::new(1));
        let held = queue
            .starting
            .acquire_many(u32::try_from(STARTING_PER_CORE).unwrap())
            .await
            .unwrap();
        let wait = |_| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.admit().await })
        };
        let waiting: Vec<_> = (0..MAX_WAITING).map(wait).collect();
        while queue.waiting.available_permits() > 0 {
            yield_now().await;
        }
        assert_eq!(queue.admit().await, None);
        waiting[0].abort();
        while queue.waiting.available_permits() == 0 {
            yield_now().await;
        }
        let late = wait(0);
        drop(held);
        assert_eq!(late.await.unwrap(), Some(()));
    }
}
