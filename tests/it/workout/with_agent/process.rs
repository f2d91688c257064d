//! The command `mcp` as a separate process.

use std::{
    io::Write,
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    process::{Output, Written, collect, send},
    test_app::JWT_KEY,
    wait::{DEADLINE, until, within},
    workout::AGENT_TOKEN,
};

/// Killed at the end of the test if it still runs.
pub(super) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    out: Output,
    err: Output,
}

/// Exit status of a process, and its output.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) out: Vec<String>,
    pub(super) err: Vec<String>,
}

impl Process {
    /// Starts `mcp` with only the database and these variables in its environment.
    pub(super) fn start(arguments: &[&str], database: &str, env: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_prog-strength-agent"))
            .arg("mcp")
            .args(arguments)
            .env_clear()
            .env("DATABASE_URL", database)
            .env("MCP_HOST", "127.0.0.1")
            .env("MCP_PORT", "0")
            .env("MCP_RATE_LIMIT_PER_HOUR", "0")
            .env("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN)
            .env("JWT_SIGNING_KEY", JWT_KEY)
            .envs(env.iter().copied())
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let (out, err) = (child.stdout.take(), child.stderr.take());
        Self {
            input: child.stdin.take(),
            out: collect(out.expect("piped")),
            err: collect(err.expect("piped")),
            child,
        }
    }

    /// Writes a line to its standard input.
    pub(super) fn write(&mut self, line: &str) {
        let input = self.input.as_mut().expect("still open");
        writeln!(input, "{line}").expect("it reads");
        input.flush().expect("it reads");
    }

    pub(super) fn close_input(&mut self) {
        drop(self.input.take());
    }

    /// The n-th line of its standard output.
    pub(super) async fn line(&self, n: usize) -> String {
        until("a line of output", &self.out, |written| {
            written.lines.get(n).cloned()
        })
        .await
    }

    /// The first lines about calls of the log on standard output.
    pub(super) async fn calls_logged(&self, n: usize) -> Vec<Value> {
        until("the calls in the log", &self.out, |written| {
            let lines = written.lines.iter();
            let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let calls: Vec<Value> = lines.filter(|line| line["message"] == "call").collect();
            (calls.len() >= n).then_some(calls)
        })
        .await
    }

    /// Sends SIGTERM.
    pub(super) fn terminate(&self) {
        send(Signal::TERM, &self.child);
    }

    /// Sends SIGKILL and waits.
    pub(super) fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Waits for the end of the process and of its output; returns the time it took.
    pub(super) async fn ended(mut self) -> (Ended, Duration) {
        let started = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                break status.code();
            }
            assert!(started.elapsed() < DEADLINE, "it does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let took = started.elapsed();
        let all = |written: &Written| written.complete.then(|| written.lines.clone());
        let ended = Ended {
            code,
            out: until("the end of its output", &self.out, all).await,
            err: until("the end of its messages", &self.err, all).await,
        };
        (ended, took)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running `mcp` over HTTP.
pub(super) struct Server {
    pub(super) process: Process,
    /// Its `/mcp`.
    pub(super) url: String,
}

impl Server {
    pub(super) async fn start(database: &str, env: &[(&str, &str)]) -> Self {
        let process = Process::start(&[], database, env);
        let address = until("its address", &process.out, |written| {
            assert!(!written.complete, "it has ended: {:?}", written.lines);
            let lines = written.lines.iter();
            let mut lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.find_map(|line| Some(line["address"].as_str()?.to_owned()))
        })
        .await;
        Self {
            url: format!("http://{address}/mcp"),
            process,
        }
    }

    /// Sends SIGTERM and checks the exit code; returns the output.
    pub(super) async fn stop(self) -> Ended {
        self.process.terminate();
        let (ended, _) = self.process.ended().await;
        assert_eq!((ended.code, &ended.err), (Some(0), &vec![]), "{ended:?}");
        ended
    }
}

/// A call as the agent, in one POST without a session.
pub(super) fn call(
    http: &reqwest::Client,
    url: &str,
    tool: &str,
    arguments: &Value,
) -> reqwest::RequestBuilder {
    let version = "2026-07-28";
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": arguments, "_meta": {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}}});
    http.post(url)
        .bearer_auth(AGENT_TOKEN)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", version)
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .body(call.to_string())
}

/// The result in the answer, if there is one.
pub(super) fn result(body: &str) -> Option<Value> {
    let lines = body.lines();
    let mut messages = lines
        .map(|line| line.strip_prefix("data:").unwrap_or(line).trim())
        .filter_map(|text| serde_json::from_str::<Value>(text).ok());
    messages.find_map(|mut message| message.get_mut("result").map(Value::take))
}

/// The structured content of a call that must succeed.
pub(super) async fn data(url: &str, tool: &str, arguments: Value) -> Value {
    let http = reqwest::Client::builder().no_proxy().build();
    let request = call(&http.expect("a client"), url, tool, &arguments);
    let answer = within(tool, Answer::of(request)).await;
    let result = result(&answer.text).unwrap_or_else(|| panic!("{answer:?}"));
    assert_ne!(result["isError"], true, "{result:#}");
    result["structuredContent"].clone()
}

/// All workouts of the user, newest first, read page by page.
pub(super) async fn all_workouts(url: &str, user: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut arguments = json!({"user_id": user, "limit": 100});
    loop {
        let mut page = data(url, "list_workouts", arguments.clone()).await;
        all.extend(page["workouts"].as_array().expect("a list").clone());
        match page["next_before"].take() {
            Value::Null => return all,
            before => arguments["before"] = before,
        }
    }
}
