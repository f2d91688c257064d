//! A store on a database of its own, and short ways to fill it.

use jiff::{SignedDuration, Timestamp};
use prog_strength_agent::runs::{
    model::{Claimed, NewRun, Run, RunId, RunInput, Step, Trigger, UserId},
    store::{Created, Kind, Store},
};
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use tempfile::TempDir;

use crate::support::postgres::Postgres;

/// No limit of the queue.
pub(super) const MANY: u64 = 1_000_000;

pub(super) struct World {
    pub(super) store: Store,
    pub(super) url: String,
    _folder: Option<TempDir>,
}

impl World {
    pub(super) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}/runs.db", folder.path().display());
        Self::on(url, Some(folder)).await
    }

    pub(super) async fn postgres() -> Self {
        let url = tokio::task::spawn_blocking(|| Postgres::shared().database());
        Self::on(url.await.expect("a database"), None).await
    }

    async fn on(url: String, folder: Option<TempDir>) -> Self {
        let store = Store::open(&url.as_str().into()).await.expect("opens");
        Self {
            store,
            url,
            _folder: folder,
        }
    }

    /// Another process on the same database.
    pub(super) async fn another(&self) -> Store {
        Store::open(&self.url.as_str().into()).await.expect("opens")
    }

    /// A connection that sees everybody's rows.
    pub(super) async fn raw(&self) -> AnyConnection {
        let url = match self.store.database().kind() {
            Kind::Sqlite => self.url.clone(),
            Kind::Postgres => {
                let url = Postgres::shared().superuser_url(&self.url);
                format!("{url}&options=-csearch_path%3Dprog_strength_runs")
            }
        };
        AnyConnection::connect(&url).await.expect("a connection")
    }

    /// The number that the SQL gives.
    pub(super) async fn count(&self, sql: &str) -> i64 {
        let mut raw = self.raw().await;
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut raw).await;
        row.expect("sound SQL").get(0)
    }

    /// Creates a run of the user's at that time.
    pub(super) async fn queued(&self, owner: &str, now: Timestamp) -> Run {
        self.create(owner, run(), now).await
    }

    pub(super) async fn create(&self, owner: &str, run: NewRun, now: Timestamp) -> Run {
        let created = self.store.create(&user(owner), run, MANY, now).await;
        match created.expect("created") {
            Created::New(run) => *run,
            other => panic!("{other:?}"),
        }
    }

    /// Creates a run of the user's and takes it.
    pub(super) async fn running(&self, owner: &str, now: Timestamp) -> Claimed {
        let run = self.queued(owner, now).await;
        self.claim(run.id, now).await
    }

    pub(super) async fn claim(&self, id: RunId, now: Timestamp) -> Claimed {
        let claimed = self.store.claim(id, now).await.expect("claimed");
        claimed.expect("not ended")
    }

    /// The run as it is now.
    pub(super) async fn run(&self, run: &Run) -> Run {
        let found = self.store.run(&run.owner, run.id).await.expect("read");
        found.expect("a run")
    }

    /// The types of the journal's entries; checks that there are no holes.
    pub(super) async fn journal(&self, run: &Run) -> Vec<String> {
        let entries = self.store.journal(&run.owner, run.id, 0, 1000).await;
        let entries = entries.expect("read");
        let seqs: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, (1..=entries.len() as u64).collect::<Vec<_>>());
        let types = entries.iter().map(|entry| {
            let entry = serde_json::to_value(entry).expect("JSON");
            entry["type"].as_str().expect("a type").to_owned()
        });
        types.collect()
    }
}

pub(super) fn user(name: &str) -> UserId {
    UserId::parse(name).expect("a user id")
}

/// A time, in seconds after the beginning of a test.
pub(super) fn at(seconds: i64) -> Timestamp {
    let start = Timestamp::from_second(1_800_000_000).expect("a time");
    start + SignedDuration::from_secs(seconds)
}

/// A run with a prompt.
pub(super) fn run() -> NewRun {
    let step = Step {
        prompt: "Say hello.".to_owned(),
        connections: None,
        allowed_tools: None,
    };
    NewRun {
        id: RunId::new(),
        request_id: None,
        body: json!({"prompt": "Say hello."}),
        trigger: Trigger::Api,
        skill_id: None,
        input: RunInput {
            steps: vec![step],
            ..RunInput::default()
        },
        metadata: None,
        callback_url: None,
    }
}

/// The same with a `requestId`.
pub(super) fn named(request_id: &str) -> NewRun {
    NewRun {
        request_id: Some(request_id.to_owned()),
        ..run()
    }
}

/// The same with a callback.
pub(super) fn with_callback() -> NewRun {
    NewRun {
        callback_url: Some("https://example.com/done".to_owned()),
        ..run()
    }
}

macro_rules! on_both {
    ($name:ident, $test:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[tokio::test]
            async fn on_sqlite() {
                let test = $test;
                test(World::sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                let test = $test;
                test(World::postgres().await).await;
            }
        }
    };
}
pub(super) use on_both;
