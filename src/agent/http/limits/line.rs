//! Where chats wait for their beginning while the service has more to do than it can.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
};

use tokio::{runtime::Handle, sync::Semaphore, task::yield_now};

/// So many begin at once when their turn has come.
const A_FEW: usize = 8;
/// So many may wait; a service that is so far behind must not fall further.
const LONGEST: usize = 1024;

/// Keeps the runtime's queue short. It is one queue for everything, so that with a thousand chats in it a request that is
/// to be refused waits behind all of them; and what it has no room for (256 tasks on each thread) waits even longer. Here
/// chats wait in order, and only while the queue is that long.
pub(super) struct Line(Arc<State>);

struct State {
    waiting: AtomicUsize,
    called: Semaphore,
    /// Somebody calls those who wait.
    calling: AtomicBool,
}

impl Line {
    pub(super) fn new() -> Self {
        Self(Arc::new(State {
            waiting: AtomicUsize::new(0),
            called: Semaphore::new(0),
            calling: AtomicBool::new(false),
        }))
    }

    /// Waits until there is time for another chat; `None` if too many wait already.
    pub(super) async fn wait(&self) -> Option<()> {
        let line = &self.0;
        if line.waiting.load(SeqCst) == 0 && !is_behind() {
            return Some(());
        }
        let _waiting = Waiting::one_more(&line.waiting)?;
        if !line.calling.swap(true, SeqCst) {
            tokio::spawn(call(line.clone()));
        }
        line.called.acquire().await.ok()?.forget();
        Some(())
    }
}

/// Whether there are more tasks ready than the threads' own queues hold.
fn is_behind() -> bool {
    Handle::current().metrics().global_queue_depth() > 0
}

/// Calls a few whenever there is time for them, until nobody waits.
async fn call(line: Arc<State>) {
    loop {
        all_others().await;
        let (waiting, called) = (line.waiting.load(SeqCst), line.called.available_permits());
        if waiting > 0 && !is_behind() {
            line.called
                .add_permits(waiting.min(A_FEW).saturating_sub(called));
        }
        if waiting == 0 {
            line.calling.store(false, SeqCst);
            let unseen = line.waiting.load(SeqCst) > 0;
            if !unseen || line.calling.swap(true, SeqCst) {
                break;
            }
        }
    }
}

/// Ends when whatever is ready now has had its turn.
async fn all_others() {
    // What lies ready at the sockets is queued by this; but then this task itself is the next one,
    yield_now().await;
    // and by this the last.
    let mut queued = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut queued, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Counted while it lives.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn one_more(count: &'a AtomicUsize) -> Option<Self> {
        let one = Self(count);
        (count.fetch_add(1, SeqCst) < LONGEST).then_some(one)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::AtomicUsize,
        time::{Duration, Instant},
    };

    use futures_util::future::join_all;

    use super::*;

    /// Work for a while: so many tasks that are always ready, each for a little time.
    fn busy_with(tasks: usize, over: &Arc<AtomicBool>) {
        for _ in 0..tasks {
            let over = over.clone();
            tokio::spawn(async move {
                while !over.load(SeqCst) {
                    let began = Instant::now();
                    while began.elapsed() < Duration::from_micros(20) {}
                    yield_now().await;
                }
            });
        }
    }

    async fn until(condition: impl Fn() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(20), "waited in vain");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn nobody_waits_while_there_is_little_to_do() {
        let line = Line::new();
        for _ in 0..10_000 {
            assert_eq!(line.wait().await, Some(()));
        }
        assert!(!line.0.calling.load(SeqCst));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn who_comes_when_there_is_too_much_to_do_waits_and_is_called_once_there_is_not() {
        let (line, over) = (Arc::new(Line::new()), Arc::new(AtomicBool::new(false)));
        busy_with(2000, &over);
        until(is_behind).await;
        let begun = Arc::new(AtomicUsize::new(0));
        let chats = (0..100).map(|_| {
            let (line, begun) = (line.clone(), begun.clone());
            tokio::spawn(async move {
                let called = line.wait().await;
                begun.fetch_add(1, SeqCst);
                called
            })
        });
        let chats: Vec<_> = chats.collect();
        until(|| line.0.waiting.load(SeqCst) > 50).await;
        assert!(begun.load(SeqCst) < 50);
        over.store(true, SeqCst);
        let called = join_all(chats).await;
        assert!(called.into_iter().all(|called| called.unwrap().is_some()));
        until(|| !line.0.calling.load(SeqCst)).await;
        assert_eq!(line.0.waiting.load(SeqCst), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_is_forgotten_however_many_come_and_leave_while_others_are_called() {
        let line = Arc::new(Line::new());
        for round in 0..5 {
            let over = Arc::new(AtomicBool::new(false));
            busy_with(600, &over);
            let chats = (0..300).map(|n| {
                let line = line.clone();
                let chat = tokio::spawn(async move {
                    for _ in 0..n % 7 {
                        yield_now().await;
                    }
                    line.wait().await
                });
                if (n + round) % 3 == 0 {
                    chat.abort();
                }
                chat
            });
            let chats: Vec<_> = chats.collect();
            let quiet = over.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                quiet.store(true, SeqCst);
            });
            let all = tokio::time::timeout(Duration::from_secs(20), join_all(chats));
            let called = all.await.expect("everybody is called");
            assert!(called.into_iter().flatten().all(|called| called.is_some()));
        }
        until(|| !line.0.calling.load(SeqCst)).await;
        assert_eq!(line.0.waiting.load(SeqCst), 0);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_gets_no_longer_and_who_leaves_makes_room() {
        let line = Line::new();
        line.0.waiting.store(LONGEST, SeqCst);
        assert_eq!(line.wait().await, None);
        assert_eq!(line.0.waiting.load(SeqCst), LONGEST);
        line.0.waiting.store(LONGEST - 1, SeqCst);
        assert_eq!(line.wait().await, Some(()));
        assert_eq!(line.0.waiting.load(SeqCst), LONGEST - 1);
        line.0.waiting.store(0, SeqCst);
    }
}
