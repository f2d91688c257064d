//! CPU and memory of a process, from `/proc`, and core affinity.

use std::{fs, time::Duration};

use rustix::{
    process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit},
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
};

use crate::stats::ms;

/// The core of the agent, and the core of all else.
#[derive(Clone, Copy)]
pub struct Cores {
    both: Option<(usize, usize)>,
}

impl Cores {
    /// Chooses two of the cores that this process may use, and moves this process to its own.
    pub fn choose() -> Self {
        let allowed = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
            .filter(|core| allowed.is_set(*core))
            .collect();
        let both = match *cores.as_slice() {
            [agent, .., own] => Some((agent, own)),
            _ => None,
        };
        let cores = Self { both };
        cores.own();
        cores
    }

    pub fn own(self) {
        pin(self.both.map(|(_, own)| own));
    }

    /// Moves this thread to the agent's core. A child process inherits it, and so counts one core.
    pub fn agents(self) {
        pin(self.both.map(|(agent, _)| agent));
    }

    pub fn said(self) -> String {
        match self.both {
            Some((agent, own)) => format!("the agent on core {agent}, all else on core {own}"),
            None => "one core only, or none to choose: nothing is pinned".to_owned(),
        }
    }
}

fn pin(core: Option<usize>) {
    if let Some(core) = core {
        let mut set = CpuSet::new();
        set.set(core);
        let _ = sched_setaffinity(None, &set);
    }
}

/// Raises the limit of open files: each stream uses four.
pub fn raise_files() {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let _ = setrlimit(Resource::Nofile, all);
}

/// A process, by its id.
#[derive(Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    pub fn own() -> Self {
        Self(std::process::id())
    }

    /// CPU milliseconds, user and system, of all its present threads.
    pub fn cpu(self) -> f64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0));
        let on_cpu = |entry: fs::DirEntry| {
            let text = fs::read_to_string(entry.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        };
        let nanos: u64 = threads
            .into_iter()
            .flatten()
            .filter_map(|entry| on_cpu(entry.ok()?))
            .sum();
        if nanos == 0 {
            return self.ticks();
        }
        ms(Duration::from_nanos(nanos))
    }

    /// The same on a kernel without `schedstat`, in hundredths of a second.
    fn ticks(self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
        let fields = text.rsplit(')').next().unwrap_or_default();
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        ms(Duration::from_millis(ticks * 10))
    }

    /// Resident memory, in MB. `smaps_rollup` is exact; `status` lags by some pages per core.
    pub fn resident(self) -> f64 {
        self.megabytes("smaps_rollup", "Rss:")
            .or_else(|| self.megabytes("status", "VmRSS:"))
            .unwrap_or_default()
    }

    /// Peak resident memory, in MB.
    pub fn peak(self) -> f64 {
        self.megabytes("status", "VmHWM:")
            .unwrap_or_default()
            .max(self.resident())
    }

    /// Makes `peak` begin anew.
    pub fn forget_peak(self) {
        fs::write(format!("/proc/{}/clear_refs", self.0), "5").expect("a peak to forget");
    }

    /// Limits its address space to the present size and `more` bytes.
    pub fn limit_address_space(self, more: u64) {
        let pages = fs::read_to_string(format!("/proc/{}/statm", self.0)).expect("a process");
        let pages: u64 = pages
            .split(' ')
            .next()
            .and_then(|size| size.parse().ok())
            .expect("a size");
        let page = u64::try_from(rustix::param::page_size()).expect("a size");
        let limit = Some(pages * page + more);
        let pid = i32::try_from(self.0).ok().and_then(Pid::from_raw);
        let limit = Rlimit {
            current: limit,
            maximum: limit,
        };
        prlimit(pid, Resource::As, limit).expect("a child's limit");
    }

    fn megabytes(self, file: &str, field: &str) -> Option<f64> {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.0)).ok()?;
        let line = text.lines().find(|line| line.starts_with(field))?;
        let kb: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kb / 1024.0)
    }

    pub fn files(self) -> usize {
        self.entries("fd")
    }

    pub fn threads(self) -> usize {
        self.entries("task")
    }

    fn entries(self, folder: &str) -> usize {
        fs::read_dir(format!("/proc/{}/{folder}", self.0)).map_or(0, Iterator::count)
    }
}
