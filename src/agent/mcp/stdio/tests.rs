//! Sessions with a real child process, a server in Python.

mod calls;
mod ends;
mod recorded;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use super::{Place, proc::Stat};
use crate::{
    agent::{
        claude::Block,
        mcp::{AnswerMemory, CallOutcome, Mcp, Server},
        metrics::Metrics,
        tools::{CallContext, Catalogue, Profile, ToolCall, ToolServer},
    },
    auth::Caller,
    config::connections::{BaseEnvironment, StdioCommand},
};

const SERVER: &str = include_str!("tests/server.py");
const DEADLINE: Duration = Duration::from_secs(30);
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// A session with the server, in folders of its own.
struct Session {
    base: TempDir,
    mcp: Arc<Mcp>,
}

fn folder(base: &Path) -> PathBuf {
    base.join("run")
}

fn records(base: &Path) -> PathBuf {
    base.join("records")
}

fn place(base: &Path) -> Place {
    Place {
        folder: folder(base),
        records: records(base),
        environment: BaseEnvironment::from_env(),
    }
}

fn open(base: &Path, command: &StdioCommand, call_timeout: Duration) -> Arc<Mcp> {
    let answers = AnswerMemory::new();
    let server = Server::stdio("odd", command, place(base), call_timeout, answers);
    Arc::new(Mcp::open(Arc::new(server), 100_000.into(), Metrics::new()))
}

/// Writes the program, and makes the run's folder.
fn prepare(base: &Path) {
    std::fs::write(base.join("server.py"), SERVER).unwrap();
    std::fs::create_dir(folder(base)).unwrap();
}

/// The interpreter itself: what `python3` starts may be a script that adds variables.
static PYTHON: LazyLock<String> = LazyLock::new(|| {
    let mut command = std::process::Command::new("python3");
    let shown = command
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .unwrap();
    String::from_utf8(shown.stdout).unwrap().trim().to_owned()
});

fn python(base: &Path, mode: &str) -> StdioCommand {
    let program = base.join("server.py").to_str().unwrap().to_owned();
    StdioCommand {
        command: PYTHON.clone(),
        args: vec![program, mode.into()],
        env: BTreeMap::from([("TOKEN".into(), "s3cret".into())]),
    }
}

impl Session {
    fn start(mode: &str) -> Self {
        Self::with_timeout(mode, CALL_TIMEOUT)
    }

    fn with_timeout(mode: &str, call_timeout: Duration) -> Self {
        let base = TempDir::new().unwrap();
        prepare(base.path());
        let command = python(base.path(), mode);
        let mcp = open(base.path(), &command, call_timeout);
        Self { base, mcp }
    }

    async fn call(&self, tool: &str, input: Value) -> CallOutcome {
        call(&self.mcp, tool, input).await
    }

    /// The text of a call that succeeds.
    async fn text(&self, tool: &str, input: Value) -> String {
        let outcome = self.call(tool, input).await;
        assert!(!outcome.is_error, "{tool}: {outcome:?}");
        text(&outcome).to_owned()
    }

    /// What the server's writes have noted.
    fn writes(&self) -> Vec<String> {
        let log = std::fs::read_to_string(folder(self.base.path()).join("writes.log"));
        log.unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn recorded(&self) -> usize {
        std::fs::read_dir(records(self.base.path())).map_or(0, Iterator::count)
    }
}

async fn prepared(mcp: &Mcp, tool: &str, input: Value) -> ToolCall {
    let listed = mcp.tools(Instant::now() + DEADLINE).await.unwrap();
    let server = ToolServer {
        name: "odd".into(),
        profile: Profile::Foreign,
        prefixed: true,
    };
    let catalogue = Catalogue::of_server(&server, listed.tools.clone(), vec![]);
    let context = CallContext {
        caller: &Caller::fake("ann"),
        request_id: "r",
        turn_id: "t",
        tool_use_id: "u",
        time_zone: None,
    };
    let prepared = catalogue.prepare(context, &format!("odd__{tool}"), &input.to_string());
    prepared.unwrap().1.unwrap()
}

async fn call(mcp: &Arc<Mcp>, tool: &str, input: Value) -> CallOutcome {
    let call = prepared(mcp, tool, input).await;
    timeout(DEADLINE, mcp.begin(call, None)).await.unwrap()
}

fn text(outcome: &CallOutcome) -> &str {
    match &outcome.content[..] {
        [Block::Text { text }] => text,
        other => panic!("{other:?}"),
    }
}

/// The ids in a text such as that of `spawn`.
fn pids(text: &str) -> Vec<i32> {
    text.split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect()
}

fn is_alive(pid: i32) -> bool {
    Stat::of(pid).is_some_and(Stat::is_alive)
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let waited = timeout(DEADLINE, async {
        while !condition() {
            sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "waited in vain: {what}");
}
