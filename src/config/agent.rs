//! The settings of the `serve` command.

use std::{num::NonZeroU32, time::Duration};

use secrecy::SecretString;
use url::Url;

use super::{
    Address, ApprovalPolicy, ClaudeConfig, ConfigError, LogConfig, RateLimit, agent_address,
    claude::claude,
    cors::Cors,
    from_env, jwt, log,
    reader::{Reader, one_of},
    variables::{self as var, Server},
};
use crate::auth::JwtSettings;

const BUILT_IN_PROMPT: &str = include_str!("../agent/prompt.md");

/// The settings of the agent.
#[derive(Debug)]
pub struct Config {
    pub address: Address,
    pub jwt: JwtSettings,
    pub claude: ClaudeConfig,
    pub mcp: McpConfig,
    pub agent: AgentConfig,
    pub http: HttpConfig,
    /// `AGENT_PAGE`: the chat page, if it is served.
    pub page: Option<PageConfig>,
    pub log: LogConfig,
    /// About values that are not used as they are written.
    pub(super) ignored: Vec<String>,
}

/// The MCP endpoint, and the deadline of one tool call.
#[derive(Debug)]
pub struct McpConfig {
    pub url: Url,
    pub token: Option<SecretString>,
    /// `PROG_STRENGTH_MCP_AUTH`: tool calls carry the caller's own token.
    pub forwards_caller: bool,
    pub call_timeout: Duration,
}

/// The limits of one turn.
#[derive(Debug)]
pub struct AgentConfig {
    pub system_prompt: String,
    pub max_tool_rounds: u32,
    pub turn_timeout: Duration,
    pub max_tool_result_bytes: usize,
    /// `AGENT_APPROVALS`.
    pub approvals: ApprovalPolicy,
}

/// The limits of the HTTP server.
#[derive(Debug)]
pub struct HttpConfig {
    pub cors: Cors,
    pub max_body_bytes: usize,
    pub max_concurrent_chats: usize,
    pub max_chats_per_user: usize,
    /// Bytes held for all requests; one user may hold half.
    pub memory_budget: usize,
    /// Requests per user and window; `None` switches the limit off.
    pub rate_limit: Option<RateLimit>,
    pub shutdown_grace: Duration,
}

/// The settings of the chat page.
#[derive(Debug, Default)]
pub struct PageConfig {
    /// Set by the `dev` command only.
    pub demo: Option<Demo>,
    /// The runs server, whose runs the page then shows. Set by the `dev` command only.
    pub runs: Option<Url>,
}

/// The chat page of the `dev` command.
#[derive(Debug)]
pub struct Demo {
    /// The demo user's token; only the page on this machine gets it.
    pub token: SecretString,
    /// True if the offline stand-in replies in place of Claude.
    pub stand_in: bool,
}

impl Config {
    /// Reads the process environment and, below it, a `.env` file in the working directory.
    pub fn from_env() -> Result<Self, ConfigError> {
        from_env(Self::read)
    }

    /// As [`Self::from_env`], with the effective settings as lines, without secrets.
    pub fn from_env_with_lines() -> Result<(Self, Vec<String>), ConfigError> {
        from_env(|reader| (Self::read(reader), reader.settings(Server::Agent)))
    }

    /// Like [`Self::from_env`], from a list of variables instead of the process environment.
    #[expect(
        clippy::should_implement_trait,
        reason = "fallible, unlike FromIterator"
    )]
    pub fn from_iter(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::from_iter(variables);
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            address: agent_address(reader),
            jwt: jwt(reader),
            claude: claude(reader, None),
            mcp: mcp(reader),
            agent: AgentConfig {
                system_prompt: system_prompt(reader),
                max_tool_rounds: reader.number(&var::AGENT_MAX_TOOL_ROUNDS),
                turn_timeout: reader.secs(&var::AGENT_TURN_TIMEOUT_SECS),
                max_tool_result_bytes: reader.number(&var::AGENT_MAX_TOOL_RESULT_BYTES),
                approvals: approvals(reader),
            },
            http: http(reader),
            page: reader
                .value(&var::AGENT_PAGE, one_of(&[("on", true), ("off", false)]))
                .then(PageConfig::default),
            log: log(reader),
            ignored: reader.warnings(),
        }
    }
}

pub(super) fn mcp(reader: &mut Reader) -> McpConfig {
    McpConfig {
        url: reader.url(&var::PROG_STRENGTH_MCP_URL),
        token: reader.header_secret(&var::PROG_STRENGTH_MCP_TOKEN),
        forwards_caller: reader.value(
            &var::PROG_STRENGTH_MCP_AUTH,
            one_of(&[("service", false), ("forward", true)]),
        ),
        call_timeout: reader.secs(&var::MCP_CALL_TIMEOUT_SECS),
    }
}

pub(super) fn approvals(reader: &mut Reader) -> ApprovalPolicy {
    reader.value(&var::AGENT_APPROVALS, ApprovalPolicy::parse)
}

pub(super) fn http(reader: &mut Reader) -> HttpConfig {
    let max = NonZeroU32::new(reader.number(&var::RATE_LIMIT_MAX));
    let window = reader.secs(&var::RATE_LIMIT_WINDOW_SECS);
    HttpConfig {
        cors: Cors::read(reader),
        max_body_bytes: reader.number(&var::AGENT_MAX_BODY_BYTES),
        max_concurrent_chats: reader.number(&var::AGENT_MAX_CONCURRENT_CHATS),
        max_chats_per_user: reader.number(&var::AGENT_MAX_CHATS_PER_USER),
        memory_budget: reader.number(&var::AGENT_MEMORY_BUDGET_BYTES),
        rate_limit: max.map(|max| RateLimit { max, window }),
        shutdown_grace: reader.secs(&var::AGENT_SHUTDOWN_GRACE_SECS),
    }
}

fn system_prompt(reader: &mut Reader) -> String {
    let Some(file) = reader.text(&var::SYSTEM_PROMPT_FILE) else {
        return BUILT_IN_PROMPT.to_owned();
    };
    let fault = match std::fs::read_to_string(file) {
        Ok(prompt) if !prompt.trim().is_empty() => return prompt,
        Ok(_) => "names an empty file; put the system prompt into it".to_owned(),
        Err(error) => {
            let kind = error.kind();
            format!("names a file that cannot be read as UTF-8 text ({kind})")
        }
    };
    reader.fault(var::SYSTEM_PROMPT_FILE.name, fault);
    String::new()
}
