//! One user's MCP session, which validates every answer against its schema.

use std::{collections::HashMap, sync::LazyLock};

use jsonschema::Validator;
use prog_strength_agent::workout::tools::{Audience, listed};
use rmcp::{
    ErrorData, RoleClient, ServiceError,
    model::{
        CallToolRequestParams, CallToolResult, ContentBlock, GetPromptRequestParams, JsonObject,
        ReadResourceRequestParams, RequestMetaObject, ResourceContents,
    },
    service::RunningService,
};
use serde_json::{Value, json};

use super::day;
use crate::support::wait::within;

/// What each tool promises to answer.
static OUTPUTS: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let tools = listed(Audience::User).into_iter();
    let output = |schema: Option<_>| json!(schema.expect("an output schema"));
    let outputs = tools.map(|tool| (tool.name.to_string(), output(tool.output_schema)));
    outputs
        .map(|(name, schema)| {
            let validator = jsonschema::draft202012::new(&schema);
            (name, validator.expect("a sound schema"))
        })
        .collect()
});

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
        let result = within(tool, self.session.peer().call_tool(request))
            .await
            .expect("an answer");
        keeps_its_promise(tool, &result);
        result
    }

    /// The text of the prompt, filled in.
    pub async fn prompt(&self, name: &str, arguments: Value) -> Result<String, ErrorData> {
        let mut request = GetPromptRequestParams::new(name);
        request.arguments = arguments.as_object().cloned();
        let got = within(name, self.session.peer().get_prompt(request)).await;
        let got = got.map_err(refused)?;
        let texts = got.messages.iter().map(|message| match &message.content {
            ContentBlock::Text(text) => text.text.clone(),
            other => panic!("no text: {other:?}"),
        });
        Ok(texts.collect::<Vec<_>>().join("\n"))
    }

    /// The text of the resource.
    pub async fn resource(&self, uri: &str) -> Result<String, ErrorData> {
        let request = ReadResourceRequestParams::new(uri);
        let read = within(uri, self.session.peer().read_resource(request)).await;
        match &read.map_err(refused)?.contents[..] {
            [ResourceContents::TextResourceContents { text, .. }] => Ok(text.clone()),
            other => panic!("no text: {other:?}"),
        }
    }

    /// Logs one exercise, so many days ago, with sets of (reps, weight); gives the workout's id.
    pub async fn lifted(
        &self,
        exercise: &str,
        days: i64,
        unit: &str,
        sets: &[(u32, f64)],
    ) -> String {
        let sets = sets.iter();
        let sets: Vec<Value> = sets
            .map(|(reps, weight)| json!({"reps": reps, "weight": weight, "unit": unit}))
            .collect();
        let exercises = json!([{"exercise_id": exercise, "sets": sets}]);
        let workout = json!({"performed_at": day(days), "exercises": exercises});
        let logged = self.call("create_workout", workout).await.expect("logged");
        logged["workout"]["id"].as_str().expect("an id").to_owned()
    }
}

/// Data as the tool's output schema says, with a text beside it; or a text alone.
fn keeps_its_promise(tool: &str, result: &CallToolResult) {
    assert!(!text(result).is_empty(), "{tool}: no text");
    let Some(data) = &result.structured_content else {
        assert_eq!(result.is_error, Some(true), "{tool}: no data");
        return;
    };
    let errors = OUTPUTS[tool].iter_errors(data).map(|e| e.to_string());
    let errors: Vec<String> = errors.collect();
    assert!(errors.is_empty(), "{tool}: {errors:?} in {data}");
}

/// What the server answered instead.
fn refused(error: ServiceError) -> ErrorData {
    match error {
        ServiceError::McpError(error) => error,
        other => panic!("no answer: {other}"),
    }
}

/// All text of a result.
pub fn text(result: &CallToolResult) -> String {
    let texts = result.content.iter().filter_map(|block| block.as_text());
    let texts: Vec<&str> = texts.map(|text| text.text.as_str()).collect();
    texts.join("\n")
}
