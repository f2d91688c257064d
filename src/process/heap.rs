//! The heap: large blocks are mapped, and freed memory is returned to the system after bursts of requests.
//!
//! glibc keeps freed memory in its heap, about 25 MB after 500 concurrent chats. Allocators that return memory themselves
//! use more than that when idle, or need more than a C compiler to build.

use std::time::Duration;

use tokio::{task::spawn_blocking, time::sleep};

const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Trims the heap, in an endless loop, whenever requests have ended and none is active. `begun_if_idle` is the number of
/// requests so far, or `None` while a request is active.
pub async fn trim_when_idle(begun_if_idle: impl Fn() -> Option<u64>) {
    let mut trimmed_at = 0;
    loop {
        sleep(CHECK_INTERVAL).await;
        if let Some(begun) = begun_if_idle().filter(|begun| *begun != trimmed_at) {
            trimmed_at = begun;
            // Takes milliseconds: not on a thread that serves.
            let _ = spawn_blocking(trim).await;
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "a foreign function; there is no safe way to call it"
)]
fn trim() {
    // SAFETY: malloc_trim(3) takes any number, may be called at any time from any thread, and leaves live allocations
    // where they are.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

/// Blocks of this size and more, such as the bodies of requests, are mapped: they grow without a copy, and return to the system
/// when they are freed. By default, glibc stops mapping blocks once a larger one was freed; freed bodies then fill the heap.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_BYTES: i32 = 1 << 20;

/// Sets up the heap. Called once, when the process starts.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "a foreign function; there is no safe way to call it"
)]
pub fn configure() {
    // SAFETY: mallopt(3) takes any parameter and value; it only changes how later allocations are made.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_BYTES);
        // Set apart from the threshold above, which sets it otherwise.
        libc::mallopt(libc::M_TRIM_THRESHOLD, 8 * MAPPED_BYTES);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn configure() {}
