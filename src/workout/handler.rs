//! MCP request handler: runs tools, resources and prompts for the user whom [`Identity`] determines.

mod call_span;
mod malformed;
mod server;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use jiff::{Timestamp, tz::TimeZone};
use rmcp::{
    ErrorData, RoleServer,
    model::{JsonObject, MetaObject, Tool},
    service::RequestContext,
};

use super::{
    catalogue::Catalogue,
    context::ToolContext,
    db::{Database, UserId},
    error::ToolError,
    identity::Identity,
    limit::{Counted, HourlyLimit},
    meta,
    metrics::{CallTimer, Metrics},
    tools::{self, Answer, Audience, Spec},
};
use crate::telemetry::Span;

/// Deadline of one call; shorter than the agent's default.
const CALL_TIMEOUT: Duration = Duration::from_secs(25);

/// What all sessions share: the database, the catalogue, the limit of calls, the tools' schemas.
pub struct ServerState {
    pub db: Database,
    /// The exercises that all users have.
    pub catalogue: Catalogue,
    pub limit: HourlyLimit,
    pub metrics: Arc<Metrics>,
    /// The tools as agents and users see them.
    agent_tools: Vec<Tool>,
    user_tools: Vec<Tool>,
}

impl ServerState {
    /// Loads the catalogue. `calls_per_hour` is the limit of each user; 0 is no limit.
    pub async fn new(db: Database, calls_per_hour: usize) -> Result<Arc<Self>, sqlx::Error> {
        let catalogue = Catalogue::load(db.pool()).await?;
        Ok(Arc::new(Self {
            metrics: Arc::new(Metrics::new(Some(&db))),
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

/// The handler of one session.
#[derive(Clone)]
pub struct Handler {
    state: Arc<ServerState>,
    /// The user of a stdio session; over HTTP each request determines its own.
    stdio_user: Option<UserId>,
    default_zone: TimeZone,
}

impl Handler {
    pub fn new(state: Arc<ServerState>, stdio_user: Option<UserId>) -> Self {
        Self {
            state,
            stdio_user,
            default_zone: TimeZone::UTC,
        }
    }

    /// The same with another time zone than UTC for users who have set none.
    #[must_use]
    pub fn in_zone(self, default_zone: TimeZone) -> Self {
        Self {
            default_zone,
            ..self
        }
    }

    fn identity(&self, context: &RequestContext<RoleServer>) -> Result<Identity, ErrorData> {
        match &self.stdio_user {
            Some(user) => Ok(Identity::User(user.clone())),
            None => Identity::from_context(context),
        }
    }

    /// Counts a call against the user's hourly limit; returns a notice when the limit is close and the user wants one.
    async fn count(&self, user: &UserId) -> Result<Option<String>, ToolError> {
        let ServerState { db, limit, .. } = &*self.state;
        match limit.count(user) {
            Counted::Allowed => Ok(None),
            Counted::Exceeded(wait) => Err(limit.refusal(wait)),
            Counted::NearLimit(used) => {
                let settings = async { db.read(user).await?.settings().await };
                let notify = settings
                    .await
                    .is_ok_and(|settings| settings.rate_limit_notify);
                Ok(notify.then(|| limit.notice(used)))
            }
        }
    }

    /// Runs a tool, after counting the call of its user.
    async fn run_tool(
        &self,
        tool: &Spec,
        user: Option<&UserId>,
        mut arguments: JsonObject,
        meta: &MetaObject,
    ) -> Result<(Answer, Option<String>), ToolError> {
        let call = meta::call(tool.name, &arguments, meta);
        let zone = meta::time_zone(&mut arguments, meta)?;
        let notice = match user {
            Some(user) => self.count(user).await?,
            None => None,
        };
        let ctx = ToolContext {
            call,
            ..self.context(user, zone)
        };
        Ok((tool.run(&ctx, arguments).await?, notice))
    }

    fn context<'a>(&'a self, user: Option<&'a UserId>, zone: Option<TimeZone>) -> ToolContext<'a> {
        ToolContext {
            db: &self.state.db,
            shared: &self.state.catalogue,
            user,
            now: Timestamp::now(),
            zone,
            default_zone: self.default_zone.clone(),
            call: None,
        }
    }

    /// The user of a resource or prompt, with the call counted.
    async fn counted_user(&self, user: Option<UserId>) -> Result<UserId, ErrorData> {
        let message = "name the user in _meta[\"fitness.progstrength/user_id\"]";
        let user = user.ok_or_else(|| ErrorData::invalid_params(message, None))?;
        self.count(&user)
            .await
            .map_err(|error| error_data(&error))?;
        Ok(user)
    }
}

/// Runs a call with the deadline, turns a panic into an error, and records the outcome with the user and the trace.
async fn run_recorded<T>(
    metrics: &Metrics,
    name: &'static str,
    (user, span): (Option<&UserId>, &Span),
    meta: &MetaObject,
    call: impl Future<Output = Result<T, ToolError>>,
) -> Result<T, ToolError> {
    let mut timer = metrics.call(name);
    let call = AssertUnwindSafe(call).catch_unwind();
    let result = match tokio::time::timeout(CALL_TIMEOUT, call).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(ToolError::Internal),
        Err(_) => Err(ToolError::Timeout),
    };
    let error = result.as_ref().err();
    timer.ended(error);
    log_call(name, (user, span), meta, &timer, error);
    result
}

fn error_data(error: &ToolError) -> ErrorData {
    match error {
        ToolError::Input(_) | ToolError::Limit(_) => {
            ErrorData::invalid_params(error.to_string(), None)
        }
        _ => ErrorData::internal_error(error.to_string(), None),
    }
}

/// Logs tool, user, outcome and duration; never arguments or results.
fn log_call(
    tool: &str,
    (user, span): (Option<&UserId>, &Span),
    meta: &MetaObject,
    timer: &CallTimer<'_>,
    error: Option<&ToolError>,
) {
    let request_id = meta::request_id(meta);
    let (user, trace_id) = (user.map(UserId::as_str), span.trace_id());
    let ms = timer.ms();
    match error {
        None => tracing::info!(tool, user, request_id, trace_id, ok = true, ms, "call"),
        Some(ToolError::Input(_) | ToolError::Limit(_)) => {
            tracing::info!(tool, user, request_id, trace_id, ok = false, ms, "call");
        }
        Some(error) => {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(tool, user, request_id, trace_id, ok = false, ms, error = %error, cause, "call");
        }
    }
}
