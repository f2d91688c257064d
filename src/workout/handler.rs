//! The MCP server: lists, calls, reads, prompts and completes on behalf of whoever [`Asker`] says.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use jiff::Timestamp;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, CompletionInfo, ContentBlock, GetPromptRequestParams, GetPromptResponse,
        Implementation, JsonObject, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, MetaObject, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, Reference, ServerCapabilities,
        ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::json;

use super::{
    asker::{self, Asker},
    call::{Answer, Call, ToolError},
    catalogue::Catalogue,
    db::{Database, UserId},
    limit::{Counted, HourlyLimit},
    prompts, resources,
    tools::{self, Audience, LIST_EXERCISES},
};

/// One call altogether; less than what the agent waits for by default.
const CALL_TIMEOUT: Duration = Duration::from_secs(25);
const COMPLETIONS: usize = 20;
const INSTRUCTIONS: &str = "A lifter's training log: exercises, workouts, progress, weekly volume, plans. Figures come with their \
    formula or source; there is no coaching in here. Weights are as entered, in lb or kg.";

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

    fn asker(&self, context: &RequestContext<RoleServer>) -> Result<Asker, ErrorData> {
        match &self.only {
            Some(user) => Ok(Asker::User(user.clone())),
            None => Asker::of(context),
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
        let zone = asker::time_zone(&mut arguments, meta)?;
        let Some(user) = user else {
            return Ok((self.list_exercises(arguments)?, None));
        };
        let notice = self.count(user).await?;
        if name == LIST_EXERCISES {
            return Ok((self.list_exercises(arguments)?, notice));
        }
        let call = self.call(user, zone, asker::call_id(name, meta));
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
    let request_id = asker::request_id(meta);
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

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .enable_completions()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(
                Implementation::new("prog-strength-workouts", env!("CARGO_PKG_VERSION"))
                    .with_title("Prog Strength workouts"),
            )
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let audience = self.asker(&context)?.audience();
        Ok(ListToolsResult::with_all_items(
            self.workouts.tools(audience).to_vec(),
        ))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let asker = self.asker(&context)?;
        let Some(spec) = tools::SPECS.iter().find(|spec| spec.name == request.name) else {
            return Err(ErrorData::invalid_params(
                "there is no tool of this name; tools/list names them",
                None,
            ));
        };
        let began = Instant::now();
        let mut arguments = request.arguments.unwrap_or_default();
        let meta = &context.meta.0;
        let (user, ran) = match asker.user_of_tool(spec.name, &mut arguments, meta) {
            Ok(user) => {
                let ran = guarded(self.run_tool(spec.name, user.as_ref(), arguments, meta)).await;
                (user, ran)
            }
            Err(error) => (None, Err(error)),
        };
        log(spec.name, user.as_ref(), meta, began, ran.as_ref().err());
        let result = match ran {
            Ok((answer, notice)) => {
                let texts = [Some(answer.text), notice].into_iter().flatten();
                let mut result = CallToolResult::success(texts.map(ContentBlock::text).collect());
                result.structured_content = Some(answer.structured);
                result
            }
            Err(error) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
        };
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::listed()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(
            resources::templates(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let began = Instant::now();
        let user = self
            .asker(&context)?
            .user_of_meta(&context.meta.0)
            .map_err(|error| refused(&error))?;
        let Some(resource) = resources::Wanted::of(&request.uri) else {
            return Err(ErrorData::resource_not_found(
                "there is no such resource; resources/list names them",
                Some(json!({"uri": request.uri})),
            ));
        };
        if let resources::Wanted::Catalogue = resource {
            return Ok(resources::catalogue(&request.uri, &self.workouts.catalogue).into());
        }
        let user = self.counted_user(user).await?;
        let zone = asker::time_zone(&mut JsonObject::new(), &context.meta.0).unwrap_or_default();
        let call = self.call(&user, zone, None);
        let read = guarded(resources::read(&request.uri, &resource, &call)).await;
        log(
            "resources/read",
            Some(&user),
            &context.meta.0,
            began,
            read.as_ref().err(),
        );
        read.map(Into::into).map_err(|error| match error {
            // The one input is the name of an exercise.
            ToolError::Input(error) => ErrorData::resource_not_found(error, None),
            error => refused(&error),
        })
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let audience = self.asker(&context)?.audience();
        Ok(ListPromptsResult::with_all_items(prompts::listed(audience)))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let began = Instant::now();
        let mut arguments = request.arguments.unwrap_or_default();
        let asker = self.asker(&context)?;
        let meta = &context.meta.0;
        let named = asker
            .user(&mut arguments, meta)
            .map_err(|error| refused(&error))?;
        let user = match named {
            Some(user) => Some(user),
            None => asker.user_of_meta(meta).map_err(|error| refused(&error))?,
        };
        let zone = asker::time_zone(&mut arguments, meta).map_err(|error| refused(&error))?;
        let Some(prompt) = prompts::Wanted::of(&request.name) else {
            return Err(ErrorData::invalid_params(
                "there is no prompt of this name; prompts/list names them",
                None,
            ));
        };
        let user = self.counted_user(user).await?;
        let call = self.call(&user, zone, None);
        let filled = guarded(prompts::fill(prompt, &call, arguments)).await;
        log(
            "prompts/get",
            Some(&user),
            &context.meta.0,
            began,
            filled.as_ref().err(),
        );
        filled
            .map(GetPromptResponse::Complete)
            .map_err(|error| refused(&error))
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.asker(&context)?;
        let known = match &request.r#ref {
            Reference::Resource(resource) => resource.uri == resources::HISTORY_TEMPLATE,
            Reference::Prompt(prompt) => prompts::Wanted::of(&prompt.name).is_some(),
            _ => false,
        };
        if !known {
            return Err(ErrorData::invalid_params(
                "there is no such prompt or resource template",
                None,
            ));
        }
        let names = matches!(request.argument.name.as_str(), "exercise" | "exercise_name");
        let mut found = if names {
            self.workouts
                .catalogue
                .complete(&request.argument.value, COMPLETIONS + 1)
        } else {
            vec![]
        };
        let more = found.len() > COMPLETIONS;
        found.truncate(COMPLETIONS);
        let info = CompletionInfo::with_pagination(found, None, more);
        info.map(CompleteResult::new)
            .map_err(|error| ErrorData::internal_error(error, None))
    }
}
