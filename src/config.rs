//! The settings: read once from the environment, checked into types, all faults reported together.
//!
//! Every variable arrives as text through `envy` (which therefore never fails, and never echoes a secret), and is
//! checked here. An empty value counts as unset. Nothing else in the crate reads the environment.

use std::{collections::HashMap, fmt, path::Path, time::Duration};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tracing_subscriber::filter::Targets;
use url::Url;

/// The names of all settings, in the order of the documentation.
pub const VARIABLES: [&str; 27] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "JWT_SIGNING_KEY",
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "PROG_STRENGTH_MCP_URL",
    "PROG_STRENGTH_MCP_TOKEN",
    "AGENT_HOST",
    "AGENT_PORT",
    "CLAUDE_MODEL",
    "CLAUDE_MAX_TOKENS",
    "CORS_ALLOWED_ORIGINS",
    "SYSTEM_PROMPT_FILE",
    "AGENT_MAX_TOOL_ROUNDS",
    "AGENT_TURN_TIMEOUT_SECS",
    "CLAUDE_IDLE_TIMEOUT_SECS",
    "CLAUDE_MAX_RETRIES",
    "MCP_CALL_TIMEOUT_SECS",
    "AGENT_MAX_TOOL_RESULT_BYTES",
    "AGENT_MAX_BODY_BYTES",
    "AGENT_MAX_CONCURRENT_CHATS",
    "RATE_LIMIT_MAX",
    "RATE_LIMIT_WINDOW_SECS",
    "AGENT_SHUTDOWN_GRACE_SECS",
    "LOG_FORMAT",
    "RUST_LOG",
];

const BUILT_IN_PROMPT: &str = include_str!("prompt.md");
const DAY: u64 = 86_400;

/// The environment as it stands, before any check.
#[derive(Deserialize)]
struct Raw {
    anthropic_api_key: Option<String>,
    anthropic_auth_token: Option<String>,
    anthropic_base_url: Option<String>,
    jwt_signing_key: Option<String>,
    jwt_issuer: Option<String>,
    jwt_audience: Option<String>,
    prog_strength_mcp_url: Option<String>,
    prog_strength_mcp_token: Option<String>,
    agent_host: Option<String>,
    agent_port: Option<String>,
    claude_model: Option<String>,
    claude_max_tokens: Option<String>,
    cors_allowed_origins: Option<String>,
    system_prompt_file: Option<String>,
    agent_max_tool_rounds: Option<String>,
    agent_turn_timeout_secs: Option<String>,
    claude_idle_timeout_secs: Option<String>,
    claude_max_retries: Option<String>,
    mcp_call_timeout_secs: Option<String>,
    agent_max_tool_result_bytes: Option<String>,
    agent_max_body_bytes: Option<String>,
    agent_max_concurrent_chats: Option<String>,
    rate_limit_max: Option<String>,
    rate_limit_window_secs: Option<String>,
    agent_shutdown_grace_secs: Option<String>,
    log_format: Option<String>,
    rust_log: Option<String>,
}

/// Everything the `serve` command needs.
#[derive(Debug)]
pub struct Config {
    pub address: Address,
    pub jwt: JwtConfig,
    pub claude: ClaudeConfig,
    pub mcp: McpConfig,
    pub agent: AgentConfig,
    pub http: HttpConfig,
    pub log: LogConfig,
}

/// `AGENT_HOST`, `AGENT_PORT`.
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

/// All settings at fault, one line each, in one message.
#[derive(Debug, thiserror::Error)]
#[error("configuration:{}", Lines(.0))]
pub struct ConfigError(Vec<Fault>);

struct Lines<'a>(&'a [Fault]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|fault| write!(f, "\n  {} {}", fault.variable, fault.what))
    }
}

#[derive(Debug)]
struct Fault {
    variable: &'static str,
    what: String,
}

impl Config {
    /// Reads the process's environment, and under it a `.env` file in the working directory.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_iter(environment()?)
    }

    /// The same from any list of variables; the process environment is not touched.
    #[expect(
        clippy::should_implement_trait,
        reason = "fallible, unlike FromIterator"
    )]
    pub fn from_iter(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let raw = raw(variables);
        let mut check = Check::default();
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
            log: LogConfig {
                format: check.log_format(raw.log_format.as_deref()),
                targets: check.targets(raw.rust_log.as_deref()),
            },
        };
        check.finish(config)
    }
}

/// What the `token` command needs: the key, and issuer and audience when set.
pub fn jwt_from_env() -> Result<JwtConfig, ConfigError> {
    let raw = raw(environment()?);
    let mut check = Check::default();
    let config = jwt(&mut check, &raw);
    check.finish(config)
}

/// What the `healthcheck` command needs.
pub fn address_from_env() -> Result<Address, ConfigError> {
    let raw = raw(environment()?);
    let mut check = Check::default();
    let config = address(&mut check, &raw);
    check.finish(config)
}

