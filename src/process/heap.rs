//! Gives back to the system what only the start needed, and what chats left behind.
//!
//! The system keeps each page of the program's code that was ever used, with its neighbours: after the start some 12 MB,
//! of which the service itself uses less than half. Given back, they return by themselves when they are used.
//!
//! glibc keeps what was freed inside its heap: after 500 chats at once about 25 MB that nobody uses. Allocators that
//! return it by themselves cost more than that when idle, or need more than a C compiler to build.

use std::{fs, ops::Range, sync::Arc, sync::atomic::Ordering, time::Duration};

use tokio::{task::spawn_blocking, time::sleep};

use crate::agent::http::app::App;

/// The start is over then.
const STARTED: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Waits until the start is over, and gives back its code.
pub async fn give_back_the_start() {
    sleep(STARTED).await;
    let _ = spawn_blocking(|| code().into_iter().for_each(system::give_back)).await;
}

/// Runs for ever: gives back the start's code; whenever chats have ended since the last look and none runs now, freed
/// memory.
pub async fn give_back_when_idle(app: Arc<App>) {
    give_back_the_start().await;
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
    code_in(&fs::read_to_string("/proc/self/smaps").unwrap_or_default())
}

/// Mappings of files that can be run but not written to, and of which no page differs from the file. Each has a line
/// like `55d0a000-55d0b000 r-xp 00002000 fe:00 247282 /usr/bin/true`, and then one for each of its figures.
fn code_in(smaps: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), None);
    for line in smaps.lines() {
        match *line.split_ascii_whitespace().collect::<Vec<_>>() {
            ["Anonymous:", size, "kB"] => found.extend(at.take().filter(|_| size == "0")),
            [range, rights, _, _, _, file] if rights == "r-xp" && file.starts_with('/') => {
                at = addresses(range);
            }
            [range, _, _, _, _, ..] if range.contains('-') => at = None,
            _ => {}
        }
    }
    found
}

fn addresses(range: &str) -> Option<Range<usize>> {
    let address = |hex| usize::from_str_radix(hex, 16).ok();
    let (from, to) = range.split_once('-')?;
    Some(address(from)?..address(to)?)
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "foreign functions; there is no safe way to call them"
)]
mod system {
    use std::ops::Range;

    /// One of [`super::code`].
    pub(super) fn give_back(code: Range<usize>) {
        let start = std::ptr::without_provenance_mut(code.start);
        // SAFETY: madvise(2) may be told this about any mapping of a file. No page of it differs from the file, nor can
        // any be written to, so each is read from the file again when it is needed.
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
    fn only_code_that_is_as_its_file_says_is_found() {
        let none: [Range<usize>; 0] = [];
        let mapping = |rights: &str, file: &str, differing: u32| {
            code_in(&format!(
                "1000-3000 {rights} 00002000 fe:00 42 {file}\nSize: 8 kB\nAnonymous: {differing} kB\nVmFlags: rd ex\n"
            ))
        };
        let all = 0x1000..0x3000;
        assert_eq!(mapping("r-xp", "/usr/bin/agent", 0), [all]);
        assert_eq!(mapping("r-xp", "/usr/bin/agent", 4), none);
        assert_eq!(mapping("r--p", "/usr/bin/agent", 0), none);
        assert_eq!(mapping("rw-p", "/usr/bin/agent", 0), none);
        assert_eq!(mapping("rwxp", "/usr/bin/agent", 0), none);
        assert_eq!(mapping("r-xp", "[vdso]", 0), none);
        assert_eq!(mapping("r-xp", "", 0), none);
        assert_eq!(mapping("r-xp", "/anon_hugepage (deleted)", 0), none);
        assert_eq!(code_in("nothing"), none);
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
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
