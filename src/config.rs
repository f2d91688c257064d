//! The settings: read once from the environment, checked into types, all faults reported together.
//!
//! Every variable arrives as text through `envy` (which therefore never fails, and never echoes a secret), and is
//! checked here. An empty value counts as unset. Nothing else in the crate reads the environment.

mod check;
#[cfg(feature = "dev")]
mod dev;
mod error;
mod parts;
mod raw;
mod workout;

use std::time::Duration;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::filter::Targets;
use url::Url;

use check::Check;
#[cfg(feature = "dev")]
pub use dev::{DevClaude, DevConfig, Places};
pub use error::ConfigError;
use error::Fault;
use parts::{address, claude, http, jwt, log};
pub use raw::VARIABLES;
use raw::{Raw, environment, raw};
pub use workout::{HostRule, Issuer, WorkoutConfig, mcp_address_from_env};

/// Everything the `serve` command needs.
#[derive(Debug)]
pub struct Config {
    pub address: Address,
    pub jwt: JwtConfig,
    pub claude: ClaudeConfig,
    pub mcp: McpConfig,
    pub agent: AgentConfig,
    pub http: HttpConfig,
    /// `AGENT_PAGE`: the chat page, if it is to be served.
    pub page: Option<PageConfig>,
    pub log: LogConfig,
}

/// `AGENT_HOST`, `AGENT_PORT`; or `MCP_HOST`, `MCP_PORT`.
#[derive(Debug, Clone)]
pub struct Address {
    pub host: String,
    pub port: u16,
}

/// `JWT_*`: how callers are known.
#[derive(Debug)]
pub struct JwtConfig {
    pub key: SecretString,
    pub issuer: Option<String>,
    pub audience: Option<String>,
}

/// How Claude is reached and what each call may cost.
#[derive(Debug)]
pub struct ClaudeConfig {
    /// `ANTHROPIC_BASE_URL` with `/v1/messages` appended.
    pub endpoint: Url,
    pub credential: Credential,
    pub model: String,
    pub max_tokens: u32,
    pub idle_timeout: Duration,
    pub max_retries: u32,
}

/// Exactly one of the two is sent.
#[derive(Debug)]
pub enum Credential {
    ApiKey(SecretString),
    Bearer(SecretString),
}

/// The MCP endpoint and the time one tool call may take.
#[derive(Debug)]
pub struct McpConfig {
    pub url: Url,
    pub token: Option<SecretString>,
    pub call_timeout: Duration,
}

/// The limits of one turn.
#[derive(Debug)]
pub struct AgentConfig {
    pub system_prompt: String,
    pub max_tool_rounds: u32,
    pub turn_timeout: Duration,
    pub max_tool_result_bytes: usize,
}

/// What the HTTP side allows.
#[derive(Debug)]
pub struct HttpConfig {
    pub cors: Cors,
    pub max_body_bytes: usize,
    pub max_concurrent_chats: usize,
    /// Requests per user and window; `None` switches the limit off.
    pub rate_limit: Option<RateLimit>,
    pub shutdown_grace: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Cors {
    Off,
    Any,
    Origins(Vec<HeaderValue>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    pub max: usize,
    pub window: Duration,
}

/// What the chat page is told beside the model's name.
#[derive(Debug, Default)]
pub struct PageConfig {
    /// For the `dev` command alone.
    pub demo: Option<Demo>,
}

/// The page on the developer's own machine.
#[derive(Debug)]
pub struct Demo {
    /// The demo user's; given to nobody but the page on this machine.
    pub token: SecretString,
    /// Rules answer in Claude's place.
    pub stand_in: bool,
}

#[derive(Debug)]
pub struct LogConfig {
    /// `None`: pretty on a terminal, else JSON.
    pub format: Option<LogFormat>,
    pub targets: Targets,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LogFormat {
    Json,
    Pretty,
}

impl Config {
    /// Reads the process's environment, and under it a `.env` file in the working directory.
    pub fn from_env() -> Result<Self, ConfigError> {
        let (variables, faults) = environment();
        Self::checked(variables, faults)
    }

    /// The same from any list of variables; the process environment is not touched.
    #[expect(
        clippy::should_implement_trait,
        reason = "fallible, unlike FromIterator"
    )]
    pub fn from_iter(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        Self::checked(variables, vec![])
    }

    fn checked(
        variables: impl IntoIterator<Item = (String, String)>,
        faults: Vec<Fault>,
    ) -> Result<Self, ConfigError> {
        let raw = raw(variables);
        let mut check = Check::after(faults);
        let config = Config {
            address: address(&mut check, &raw),
            jwt: jwt(&mut check, &raw),
            claude: claude(&mut check, &raw),
            mcp: McpConfig {
                url: check.url(
                    "PROG_STRENGTH_MCP_URL",
                    raw.prog_strength_mcp_url.as_deref(),
                    "http://mcp:8000/mcp",
                ),
                token: check.header_secret(
                    "PROG_STRENGTH_MCP_TOKEN",
                    raw.prog_strength_mcp_token.as_deref(),
                ),
                call_timeout: check.secs(
                    "MCP_CALL_TIMEOUT_SECS",
                    raw.mcp_call_timeout_secs.as_deref(),
                    30,
                    1,
                ),
            },
            agent: AgentConfig {
                system_prompt: check.prompt(raw.system_prompt_file.as_deref()),
                max_tool_rounds: check.number(
                    "AGENT_MAX_TOOL_ROUNDS",
                    raw.agent_max_tool_rounds.as_deref(),
                    8,
                    1,
                    1000,
                ),
                turn_timeout: check.secs(
                    "AGENT_TURN_TIMEOUT_SECS",
                    raw.agent_turn_timeout_secs.as_deref(),
                    300,
                    1,
                ),
                max_tool_result_bytes: check.number(
                    "AGENT_MAX_TOOL_RESULT_BYTES",
                    raw.agent_max_tool_result_bytes.as_deref(),
                    100_000,
                    1,
                    1 << 30,
                ),
            },
            http: http(&mut check, &raw),
            page: check
                .switch("AGENT_PAGE", raw.agent_page.as_deref())
                .then(PageConfig::default),
            log: log(&mut check, &raw),
        };
        check.finish(config)
    }
}

/// What the `token` command needs: the key, and issuer and audience when set.
pub fn jwt_from_env() -> Result<JwtConfig, ConfigError> {
    part_from_env(jwt)
}

/// What the `healthcheck` command needs.
pub fn address_from_env() -> Result<Address, ConfigError> {
    part_from_env(address)
}

/// A part of the settings alone: what else is missing or wrong does not matter to it.
fn part_from_env<T>(part: impl FnOnce(&mut Check, &Raw) -> T) -> Result<T, ConfigError> {
    let (variables, faults) = environment();
    let mut check = Check::after(faults);
    let part = part(&mut check, &raw(variables));
    check.finish(part)
}

impl JwtConfig {
    /// Shorter than the 256 bits that RFC 7518 section 3.2 asks of an HS256 key.
    pub fn key_is_short(&self) -> bool {
        self.key.expose_secret().len() < 32
    }
}

#[cfg(test)]
mod tests;
