//! What MCP may ask, one method each.

use std::time::Instant;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, CompletionInfo, ContentBlock, GetPromptRequestParams, GetPromptResponse,
        Implementation, JsonObject, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, Reference, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};
use serde_json::json;

use super::{Handler, guarded, log, refused};
use crate::{
    workout::call::ToolError, workout::meta, workout::prompts, workout::resources, workout::tools,
};

const COMPLETIONS: usize = 20;
const INSTRUCTIONS: &str = "A lifter's training log: exercises, workouts, progress, weekly volume, plans. Figures come with their \
    formula or source; there is no coaching in here. Weights are as entered, in lb or kg.";

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
        let audience = self.identity(&context)?.audience();
        Ok(ListToolsResult::with_all_items(
            self.workouts.tools(audience).to_vec(),
        ))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let identity = self.identity(&context)?;
        let Some(spec) = tools::SPECS.iter().find(|spec| spec.name == request.name) else {
            return Err(ErrorData::invalid_params(
                "there is no tool of this name; tools/list names them",
                None,
            ));
        };
        let began = Instant::now();
        let mut arguments = request.arguments.unwrap_or_default();
        let meta = &context.meta.0;
        let (user, ran) = match identity.user_of_tool(spec.name, &mut arguments, meta) {
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
            .identity(&context)?
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
        let zone = meta::time_zone(&mut JsonObject::new(), &context.meta.0).unwrap_or_default();
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
        let audience = self.identity(&context)?.audience();
        Ok(ListPromptsResult::with_all_items(prompts::listed(audience)))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let began = Instant::now();
        let mut arguments = request.arguments.unwrap_or_default();
        let identity = self.identity(&context)?;
        let meta = &context.meta.0;
        let named = identity
            .user(&mut arguments, meta)
            .map_err(|error| refused(&error))?;
        let user = match named {
            Some(user) => Some(user),
            None => identity
                .user_of_meta(meta)
                .map_err(|error| refused(&error))?,
        };
        let zone = meta::time_zone(&mut arguments, meta).map_err(|error| refused(&error))?;
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
        self.identity(&context)?;
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
