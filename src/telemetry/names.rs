//! The names of spans' attributes and events. No other module spells one.
//!
//! Those of `gen_ai` and `mcp` are of open-telemetry/semantic-conventions-genai v0.1.0, which is in development
//! (`docs/gen-ai/client-inference.md` at commit 024a4f9, `mcp.md` at 0393513, `non-normative/migration.md` at 32c328e); the
//! others are of semantic-conventions 1.45.0.

/// `invoke_agent`, `invoke_workflow`, `chat` or `execute_tool`. Begins the span's name.
pub(crate) const OPERATION_NAME: &str = "gen_ai.operation.name";
pub(crate) const INVOKE_WORKFLOW: &str = "invoke_workflow";
pub(crate) const INVOKE_AGENT: &str = "invoke_agent";
pub(crate) const CHAT: &str = "chat";
pub(crate) const EXECUTE_TOOL: &str = "execute_tool";

pub(crate) const PROVIDER_NAME: &str = "gen_ai.provider.name";
/// The provider whose API is spoken, whichever server speaks it.
pub(crate) const ANTHROPIC: &str = "anthropic";
pub(crate) const AGENT_NAME: &str = "gen_ai.agent.name";

pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(crate) const REQUEST_MAX_TOKENS: &str = "gen_ai.request.max_tokens";
pub(crate) const REQUEST_REASONING_LEVEL: &str = "gen_ai.request.reasoning.level";
pub(crate) const REQUEST_STREAM: &str = "gen_ai.request.stream";
pub(crate) const REQUEST_TEMPERATURE: &str = "gen_ai.request.temperature";
pub(crate) const REQUEST_TOP_K: &str = "gen_ai.request.top_k";
pub(crate) const REQUEST_TOP_P: &str = "gen_ai.request.top_p";

pub(crate) const RESPONSE_FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
pub(crate) const RESPONSE_ID: &str = "gen_ai.response.id";
pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
/// In seconds.
pub(crate) const RESPONSE_TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";

/// All input, with what was read from the cache and written to it.
pub(crate) const USAGE_INPUT: &str = "gen_ai.usage.input_tokens";
pub(crate) const USAGE_CACHE_READ: &str = "gen_ai.usage.cache_read.input_tokens";
pub(crate) const USAGE_CACHE_WRITE: &str = "gen_ai.usage.cache_write.input_tokens";
pub(crate) const USAGE_OUTPUT: &str = "gen_ai.usage.output_tokens";
/// A part of the output.
pub(crate) const USAGE_REASONING: &str = "gen_ai.usage.reasoning.output_tokens";

pub(crate) const TOOL_CALL_ID: &str = "gen_ai.tool.call.id";
pub(crate) const TOOL_NAME: &str = "gen_ai.tool.name";
pub(crate) const TOOL_TYPE: &str = "gen_ai.tool.type";
pub(crate) const FUNCTION: &str = "function";

/// Contents, each as JSON: only recorded when that is asked for.
pub(crate) const INPUT_MESSAGES: &str = "gen_ai.input.messages";
pub(crate) const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
pub(crate) const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
pub(crate) const TOOL_CALL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
pub(crate) const TOOL_CALL_RESULT: &str = "gen_ai.tool.call.result";

pub(crate) const MCP_METHOD_NAME: &str = "mcp.method.name";
pub(crate) const TOOLS_CALL: &str = "tools/call";
pub(crate) const MCP_PROTOCOL_VERSION: &str = "mcp.protocol.version";
pub(crate) const MCP_SESSION_ID: &str = "mcp.session.id";
pub(crate) const JSONRPC_REQUEST_ID: &str = "jsonrpc.request.id";
/// The code of a JSON-RPC error.
pub(crate) const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
/// `tcp` for HTTP, `pipe` for a child process.
pub(crate) const NETWORK_TRANSPORT: &str = "network.transport";

pub(crate) const HTTP_REQUEST_METHOD: &str = "http.request.method";
pub(crate) const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
pub(crate) const HTTP_ROUTE: &str = "http.route";
pub(crate) const URL_PATH: &str = "url.path";
pub(crate) const URL_SCHEME: &str = "url.scheme";
pub(crate) const SERVER_ADDRESS: &str = "server.address";
pub(crate) const SERVER_PORT: &str = "server.port";

pub(crate) const ERROR_TYPE: &str = "error.type";
/// The result of a tool is an error.
pub(crate) const TOOL_ERROR: &str = "tool_error";
/// The span's work was given up: a client has disconnected, a turn was cut off.
pub(crate) const CANCELLED: &str = "cancelled";
pub(crate) const TIMEOUT: &str = "timeout";

pub(crate) const SERVICE_NAME: &str = "service.name";
pub(crate) const SERVICE_VERSION: &str = "service.version";

// The conventions have no names for these.

/// A request to Claude is sent again.
pub(crate) const RETRY_EVENT: &str = "prog_strength.retry";
/// In seconds.
pub(crate) const RETRY_WAIT: &str = "prog_strength.retry.wait";
pub(crate) const RUN_ID: &str = "prog_strength.run.id";
pub(crate) const RUN_ATTEMPT: &str = "prog_strength.run.attempt";
