//! The databases of runs for tests, and what is put into them.
#![allow(unreachable_pub, reason = "support")]

use jiff::Timestamp;
use prog_strength_agent::runs::{
    model::{NewRun, Run, RunId, RunInput, Step, Trigger, UserId},
    store::{Created, Store},
};
use serde_json::json;
use tempfile::TempDir;

use crate::support::postgres::Postgres;

/// A fresh database.
pub struct TestStore {
    pub name: &'static str,
    pub store: Store,
    pub url: String,
    _folder: Option<TempDir>,
}

impl TestStore {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}/runs.db", folder.path().display());
        Self::on("SQLite", url, Some(folder)).await
    }

    pub async fn postgres() -> Self {
        let url = tokio::task::spawn_blocking(|| Postgres::shared().database());
        Self::on("PostgreSQL", url.await.expect("a database"), None).await
    }

    async fn on(name: &'static str, url: String, folder: Option<TempDir>) -> Self {
        let store = Store::open(&url.as_str().into()).await.expect("opens");
        Self {
            name,
            store,
            url,
            _folder: folder,
        }
    }

    /// Another process on the same database.
    pub async fn another(&self) -> Store {
        Store::open(&self.url.as_str().into()).await.expect("opens")
    }
}

/// One of each kind.
pub async fn both() -> [TestStore; 2] {
    [TestStore::sqlite().await, TestStore::postgres().await]
}

pub fn user(name: &str) -> UserId {
    UserId::parse(name).expect("a subject")
}

pub fn step(prompt: &str) -> Step {
    Step {
        prompt: prompt.to_owned(),
        connections: None,
        allowed_tools: None,
    }
}

/// A run with a prompt.
pub fn run() -> NewRun {
    NewRun {
        id: RunId::new(),
        request_id: None,
        body: json!({"prompt": "Say hello."}),
        trigger: Trigger::Api,
        skill_id: None,
        input: RunInput {
            steps: vec![step("Say hello.")],
            ..RunInput::default()
        },
        metadata: None,
        callback_url: None,
    }
}

/// Creates a run with this callback.
pub async fn queued(store: &Store, owner: &str, callback: Option<&str>, now: Timestamp) -> Run {
    let new = NewRun {
        callback_url: callback.map(str::to_owned),
        ..run()
    };
    let created = store.create(&user(owner), new, 10_000, now).await;
    match created.expect("created") {
        Created::New(run) => *run,
        other => panic!("no new run: {other:?}"),
    }
}

/// A run that has ended, with this callback.
pub async fn ended(store: &Store, owner: &str, callback: &str) -> Run {
    let now = Timestamp::now();
    let run = queued(store, owner, Some(callback), now).await;
    let cancelled = store.cancel(&run.owner, run.id, now).await;
    cancelled.expect("cancelled").expect("the run")
}
