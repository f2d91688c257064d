//! Engines on a database, between a fake Claude and a real MCP server.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use prog_strength_agent::{
    agent::metrics::Metrics,
    config::RunsConfig,
    runs::{
        engine::{Engine, EngineSettings, Role},
        files::{FileStore, Location},
        metrics::RunMetrics,
        model::{NewRun, Run, RunId, RunInput, Step, Trigger, UserId},
        progress::Progress,
        store::{Created, Store},
        work::{Worker, WorkerParts},
    },
    telemetry::Telemetry,
    upstream::guard::Guard,
};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use tokio::{runtime::Runtime, time::Instant};

use crate::support::{
    fake_claude::FakeClaude,
    mcp_server::McpServer,
    postgres::Postgres,
    process::{Directory, Process},
    temporal::Temporal,
    test_app::JWT_KEY,
    wait::DEADLINE,
};

/// The prefix of the tools of the agent's own MCP server.
pub(super) const OWN: &str = "prog_strength__";

pub(super) struct World {
    pub(super) claude: FakeClaude,
    pub(super) mcp: McpServer,
    pub(super) folder: Directory,
    pub(super) env: HashMap<String, String>,
    /// For what the test itself asks.
    pub(super) store: Store,
}

impl World {
    pub(super) async fn sqlite() -> Self {
        let folder = Directory::new();
        let url = format!("sqlite:{}/runs.db", folder.0.display());
        Self::on(folder, &url).await
    }

    pub(super) async fn postgres() -> Self {
        Self::on(Directory::new(), &Postgres::shared().database()).await
    }

