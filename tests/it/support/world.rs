//! The workout server on a database of its own, with users who ask it things over a real MCP session in memory.

use std::sync::Arc;

use prog_strength_agent::workout::{
    db::{Database, UserId},
    handler::{Handler, Workouts},
};
use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, CallToolResult, JsonObject, RequestMetaObject},
    service::RunningService,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{postgres::Postgres, wait::within};

/// A database with the server's parts on it.
pub struct World {
    pub db: Database,
    pub workouts: Arc<Workouts>,
    pub url: String,
    _folder: Option<TempDir>,
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
        Self::on(self.url, self._folder, calls_per_hour).await
    }

    async fn on(url: String, folder: Option<TempDir>, calls_per_hour: usize) -> Self {
        let db = Database::open(&url.as_str().into()).await.expect("opens");
        let workouts = Workouts::new(db.clone(), calls_per_hour)
            .await
            .expect("reads the catalogue");
        Self {
            db,
            workouts,
            url,
            _folder: folder,
        }
    }

    /// An MCP session of this user's.
    pub async fn user(&self, id: &str) -> Client {
        let user = UserId::new(id).expect("a user id");
        let handler = Handler::over_stdio(self.workouts.clone(), user);
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

/// One user's session.
pub struct Client {
    pub session: RunningService<RoleClient, ()>,
}

impl Client {
    /// What the tool answered, as data; or its error text.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<Value, String> {
        let result = self.result(tool, arguments, json!({})).await;
        if result.is_error == Some(true) {
            return Err(text(&result));
        }
        Ok(result.structured_content.expect("data"))
    }

    /// What the tool answered, as text.
    pub async fn text(&self, tool: &str, arguments: Value) -> String {
        text(&self.result(tool, arguments, json!({})).await)
    }

    /// The whole result of a call that carries this `_meta`.
    pub async fn result(&self, tool: &str, arguments: Value, meta: Value) -> CallToolResult {
        let object =
            |value: Value| -> JsonObject { value.as_object().cloned().expect("an object") };
        let mut request =
            CallToolRequestParams::new(tool.to_owned()).with_arguments(object(arguments));
        request.meta = Some(serde_json::from_value::<RequestMetaObject>(meta).expect("meta"));
        within(tool, self.session.peer().call_tool(request))
            .await
            .expect("an answer")
    }
}

/// All text of a result.
pub fn text(result: &CallToolResult) -> String {
    let texts = result.content.iter().filter_map(|block| block.as_text());
    let texts: Vec<&str> = texts.map(|text| text.text.as_str()).collect();
    texts.join("\n")
}

/// A moment so many days ago, as people write it.
pub fn days_ago(days: i64) -> String {
    let moment = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    moment.to_string()
}

/// The test on SQLite, and the same on PostgreSQL.
macro_rules! on_both {
    ($(#[$meta:meta])* $name:ident, $test:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$meta])*
            #[tokio::test]
            async fn on_sqlite() {
                let test = $test;
                test(crate::support::world::World::sqlite().await).await;
            }

            $(#[$meta])*
            #[tokio::test]
            async fn on_postgres() {
                let test = $test;
                test(crate::support::world::World::postgres().await).await;
            }
        }
    };
}
pub(crate) use on_both;
