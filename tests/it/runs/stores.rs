//! The databases of runs for tests, and what is put into them.
#![allow(unreachable_pub, reason = "support")]

use jiff::Timestamp;
use prog_strength_agent::runs::{
    model::{NewRun, Run, RunId, RunInput, Step, Trigger, UserId},
    store::{Created, Store},
};
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;

use crate::support::postgres::Postgres;

/// A fresh database; `again` opens it as another process would.
pub struct TestStore {
    pub name: &'static str,
    pub store: Store,
    url: SecretString,
    _folder: Option<TempDir>,
}

impl TestStore {
    pub async fn again(&self) -> Store {
        Store::open(&self.url).await.expect("opens")
    }
}

/// One of each kind.
pub async fn both() -> [TestStore; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    let file = format!("sqlite:{}/runs.db", folder.path().display());
    let server = tokio::task::spawn_blocking(|| Postgres::shared().database());
    let postgres = server.await.expect("a database");
    [
        open("SQLite", file, Some(folder)).await,
        open("PostgreSQL", postgres, None).await,
    ]
}

async fn open(name: &'static str, url: String, folder: Option<TempDir>) -> TestStore {
    let url = SecretString::from(url);
    TestStore {
        name,
        store: Store::open(&url).await.expect("opens"),
        url,
        _folder: folder,
    }
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

/// A run with this callback.
pub async fn queued(store: &Store, owner: &str, callback: Option<&str>, now: Timestamp) -> Run {
    let new = NewRun {
        id: RunId::new(),
        request_id: None,
        body: json!({}),
        trigger: Trigger::Api,
        skill_id: None,
        input: RunInput {
            steps: vec![step("hello")],
            ..RunInput::default()
        },
        metadata: None,
        callback_url: callback.map(str::to_owned),
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
