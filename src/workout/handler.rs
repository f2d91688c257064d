//! The MCP server: lists, calls, reads, prompts and completes on behalf of the user that [`Identity`] decides.

mod server;

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use jiff::Timestamp;
use rmcp::{
    ErrorData, RoleServer,
    model::{JsonObject, MetaObject, Tool},
    service::RequestContext,
};

use super::{
    call::{Answer, Call, ToolError},
    catalogue::Catalogue,
    db::{Database, UserId},
    identity::Identity,
    limit::{Counted, HourlyLimit},
    meta,
    tools::{self, Audience, LIST_EXERCISES},
};

/// One call altogether; less than what the agent waits for by default.
const CALL_TIMEOUT: Duration = Duration::from_secs(25);

/// The server's parts, shared by all sessions.
pub struct Workouts {
    pub db: Database,
    pub catalogue: Catalogue,
    pub limit: HourlyLimit,
    /// The tools as shown to agents, and to users.
    agent_tools: Vec<Tool>,
    user_tools: Vec<Tool>,
}

impl Workouts {
    /// Reads the catalogue. `calls_per_hour` is each user's; 0 is no limit.
    pub async fn new(db: Database, calls_per_hour: usize) -> Result<Arc<Self>, sqlx::Error> {
        let catalogue = Catalogue::load(db.pool()).await?;
        Ok(Arc::new(Self {
            db,
            catalogue,
            limit: HourlyLimit::new(calls_per_hour),
            agent_tools: tools::listed(Audience::Agent),
            user_tools: tools::listed(Audience::User),
        }))
    }

    fn tools(&self, audience: Audience) -> &[Tool] {
        match audience {
            Audience::Agent => &self.agent_tools,
            Audience::User => &self.user_tools,
        }
    }
}

/// One session's handler.
#[derive(Clone)]
pub struct Handler {
    workouts: Arc<Workouts>,
    /// Whom standard input speaks for; over HTTP each request says it.
    only: Option<UserId>,
}

impl Handler {
    pub fn over_http(workouts: Arc<Workouts>) -> Self {
        Self {
            workouts,
            only: None,
        }
    }

    pub fn over_stdio(workouts: Arc<Workouts>, user: UserId) -> Self {
        Self {
            workouts,
            only: Some(user),
        }
    }

    fn identity(&self, context: &RequestContext<RoleServer>) -> Result<Identity, ErrorData> {
        match &self.only {
            Some(user) => Ok(Identity::User(user.clone())),
            None => Identity::from_context(context),
        }
    }

    /// Counts the call against the user's hour, and says so when it comes near the end.
    async fn count(&self, user: &UserId) -> Result<Option<String>, ToolError> {
        match self.workouts.limit.count(user) {
            Counted::Fine => Ok(None),
            Counted::Over(wait) => Err(self.workouts.limit.refusal(wait)),
            Counted::Near(used) => {
                let wanted = match self.workouts.db.read(user).await {
                    Ok(mut tx) => tx
                        .settings()
                        .await
                        .is_ok_and(|settings| settings.rate_limit_notify),
                    Err(_) => false,
                };
                Ok(wanted.then(|| self.workouts.limit.notice(used)))
            }
        }
    }

    /// Runs a tool for the user that the request names.
    async fn run_tool(
        &self,
        name: &str,
        user: Option<&UserId>,
        mut arguments: JsonObject,
        meta: &MetaObject,
    ) -> Result<(Answer, Option<String>), ToolError> {
        let zone = meta::time_zone(&mut arguments, meta)?;
        let Some(user) = user else {
            return Ok((self.list_exercises(arguments)?, None));
        };
        let notice = self.count(user).await?;
        if name == LIST_EXERCISES {
            return Ok((self.list_exercises(arguments)?, notice));
        }
        let call = self.call(user, zone, meta::call_id(name, meta));
        match tools::run(name, &call, arguments).await {
            Some(answer) => Ok((answer?, notice)),
            None => Err(ToolError::Input(format!("there is no tool {name}"))),
        }
    }

    fn list_exercises(&self, arguments: JsonObject) -> Result<Answer, ToolError> {
        tools::run_list_exercises(&self.workouts.catalogue, arguments)
    }

    fn call<'a>(
        &'a self,
        user: &'a UserId,
        zone: Option<jiff::tz::TimeZone>,
        call_id: Option<String>,
    ) -> Call<'a> {
        let Workouts { db, catalogue, .. } = &*self.workouts;
        Call {
            db,
            catalogue,
            user,
            now: Timestamp::now(),
            zone,
            call_id,
        }
    }

    /// The user, counted, that a resource or prompt is for.
    async fn counted_user(&self, user: Option<UserId>) -> Result<UserId, ErrorData> {
        let user = user.ok_or_else(|| {
            ErrorData::invalid_params(
                "name the user in _meta[\"fitness.progstrength/user_id\"]",
                None,
            )
        })?;
        self.count(&user).await.map_err(|error| refused(&error))?;
        Ok(user)
    }
}

/// Ends what takes too long, and survives a bug.
async fn guarded<T>(work: impl Future<Output = Result<T, ToolError>>) -> Result<T, ToolError> {
    let work = AssertUnwindSafe(work).catch_unwind();
    match tokio::time::timeout(CALL_TIMEOUT, work).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(ToolError::Bug),
        Err(_) => Err(ToolError::Slow),
    }
}

fn refused(error: &ToolError) -> ErrorData {
    match error {
        ToolError::Input(_) | ToolError::Limit(_) => {
            ErrorData::invalid_params(error.to_string(), None)
        }
        _ => ErrorData::internal_error(error.to_string(), None),
    }
}

/// What was called for whom, and how it ended; never what it said.
fn log(
    tool: &str,
    user: Option<&UserId>,
    meta: &MetaObject,
    began: Instant,
    error: Option<&ToolError>,
) {
    let request_id = meta::request_id(meta);
    let user = user.map(UserId::as_str);
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match error {
        None => tracing::info!(tool, user, request_id, ok = true, ms, "call"),
        Some(ToolError::Input(_) | ToolError::Limit(_)) => {
            tracing::info!(tool, user, request_id, ok = false, ms, "call");
        }
        Some(error) => {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(tool, user, request_id, ok = false, ms, error = %error, cause, "call");
        }
    }
}
