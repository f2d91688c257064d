//! Short ways to fill a store, and to look into its database.

use jiff::{SignedDuration, Timestamp};
use prog_strength_agent::runs::{
    model::{Claimed, NewRun, Run, RunId},
    store::{Created, Kind},
};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use crate::support::postgres::Postgres;
pub(super) use crate::{
    runs::stores::{TestStore as World, run, user},
    support::on_both::on_both,
};

/// No limit of the queue.
pub(super) const MANY: u64 = 1_000_000;

impl World {
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

/// A time, in seconds after the beginning of a test.
pub(super) fn at(seconds: i64) -> Timestamp {
    let start = Timestamp::from_second(1_800_000_000).expect("a time");
    start + SignedDuration::from_secs(seconds)
}

/// A run with a `requestId`.
pub(super) fn named(request_id: &str) -> NewRun {
    NewRun {
        request_id: Some(request_id.to_owned()),
        ..run()
    }
}

/// A run with a callback.
pub(super) fn with_callback() -> NewRun {
    NewRun {
        callback_url: Some("https://example.com/done".to_owned()),
        ..run()
    }
}
