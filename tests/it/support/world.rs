//! The workout server on its own database, and users with MCP sessions in memory.

mod client;

use std::sync::Arc;

pub use client::{Client, text};
use prog_strength_agent::{
    workout::db::{self, Database, Kind, UserId},
    workout::handler::{Handler, ServerState},
};
use rmcp::ServiceExt;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use tempfile::TempDir;

pub(crate) use super::on_both::on_both;
use super::{postgres::Postgres, wait::within};

/// The tables with users' rows.
pub const PERSONAL: [&str; 8] = [
    "body_weight",
    "completed_call",
    "user_exercise",
    "workout",
    "workout_exercise",
    "workout_set",
    "user_plan",
    "user_settings",
];

/// A database with the server's parts on it.
pub struct World {
    pub db: Database,
    pub workouts: Arc<ServerState>,
    pub url: String,
    folder: Option<TempDir>,
}

impl World {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}/log.db", folder.path().display());
        Self::on(url, Some(folder), 0).await
    }

    pub async fn postgres() -> Self {
        let url = tokio::task::spawn_blocking(|| Postgres::shared().database());
        Self::on(url.await.expect("a database"), None, 0).await
    }

    /// The same data, asked through a new server that lets each user ask so often an hour.
    pub async fn with_limit(self, calls_per_hour: usize) -> Self {
        Self::on(self.url, self.folder, calls_per_hour).await
    }

    pub async fn on(url: String, folder: Option<TempDir>, calls_per_hour: usize) -> Self {
        let db = db::open(&url.as_str().into()).await.expect("opens");
        let workouts = ServerState::new(db.clone(), calls_per_hour)
            .await
            .expect("reads the catalogue");
        Self {
            db,
            workouts,
            url,
            folder,
        }
    }

    /// A connection that sees everybody's rows.
    pub async fn raw(&self) -> AnyConnection {
        let url = match self.db.kind() {
            Kind::Sqlite => self.url.clone(),
            Kind::Postgres => Postgres::shared().workouts_url(&self.url),
        };
        AnyConnection::connect(&url).await.expect("a connection")
    }

    /// All training, plans and settings of all users, a row per line.
    pub async fn stored(&self) -> Vec<String> {
        let mut raw = self.raw().await;
        let mut lines = Vec::new();
        for table in PERSONAL.iter().filter(|table| **table != "completed_call") {
            let columns = match self.db.kind() {
                Kind::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
                Kind::Postgres => format!(
                    "SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'"
                ),
            };
            let columns = texts(&mut raw, &columns).await;
            let columns = columns
                .iter()
                .map(|c| format!("COALESCE(CAST({c} AS TEXT), '~')"));
            let row = columns.collect::<Vec<_>>().join(" || '|' || ");
            let rows = format!("SELECT '{table}: ' || {row} FROM {table} ORDER BY 1");
            lines.extend(texts(&mut raw, &rows).await);
        }
        lines
    }

    /// Runs the SQL past everything that protects the rows.
    pub async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = sqlx::query(sql).execute(&mut self.raw().await).await;
        done.expect("sound SQL");
    }

    /// The one number that the SQL asks for, of everybody's rows.
    pub async fn count(&self, sql: &str) -> i64 {
        let mut raw = self.raw().await;
        let row = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut raw);
        row.await.expect("sound SQL").get(0)
    }

    /// An MCP session of this user's.
    pub async fn user(&self, id: &str) -> Client {
        let user = UserId::parse(id).expect("a user id");
        let handler = Handler::new(self.workouts.clone(), Some(user));
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let server = tokio::spawn(async move {
            let session = handler.serve(theirs).await.expect("serves");
            session.waiting().await
        });
        let session = within("the session", ().serve(ours)).await.expect("begins");
        drop(server);
        Client { session }
    }
}

/// The first column of the rows.
async fn texts(raw: &mut AnyConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(raw).await;
    let rows = rows.expect("sound SQL");
    rows.iter().map(|row| row.get(0)).collect()
}

/// A moment so many days ago, as people write it.
pub fn days_ago(days: i64) -> String {
    let moment = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    moment.to_string()
}

/// The UTC date so many days ago.
pub fn day(days: i64) -> String {
    days_ago(days)[..10].to_owned()
}
