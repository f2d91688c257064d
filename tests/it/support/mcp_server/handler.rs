//! The tool implementations of the MCP server.

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::{NotificationContext, RequestContext},
};
use serde_json::{Value, json};

use super::{Call, Remembered};
use crate::support::{mcp_tools, wait::Gate};

#[derive(Clone)]
pub(super) struct Handler {
    pub(super) memory: Remembered,
    pub(super) gate: Gate,
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        let mut info = ServerConfig::new(capabilities);
        info.server_info = Implementation::new("prog-strength-test", "9.9.9");
        info
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.memory.send_modify(|memory| {
            memory.sessions += 1;
            memory.peers.push(context.peer);
        });
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.memory.send_modify(|memory| memory.lists += 1);
        let memory = self.memory.borrow();
        let start = request
            .and_then(|page| page.cursor?.parse().ok())
            .unwrap_or(0);
        let size = memory.page.unwrap_or(usize::MAX);
        let page = memory.tools.iter().skip(start).take(size);
        let tools = page
            .map(|tool| serde_json::from_value::<Tool>(tool.clone()).expect("a tool"))
            .collect();
        let mut result = ListToolsResult::with_all_items(tools);
        let end = start.saturating_add(size);
        result.next_cursor = (end < memory.tools.len()).then(|| end.to_string());
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let call = Call {
            name: request.name.into_owned(),
            arguments: request.arguments.map_or(Value::Null, Value::Object),
            meta: meta(&context),
            authorization: authorization(&context),
        };
        self.memory
            .send_modify(|memory| memory.calls.push(call.clone()));
        self.pause().await;
        let result = match call.name.as_str() {
            "rpc_error" => return Err(ErrorData::internal_error("the database is away", None)),
            name if name.starts_with("slow_") => self.slowly(&call, &context).await?,
            name => mcp_tools::result(name, &call.arguments, &call.meta)
                .ok_or_else(|| ErrorData::invalid_params(format!("unknown tool {name}"), None))?,
        };
        if call.name == "create_workout" {
            self.acted(&call);
        }
        self.pause().await;
        Ok(serde_json::from_value::<CallToolResult>(result)
            .expect("a result")
            .into())
    }
}

impl Handler {
    async fn pause(&self) {
        let longest = self.memory.borrow().pause;
        if !longest.is_zero() {
            tokio::time::sleep(longest.mul_f64(rand::random())).await;
        }
    }

    /// Acts, then answers when the gate opens, unless it is cancelled.
    async fn slowly(
        &self,
        call: &Call,
        context: &RequestContext<RoleServer>,
    ) -> Result<Value, ErrorData> {
        self.acted(call);
        tokio::select! {
            () = self.gate.wait() => {
                self.memory.send_modify(|memory| memory.finished.push(call.name.clone()));
                Ok(json!({"content": [{"type": "text", "text": format!("{} is done", call.name)}]}))
            }
            () = context.ct.cancelled() => {
                self.memory.send_modify(|memory| memory.cancelled.push(call.name.clone()));
                Err(ErrorData::internal_error("cancelled", None))
            }
        }
    }

    fn acted(&self, call: &Call) {
        let id = call.meta["fitness.progstrength/tool_use_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.memory
            .send_modify(|memory| *memory.executions.entry(id).or_default() += 1);
    }
}

fn authorization(context: &RequestContext<RoleServer>) -> String {
    let parts = context.extensions.get::<http::request::Parts>();
    let value = parts.and_then(|parts| parts.headers.get("authorization")?.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn meta(context: &RequestContext<RoleServer>) -> Value {
    let mut meta = serde_json::to_value(&context.meta).unwrap_or_default();
    if let Some(fields) = meta.as_object_mut() {
        fields.remove("progressToken");
    }
    meta
}