    async fn on(folder: Directory, database: &str) -> Self {
        let (claude, mcp) = (FakeClaude::start().await, McpServer::start().await);
        let files = format!("file:{}/files", folder.0.display());
        let (claude_url, mcp_url) = (claude.url().to_owned(), mcp.url());
        let env = [
            ("ANTHROPIC_API_KEY", "sk-test"),
            ("ANTHROPIC_BASE_URL", &claude_url),
            ("PROG_STRENGTH_MCP_URL", &mcp_url),
            ("JWT_SIGNING_KEY", JWT_KEY),
            ("DATABASE_URL", database),
            ("FILES_URL", &files),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut env: HashMap<String, String> = env.into();
        if let Some(address) = Temporal::shared() {
            env.insert("TEMPORAL_ADDRESS".to_owned(), address);
            env.insert("TEMPORAL_TASK_QUEUE".to_owned(), Temporal::task_queue());
        }
        let store = Store::open(&database.into()).await.expect("a database");
        Self {
            claude,
            mcp,
            folder,
            env,
            store,
        }
    }

    /// With the embedded engine, for a test of what is its alone.
    pub(super) fn embedded(mut self) -> Self {
        self.env.remove("TEMPORAL_ADDRESS");
        self
    }

    pub(super) fn is_embedded(&self) -> bool {
        !self.env.contains_key("TEMPORAL_ADDRESS")
    }

    /// A number of runs that is many for the engine: the tests' Temporal server takes a tenth of a second for each.
    pub(super) fn many(&self) -> usize {
        if self.is_embedded() { 50 } else { 12 }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    /// The command `runs` as a process.
    pub(super) fn process(&self) -> Process {
        let env = self.env.iter().map(|(name, value)| (&**name, &**value));
        let own = [("RUNS_HOST", "127.0.0.1"), ("PORT", "0")];
        let env: Vec<_> = env.chain(own).collect();
        Process::start(&self.folder.0, &["runs"], &env)
    }

    /// An engine in the runtime of the test, which works already.
    pub(super) async fn engine(&self) -> Engine {
        let engine = start(self.env.clone()).await;
        active(&engine).await;
        reachable(&engine, true).await;
        engine
    }

    /// An engine that does not compete for long before the test goes on.
    pub(super) async fn another_engine(&self) -> Engine {
        start(self.env.clone()).await
    }

    /// An engine in a runtime of its own, which can die.
    pub(super) async fn mortal(&self) -> Mortal {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let engine = runtime.spawn(start(self.env.clone())).await;
        let engine = engine.expect("an engine");
        Mortal {
            runtime: Some(runtime),
            engine,
        }
    }

    pub(super) async fn create(&self, prompt: &str) -> RunId {
        let step = Step {
            prompt: prompt.to_owned(),
            connections: None,
            allowed_tools: None,
        };
        self.create_steps(vec![step]).await
    }

    pub(super) async fn create_steps(&self, steps: Vec<Step>) -> RunId {
        let input = RunInput {
            steps,
            ..RunInput::default()
        };
        self.create_input(input).await
    }

    pub(super) async fn create_input(&self, input: RunInput) -> RunId {
        self.create_with_callback(input, None).await
    }

    pub(super) async fn create_with_callback(
        &self,
        input: RunInput,
        callback_url: Option<String>,
    ) -> RunId {
        let run = NewRun {
            id: RunId::new(),
            request_id: None,
            body: json!({"prompt": "x"}),
            trigger: Trigger::Api,
            skill_id: None,
            input,
            metadata: None,
            callback_url,
        };
        let created = self
            .store
            .create(&sam(), run, 1_000_000, Timestamp::now())
            .await;
        match created.expect("a database") {
            Created::New(run) => run.id,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn run(&self, id: RunId) -> Run {
        let run = self.store.run(&sam(), id).await;
        run.expect("a database").expect("the run")
    }

    /// Waits until the run satisfies the condition.
    pub(super) async fn until(
        &self,
        what: &str,
        id: RunId,
        condition: impl Fn(&Run) -> bool,
    ) -> Run {
        let started = Instant::now();
        loop {
            let run = self.run(id).await;
            if condition(&run) {
                return run;
            }
            assert!(started.elapsed() < DEADLINE, "never {what}: {run:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The run when it has ended, with the folder of its work gone.
    pub(super) async fn ended(&self, id: RunId) -> Run {
        self.until("ended", id, |run| run.status.is_final()).await
    }

    /// The journal; its order and numbers are checked.
    pub(super) async fn journal(&self, id: RunId) -> Vec<Value> {
        let entries = self.store.journal(&sam(), id, 0, 10_000).await;
        let entries = entries.expect("a database");
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
        let expected: Vec<u64> = (1..).take(entries.len()).collect();
        assert_eq!(numbers, expected);
        assert!(entries.is_sorted_by_key(|entry| entry.at));
        let values = entries.iter().map(|entry| {
            let mut entry = serde_json::to_value(entry).expect("JSON");
            let fields = entry.as_object_mut().expect("an object");
            fields.shift_remove("seq");
            fields.shift_remove("at");
            entry
        });
        values.collect()
    }

    /// The types of its entries.
    pub(super) async fn types(&self, id: RunId) -> Vec<String> {
        let journal = self.journal(id).await;
        let types = journal.iter().map(|entry| entry["type"].as_str());
        types.map(|kind| kind.expect("a type").to_owned()).collect()
    }

    pub(super) fn work_folder(&self) -> std::path::PathBuf {
        self.folder.0.join("work")
    }

    /// Makes the file store one that accepts connections and never answers.
    pub(super) fn silence_files(&mut self) -> std::net::TcpListener {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = silent.local_addr().expect("bound");
        for (name, value) in [
            ("FILES_URL", "s3://bucket"),
            ("AWS_ENDPOINT_URL", &format!("http://{address}")),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ] {
            self.set(name, value);
        }
        silent
    }

    /// A connection of the test's own to the database.
    pub(super) async fn raw(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        let raw = AnyConnection::connect(&self.env["DATABASE_URL"]).await;
        raw.expect("a connection")
    }

    /// Changes rows, at least one.
    pub(super) async fn execute(&self, sql: &str) {
        let done = self.raw().await.execute(AssertSqlSafe(sql)).await;
        assert!(done.expect("sound SQL").rows_affected() > 0, "{sql}");
    }

    /// Waits until no folder of a run is left.
    pub(super) async fn cleaned_up(&self) {
        let started = Instant::now();
        while std::fs::read_dir(self.work_folder()).is_ok_and(|mut it| it.next().is_some()) {
            assert!(started.elapsed() < DEADLINE, "a run's folder is left");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// An engine with a runtime of its own.
pub(super) struct Mortal {
    runtime: Option<Runtime>,
    pub(super) engine: Engine,
}

impl Mortal {
    /// Ends all its tasks where they are, as the end of a process does.
    pub(super) fn kill(mut self) {
        self.runtime.take().expect("alive").shutdown_background();
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Ends the process at once.
pub(super) fn kill(mut process: Process) {
    process.child.kill().expect("it lives");
    process.child.wait().expect("it has ended");
}

pub(super) fn sam() -> UserId {
    UserId::parse("sam").expect("a subject")
}

pub(super) async fn active(engine: &Engine) {
    let mut roles = engine.roles();
    let active = roles.wait_for(|role| *role == Role::Active);
    let active = tokio::time::timeout(DEADLINE, active).await;
    drop(active.expect("the engine becomes active").expect("alive"));
}

/// Waits until the engine can be used, or until it cannot.
pub(super) async fn reachable(engine: &Engine, expected: bool) {
    let began = Instant::now();
    while engine.is_reachable().await != expected {
        assert!(began.elapsed() < DEADLINE, "never {expected}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn start(env: HashMap<String, String>) -> Engine {
    let folder = env["FILES_URL"].strip_prefix("file:").expect("a folder");
    let folder = std::path::Path::new(folder).with_file_name("work");
    let location = Location::parse(&env["FILES_URL"], []).expect("a location");
    let config = RunsConfig::from_iter(env).expect("a sound configuration");
    let store = Store::open(&config.database_url).await.expect("a database");
    let parts = WorkerParts {
        store: store.clone(),
        progress: Progress::default(),
        files: FileStore::open(location).await.expect("a file store"),
        keys: None,
        guard: Guard::new(config.outbound_allow.iter().cloned()),
        folder,
        metrics: RunMetrics::register(&mut Registry::default()),
        agent_metrics: Metrics::new(),
        telemetry: Telemetry::default(),
        on_end: Box::new(|| {}),
    };
    let worker: Arc<Worker> = Worker::new(&config, parts).expect("a worker");
    Engine::start(store, worker, EngineSettings::from(&config))
}

/// A step that may use these connections.
pub(super) fn step(prompt: &str, connections: &[&str]) -> Step {
    let names = connections.iter().map(|name| (*name).to_owned());
    Step {
        prompt: prompt.to_owned(),
        connections: Some(names.collect()),
        allowed_tools: None,
    }
}
