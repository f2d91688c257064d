//! The MCP methods (`rmcp::ServerHandler`).

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, CompletionInfo, ContentBlock, CustomRequest, CustomResult,
        GetPromptRequestParams, GetPromptResponse, Implementation, JsonObject, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, Reference, ServerCapabilities,
        ServerConfig,
    },
    service::RequestContext,
};
use serde_json::json;

use super::{Handler, call_span, error_data, malformed, run_recorded};
use crate::{
    telemetry::Span,
    workout::{
        app_views,
        error::ToolError,
        meta, prompts,
        resources::{self, ResourceUri},
        tools,
    },
};

const MAX_COMPLETIONS: usize = 20;
const INSTRUCTIONS: &str = "A lifter's training log: exercises, workouts, progress, weekly volume, plans. Figures come with their \
    formula or source; there is no coaching in here. Weights are as entered, in lb or kg.";

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let extensions = [(app_views::EXTENSION.to_owned(), JsonObject::new())];
        let extensions = extensions.into_iter().collect();
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .enable_completions()
            .enable_extensions_with(extensions)
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
        let audience = self.identity(&context)?.audience();
        let tools = self.state.tools(audience).to_vec();
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let identity = self.identity(&context)?;
        let Some(tool) = tools::find(&request.name) else {
            let message = "there is no tool of this name; tools/list names them";
            return Err(ErrorData::invalid_params(message, None));
        };
        let mut arguments = request.arguments.unwrap_or_default();
        let meta = &context.meta.0;
        let user = identity.user_of_tool(tool, &mut arguments, meta);
        let known = user.as_ref().ok().cloned().flatten();
        let span = call_span::begin(&context, tool.name);
        let call = async { self.run_tool(tool, user?.as_ref(), arguments, meta).await };
        let metrics = &self.state.metrics;
        let called = run_recorded(metrics, tool.name, (known.as_ref(), &span), meta, call).await;
        call_span::end(&span, called.as_ref().err());
        let result = match called {
            Ok((mut answer, notice)) => {
                if let Some(notice) = &notice {
                    answer.notify(notice);
                }
                let texts = [Some(answer.text), notice].into_iter().flatten();
                let mut result = CallToolResult::success(texts.map(ContentBlock::text).collect());
                result.structured_content = Some(answer.data);
                result
            }
            Err(error) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
        };
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(malformed::refusal(request))
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
        let templates = resources::templates();
        Ok(ListResourceTemplatesResult::with_all_items(templates))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let meta = &context.meta.0;
        let user = self.identity(&context)?.user_of_meta(meta);
        let user = user.map_err(|error| error_data(&error))?;
        let Some(uri) = ResourceUri::parse(&request.uri) else {
            return Err(ErrorData::resource_not_found(
                "there is no such resource; resources/list names them",
                Some(json!({"uri": request.uri})),
            ));
        };
        let user = if uri.is_personal() {
            Some(self.counted_user(user).await?)
        } else {
            user
        };
        let zone = meta::time_zone(&mut JsonObject::new(), meta).unwrap_or_default();
        let read = async {
            let ctx = self.context(user.as_ref(), zone);
            resources::read(&request.uri, uri, &ctx).await
        };
        let read = run_recorded(
            &self.state.metrics,
            "resources/read",
            (user.as_ref(), &Span::default()),
            meta,
            read,
        )
        .await;
        read.map(Into::into).map_err(|error| match error {
            // The only input is the name of an exercise.
            ToolError::Input(error) => ErrorData::resource_not_found(error, None),
            error => error_data(&error),
        })
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let audience = self.identity(&context)?.audience();
        Ok(ListPromptsResult::with_all_items(prompts::listed(audience)))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let mut arguments = request.arguments.unwrap_or_default();
        let identity = self.identity(&context)?;
        let meta = &context.meta.0;
        let invalid = |error: ToolError| error_data(&error);
        let user = match identity.user(&mut arguments, meta).map_err(invalid)? {
            Some(user) => Some(user),
            None => identity.user_of_meta(meta).map_err(invalid)?,
        };
        let zone = meta::time_zone(&mut arguments, meta).map_err(invalid)?;
        let Some(prompt) = prompts::find(&request.name) else {
            let message = "there is no prompt of this name; prompts/list names them";
            return Err(ErrorData::invalid_params(message, None));
        };
        let user = self.counted_user(user).await?;
        let prompt = async {
            let ctx = self.context(Some(&user), zone);
            prompt.get(&ctx, arguments).await
        };
        let result = run_recorded(
            &self.state.metrics,
            "prompts/get",
            (Some(&user), &Span::default()),
            meta,
            prompt,
        )
        .await;
        result.map(GetPromptResponse::Complete).map_err(invalid)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let user = self.identity(&context)?.user_of_meta(&context.meta.0);
        let user = user.map_err(|error| error_data(&error))?;
        let known = match &request.r#ref {
            Reference::Resource(resource) => resource.uri == resources::HISTORY_TEMPLATE,
            Reference::Prompt(prompt) => prompts::find(&prompt.name).is_some(),
            _ => false,
        };
        if !known {
            let message = "there is no such prompt or resource template";
            return Err(ErrorData::invalid_params(message, None));
        }
        let argument = &request.argument;
        let mut names = match argument.name.as_str() {
            "exercise" | "exercise_name" => {
                let catalogue = self.context(user.as_ref(), None).catalogue().await;
                let catalogue = catalogue.map_err(|error| error_data(&error))?;
                catalogue.complete(&argument.value, MAX_COMPLETIONS + 1)
            }
            _ => vec![],
        };
        let more = names.len() > MAX_COMPLETIONS;
        names.truncate(MAX_COMPLETIONS);
        CompletionInfo::with_pagination(names, None, more)
            .map(CompleteResult::new)
            .map_err(|error| ErrorData::internal_error(error, None))
    }
}