/// The process's own variables, and those of `.env` that it does not set.
fn environment() -> Result<HashMap<String, String>, ConfigError> {
    let mut faults = Vec::new();
    let mut found = HashMap::new();
    match dotenvy::from_path_iter(Path::new(".env")) {
        Ok(lines) => {
            for line in lines {
                match line {
                    Ok((name, value)) => drop(found.insert(name, value)),
                    // dotenvy's own message repeats the line, which may hold a secret.
                    Err(_) => faults.push(Fault {
                        variable: ".env",
                        what:
                            "holds a line that is not NAME=value; quote values with spaces or `#`"
                                .into(),
                    }),
                }
            }
        }
        Err(error) if error.not_found() => {}
        Err(_) => faults.push(Fault {
            variable: ".env",
            what: "cannot be read".into(),
        }),
    }
    for variable in VARIABLES {
        if let Some(value) = std::env::var_os(variable) {
            match value.into_string() {
                Ok(value) => drop(found.insert(variable.to_owned(), value)),
                Err(_) => faults.push(Fault {
                    variable,
                    what: "is not valid UTF-8".into(),
                }),
            }
        }
    }
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(ConfigError(faults))
    }
}

fn raw(variables: impl IntoIterator<Item = (String, String)>) -> Raw {
    let known = variables
        .into_iter()
        .filter(|(name, value)| VARIABLES.contains(&name.as_str()) && !value.is_empty());
    envy::from_iter(known).expect("every field of Raw is an optional string")
}

fn address(check: &mut Check, raw: &Raw) -> Address {
    let host = raw.agent_host.as_deref().unwrap_or("0.0.0.0").trim();
    Address {
        host: host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned(),
        port: check.number(
            "AGENT_PORT",
            raw.agent_port.as_deref(),
            8001,
            0,
            u64::from(u16::MAX),
        ),
    }
}

fn jwt(check: &mut Check, raw: &Raw) -> JwtConfig {
    let key = raw.jwt_signing_key.clone().unwrap_or_default();
    if key.is_empty() {
        check.fault(
            "JWT_SIGNING_KEY",
            "is missing or empty; set it to the API's HS256 secret (32 bytes or more)",
        );
    }
    JwtConfig {
        key: key.into(),
        issuer: raw.jwt_issuer.clone(),
        audience: raw.jwt_audience.clone(),
    }
}

fn claude(check: &mut Check, raw: &Raw) -> ClaudeConfig {
    let key = check.header_secret("ANTHROPIC_API_KEY", raw.anthropic_api_key.as_deref());
    let bearer = check.header_secret("ANTHROPIC_AUTH_TOKEN", raw.anthropic_auth_token.as_deref());
    let credential = match (key, bearer) {
        (Some(key), _) => Credential::ApiKey(key),
        (None, Some(token)) => Credential::Bearer(token),
        (None, None) => {
            check.fault(
                "ANTHROPIC_API_KEY",
                "is missing or empty; set it (or ANTHROPIC_AUTH_TOKEN, sent as a bearer)",
            );
            Credential::ApiKey(SecretString::default())
        }
    };
    let mut endpoint = check.url(
        "ANTHROPIC_BASE_URL",
        raw.anthropic_base_url.as_deref(),
        "https://api.anthropic.com",
    );
    if endpoint.query().is_some() {
        check.fault("ANTHROPIC_BASE_URL", "must have no `?…` part");
    }
    let base = endpoint
        .path()
        .trim_end_matches('/')
        .trim_end_matches("/v1")
        .to_owned();
    endpoint.set_path(&format!("{base}/v1/messages"));
    ClaudeConfig {
        endpoint,
        credential,
        model: raw
            .claude_model
            .as_deref()
            .map_or("claude-sonnet-4-6", str::trim)
            .to_owned(),
        max_tokens: check.number(
            "CLAUDE_MAX_TOKENS",
            raw.claude_max_tokens.as_deref(),
            2048,
            1,
            10_000_000,
        ),
        idle_timeout: check.secs(
            "CLAUDE_IDLE_TIMEOUT_SECS",
            raw.claude_idle_timeout_secs.as_deref(),
            60,
            1,
        ),
        max_retries: check.number(
            "CLAUDE_MAX_RETRIES",
            raw.claude_max_retries.as_deref(),
            3,
            0,
            100,
        ),
    }
}

fn http(check: &mut Check, raw: &Raw) -> HttpConfig {
    let max = check.number(
        "RATE_LIMIT_MAX",
        raw.rate_limit_max.as_deref(),
        60,
        0,
        1_000_000,
    );
    let window = check.secs(
        "RATE_LIMIT_WINDOW_SECS",
        raw.rate_limit_window_secs.as_deref(),
        60,
        1,
    );
    HttpConfig {
        cors: check.cors(raw.cors_allowed_origins.as_deref().unwrap_or_default()),
        max_body_bytes: check.number(
            "AGENT_MAX_BODY_BYTES",
            raw.agent_max_body_bytes.as_deref(),
            33_554_432,
            1,
            1 << 32,
        ),
        max_concurrent_chats: check.number(
            "AGENT_MAX_CONCURRENT_CHATS",
            raw.agent_max_concurrent_chats.as_deref(),
            1024,
            1,
            1_000_000,
        ),
        rate_limit: (max > 0).then_some(RateLimit { max, window }),
        shutdown_grace: check.secs(
            "AGENT_SHUTDOWN_GRACE_SECS",
            raw.agent_shutdown_grace_secs.as_deref(),
            30,
            0,
        ),
    }
}

