//! Gives memory back to the system: what only the start needed, and what a burst of chats left behind.
//!
//! The system keeps each page of the program's code that was ever used, with its neighbours: after the start some 12 MB,
//! of which the service itself uses less than half. Given back, they return by themselves when they are used.
//!
//! glibc keeps what was freed inside its heap: after 500 chats at once about 25 MB that nobody uses. Allocators that
//! return it by themselves cost more than that when idle, or need more than a C compiler to build.

use std::{fs, ops::Range, sync::Arc, sync::atomic::Ordering, time::Duration};

use tokio::{task::spawn_blocking, time::sleep};

use crate::app::App;

/// The start is over then.
const STARTED: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Runs for ever: gives back the start's code, and whenever chats have ended since the last look and none runs now,
/// freed memory.
pub async fn give_back_when_idle(app: Arc<App>) {
    sleep(STARTED).await;
    let _ = spawn_blocking(|| code().into_iter().for_each(system::give_back)).await;
    let mut seen = 0;
    loop {
        sleep(LOOK_EVERY).await;
        let ended = app.chats_ended.load(Ordering::Relaxed);
        if ended != seen && app.chats.is_empty() {
            seen = ended;
            // A few milliseconds on a heap of this size, but not on a thread that serves.
            let _ = spawn_blocking(system::trim_heap).await;
        }
    }
}

/// Where this program's code is, and its libraries'.
fn code() -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().filter_map(code_in).collect()
}

/// A line of `/proc/self/maps`, if it is about code from a file: `55d0a000-55d0b000 r-xp 00002000 fe:00 247282 /bin/true`.
fn code_in(line: &str) -> Option<Range<usize>> {
    let mut words = line.split_ascii_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let address = |hex| usize::from_str_radix(hex, 16).ok();
    let is_code = words.next()? == "r-xp" && words.nth(3)?.starts_with('/');
    is_code.then_some(address(from)?..address(to)?)
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "foreign functions; there is no safe way to call them"
)]
mod system {
    use std::ops::Range;

    /// Pages of code: mapped from a file, and never written to.
    pub(super) fn give_back(code: Range<usize>) {
        let start = std::ptr::without_provenance_mut(code.start);
        // SAFETY: madvise(2) may be told this about any mapping of a file. What was not written to (code that can be
        // run but not written never is: there are no text relocations on this platform) is read from the file again
        // when it is needed.
        unsafe {
            libc::madvise(start, code.len(), libc::MADV_DONTNEED);
        }
    }

    pub(super) fn trim_heap() {
        // SAFETY: malloc_trim(3) takes any number, may be called at any time from any thread, and leaves live
        // allocations where they are.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod system {
    pub(super) fn give_back(_: std::ops::Range<usize>) {}

    pub(super) fn trim_heap() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_from_files_that_nobody_can_write_to_is_found() {
        let at = |rights: &str, rest: &str| {
            code_in(&format!("1000-3000 {rights} 00002000 fe:00 42 {rest}"))
        };
        assert_eq!(at("r-xp", "/usr/bin/agent"), Some(0x1000..0x3000));
        assert_eq!(at("r--p", "/usr/bin/agent"), None);
        assert_eq!(at("rw-p", "/usr/bin/agent"), None);
        assert_eq!(at("rwxp", "/usr/bin/agent"), None);
        assert_eq!(at("r-xp", "[vdso]"), None);
        assert_eq!(at("r-xp", ""), None);
        assert_eq!(code_in("nothing"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn code_that_was_given_back_still_runs() {
        let resident = || {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find(|line| line.starts_with("RssFile:"));
            line.unwrap()
                .split_ascii_whitespace()
                .nth(1)
                .unwrap()
                .parse::<u64>()
                .unwrap()
        };
        let before = resident();
        code().into_iter().for_each(system::give_back);
        assert!(resident() < before, "{before} kB");
    }
}
