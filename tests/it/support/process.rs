//! Runs the binary as a process: its output and its exit status.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{sync::watch, time::Instant};

use super::wait::{DEADLINE, until};

/// A temporary directory per test, so that no other `.env` file is read.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("prog-strength-agent-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    pub fn with_env_file(text: &str) -> Self {
        let directory = Self::new();
        std::fs::write(directory.0.join(".env"), text).expect("a file");
        directory
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The lines that a process has written so far, and whether its output has ended.
#[derive(Default)]
pub struct Written {
    pub lines: Vec<String>,
    pub complete: bool,
}

pub type Output = Arc<watch::Sender<Written>>;

pub fn collect(from: impl Read + Send + 'static) -> Output {
    let output = Output::default();
    let written = output.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            written.send_modify(|written| written.lines.push(line));
        }
        written.send_modify(|written| written.complete = true);
    });
    output
}

/// Sends the signal by system call: a small system has no `kill` program.
pub fn send(signal: Signal, child: &Child) {
    kill_process(Pid::from_child(child), signal).expect("the process exists");
}

/// A running process, killed at the end of the test.
pub struct Process {
    pub child: Child,
    pub out: Output,
    pub err: Output,
}

/// The exit status and the output of a process.
#[derive(Debug, PartialEq)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: Vec<String>,
    pub err: Vec<String>,
}

impl Process {
    /// Starts the binary with only these environment variables.
    pub fn start(directory: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let mut process = Self::start_with_input(directory, arguments, env);
        drop(process.child.stdin.take());
        process
    }

    /// The same with an open standard input.
    pub fn start_with_input(directory: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_prog-strength-agent"))
            .args(arguments)
            .env_clear()
            .envs(env.iter().copied())
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let (out, err) = (child.stdout.take(), child.stderr.take());
        Self {
            out: collect(out.expect("piped")),
            err: collect(err.expect("piped")),
            child,
        }
    }

    pub fn signal(&self, signal: Signal) {
        send(signal, &self.child);
    }

    /// Waits for the end of the process and of its output.
    pub async fn ended(mut self) -> Ended {
        let started = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                break status.code();
            }
            assert!(
                started.elapsed() < DEADLINE,
                "still running: {:?}",
                self.lines()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let all = |written: &Written| written.complete.then(|| written.lines.clone());
        Ended {
            code,
            out: until("the end of its output", &self.out, all).await,
            err: until("the end of its messages", &self.err, all).await,
        }
    }

    pub fn lines(&self) -> Vec<String> {
        self.out.borrow().lines.clone()
    }

    /// Waits for a line of the log.
    pub async fn logged(&self, message: &str) -> Value {
        until(message, &self.out, |written| {
            let mut lines = written.lines.iter();
            lines.find_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                (line["message"] == message).then_some(line)
            })
        })
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end.
pub async fn run(arguments: &[&str], env: &[(&str, &str)]) -> Ended {
    let directory = Directory::new();
    run_in(&directory, arguments, env).await
}

pub async fn run_in(directory: &Directory, arguments: &[&str], env: &[(&str, &str)]) -> Ended {
    Process::start(&directory.0, arguments, env).ended().await
}
