//! Processes as `/proc` shows them.

use std::{fs, path::Path};

/// A line of `/proc/<pid>/stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) state: char,
    pub(super) group: i32,
    /// In clock ticks since the system's start.
    pub(super) started: u64,
}

impl Stat {
    pub(super) fn of(pid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(line: &str) -> Option<Self> {
        // The name of the program may contain spaces and parentheses.
        let (_, fields) = line.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        Some(Self {
            state: fields.first()?.chars().next()?,
            group: fields.get(2)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
        })
    }

    pub(super) fn is_alive(self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }
}

/// The processes of a group.
pub(super) fn members(group: i32) -> impl Iterator<Item = (i32, Stat)> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let stats = pids.filter_map(|pid| Some((pid, Stat::of(pid)?)));
    stats.filter(move |(_, stat)| stat.group == group)
}

/// True if a process of the group has not ended. Where there is no `/proc`, every process counts.
pub(super) fn is_group_alive(group: i32) -> bool {
    !Path::new("/proc/self/stat").exists() || members(group).any(|(_, stat)| stat.is_alive())
}

/// True if the process has this `HOME`, or works in that folder.
pub(super) fn is_at_home(pid: i32, home: &Path) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let expected = [b"HOME=", home.as_os_str().as_encoded_bytes()].concat();
    let mut variables = environment.split(|byte| *byte == 0);
    let folder = fs::read_link(format!("/proc/{pid}/cwd"));
    variables.any(|variable| variable == expected)
        || folder.is_ok_and(|folder| folder.starts_with(home))
}

/// Differs after each start of the system.
pub(super) fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_do_not_shift_the_fields() {
        let line =
            "42 (a) b (c)) S 1 40 3 0 -1 4194560 5 6 7 8 9 10 11 12 20 0 1 0 8675309 1 2 3\n";
        let stat = Stat {
            state: 'S',
            group: 40,
            started: 8_675_309,
        };
        assert_eq!(Stat::parse(line), Some(stat));
        assert_eq!(Stat::parse("42 (a) S 1"), None);
    }
}