/// Checks values, remembers faults, and hands out something usable meanwhile.
#[derive(Default)]
struct Check(Vec<Fault>);

impl Check {
    fn fault(&mut self, variable: &'static str, what: impl Into<String>) {
        self.0.push(Fault {
            variable,
            what: what.into(),
        });
    }

    fn finish<T>(self, config: T) -> Result<T, ConfigError> {
        if self.0.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(self.0))
        }
    }

    fn number<T: TryFrom<u64> + Default>(
        &mut self,
        variable: &'static str,
        value: Option<&str>,
        default: u64,
        min: u64,
        max: u64,
    ) -> T {
        let number = value.map_or(Some(default), |value| value.trim().parse().ok());
        if let Some(Ok(number)) = number.filter(|n| (min..=max).contains(n)).map(T::try_from) {
            number
        } else {
            self.fault(
                variable,
                format!("must be a whole number from {min} to {max}"),
            );
            T::default()
        }
    }

    fn secs(
        &mut self,
        variable: &'static str,
        value: Option<&str>,
        default: u64,
        min: u64,
    ) -> Duration {
        Duration::from_secs(self.number(variable, value, default, min, DAY))
    }

    fn url(&mut self, variable: &'static str, value: Option<&str>, default: &str) -> Url {
        let fallback = || Url::parse("http://localhost").expect("a constant");
        let Ok(url) = Url::parse(value.unwrap_or(default).trim()) else {
            self.fault(variable, format!("must be a URL such as {default}"));
            return fallback();
        };
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            self.fault(
                variable,
                format!("must be an http or https URL such as {default}"),
            );
            return fallback();
        }
        if !url.username().is_empty() || url.password().is_some() {
            self.fault(
                variable,
                "must hold no user name or password; there are settings for keys and tokens",
            );
        }
        url
    }

    /// A secret that travels in a header: surrounding white space is never part of it.
    fn header_secret(
        &mut self,
        variable: &'static str,
        value: Option<&str>,
    ) -> Option<SecretString> {
        let value = value.map(str::trim).filter(|value| !value.is_empty())?;
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            self.fault(variable, "must be printable ASCII without spaces");
        }
        Some(value.into())
    }

    fn cors(&mut self, value: &str) -> Cors {
        let mut origins = Vec::new();
        for origin in value
            .split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
        {
            if origin == "*" {
                return Cors::Any;
            }
            let exact = Url::parse(origin).is_ok_and(|url| {
                url.host().is_some()
                    && url.origin().ascii_serialization() == origin.to_ascii_lowercase()
            });
            match HeaderValue::from_str(&origin.to_ascii_lowercase()) {
                Ok(value) if exact => origins.push(value),
                _ => self.fault(
                    "CORS_ALLOWED_ORIGINS",
                    "must be a comma-separated list of origins such as https://app.example.com (no path), or *",
                ),
            }
        }
        if origins.is_empty() {
            Cors::Off
        } else {
            Cors::Origins(origins)
        }
    }

    fn prompt(&mut self, file: Option<&str>) -> String {
        let Some(file) = file else {
            return BUILT_IN_PROMPT.to_owned();
        };
        match std::fs::read_to_string(file) {
            Ok(prompt) if !prompt.trim().is_empty() => return prompt,
            Ok(_) => self.fault(
                "SYSTEM_PROMPT_FILE",
                "names an empty file; put the system prompt into it",
            ),
            Err(error) => self.fault(
                "SYSTEM_PROMPT_FILE",
                format!(
                    "names a file that cannot be read as UTF-8 text ({})",
                    error.kind()
                ),
            ),
        }
        String::new()
    }

    fn log_format(&mut self, value: Option<&str>) -> Option<LogFormat> {
        match value?.trim().to_ascii_lowercase().as_str() {
            "json" => Some(LogFormat::Json),
            "pretty" => Some(LogFormat::Pretty),
            _ => {
                self.fault("LOG_FORMAT", "must be `json` or `pretty`");
                None
            }
        }
    }

    fn targets(&mut self, value: Option<&str>) -> Targets {
        value.unwrap_or("info").parse().unwrap_or_else(|_| {
            self.fault(
                "RUST_LOG",
                "must be a list such as `info` or `prog_strength_agent=debug,info`",
            );
            Targets::new()
        })
    }
}

impl JwtConfig {
    /// Shorter than the 256 bits that RFC 7518 section 3.2 asks of an HS256 key.
    pub fn key_is_short(&self) -> bool {
        self.key.expose_secret().len() < 32
    }
}

#[cfg(test)]
mod tests;
