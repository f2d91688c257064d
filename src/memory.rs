//! Gives memory back to the system once a burst of chats is over.
//!
//! glibc keeps what was freed inside its heap: after 500 chats at once about 25 MB that nobody uses. Allocators that
//! return it by themselves cost more than that when idle, or need more than a C compiler to build.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use tokio::time::sleep;

use crate::app::App;

const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Runs for ever: whenever chats have ended since the last look and none runs now, freed memory is given back.
pub async fn give_back_when_idle(app: Arc<App>) {
    let mut seen = 0;
    loop {
        sleep(LOOK_EVERY).await;
        let ended = app.chats_ended.load(Ordering::Relaxed);
        if ended != seen && app.chats.is_empty() {
            seen = ended;
            // A few milliseconds on a heap of this size, but not on a thread that serves.
            let _ = tokio::task::spawn_blocking(give_back).await;
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "a foreign function; there is no safe way to call it"
)]
fn give_back() {
    // SAFETY: malloc_trim(3) takes any number, may be called at any time from any thread, and leaves live
    // allocations where they are.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}
