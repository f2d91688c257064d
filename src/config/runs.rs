//! The settings of the `runs` command, and of the commands that ask its server.

mod files;
mod keys;
mod prompts;
mod temporal;

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::{
    Address, ApprovalPolicy, ClaudeConfig, ConfigError, HttpConfig, LogConfig, McpConfig,
    agent::{approvals, http, mcp},
    claude::{claude, model},
    connections::{self, BaseEnvironment, Connections},
    database::{database_url, located},
    from_env, jwt, log,
    reader::{Reader, entries, one_of},
    traces::traces,
    variables::{self as var, Server},
    workout::base_url,
};
use crate::{auth::JwtSettings, telemetry::TracesConfig, upstream::guard::AllowRule};
pub use files::{FilePlace, FilesConfig};
pub use keys::{CallbackSecret, EncryptionKey};
pub use prompts::Prompts;
pub use temporal::TemporalConfig;

/// The settings of the server of runs.
#[derive(Debug)]
pub struct RunsConfig {
    pub address: Address,
    /// `RUNS_PUBLIC_URL`: begins URLs in answers, in place of the request's `Host`.
    pub public_url: Option<Url>,
    pub jwt: JwtSettings,
    /// Its model is `AGENT_MODEL`, the one of runs that name none.
    pub claude: ClaudeConfig,
    /// The models that a request may name; the first is `AGENT_MODEL`.
    pub models: Vec<String>,
    /// The agent's own MCP server.
    pub mcp: McpConfig,
    /// `AGENT_APPROVALS`: calls that are refused, for a run cannot ask.
    pub approvals: ApprovalPolicy,
    pub http: HttpConfig,
    /// `sqlite:…`, `postgres://…` or `postgresql://…`; may hold a password.
    pub database_url: SecretString,
    pub limits: RunLimits,
    pub prompts: Prompts,
    /// `MCP_CONNECTIONS`: the operator's.
    pub connections: Connections,
    /// What the operator's commands get of this process's environment.
    pub environment: BaseEnvironment,
    /// `RUNS_INLINE_CONNECTIONS`: a request may bring connections by URL.
    pub inline_connections: bool,
    /// The first one encrypts. Empty: no secret can be stored.
    pub encryption_keys: Vec<EncryptionKey>,
    pub files: FilesConfig,
    /// Each signs. Empty: there are no callbacks.
    pub callback_secrets: Vec<CallbackSecret>,
    /// `OUTBOUND_ALLOW`: what URLs of users may reach although it is private.
    pub outbound_allow: Vec<AllowRule>,
    /// `None`: runs are dispatched by the database.
    pub temporal: Option<TemporalConfig>,
    pub log: LogConfig,
    /// `None`: traces are off.
    pub traces: Option<TracesConfig>,
    /// About values that are not used as they are written.
    pub(super) ignored: Vec<String>,
}

/// The limits of runs.
#[derive(Debug, Clone, Copy)]
pub struct RunLimits {
    /// Working time of one run, all attempts together.
    pub timeout: Duration,
    pub max_rounds: u32,
    /// Tokens of one run, input and output together.
    pub max_tokens: u64,
    pub max_attempts: u32,
    /// Runs worked on at the same time by one process, and of one owner.
    pub concurrency: usize,
    pub per_user: usize,
    pub max_queued: u64,
    pub queue_ttl: Duration,
    pub retention: Duration,
    /// A longer tool result is cut to this many bytes.
    pub max_tool_result_bytes: usize,
}

impl RunsConfig {
    /// Reads the process environment and, below it, a `.env` file in the working directory.
    pub fn from_env() -> Result<Self, ConfigError> {
        from_env(Self::read)
    }

    /// As [`Self::from_env`], with the effective settings as lines, without secrets.
    pub fn from_env_with_lines() -> Result<(Self, Vec<String>), ConfigError> {
        from_env(|reader| (Self::read(reader), reader.settings(Server::Runs)))
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
        let temporal = TemporalConfig::read(reader);
        let (claude, models) = claude_and_models(reader);
        Self {
            address: reader.address(&var::RUNS_HOST, &var::PORT),
            public_url: base_url(reader, &var::RUNS_PUBLIC_URL),
            jwt: jwt(reader),
            claude,
            models,
            mcp: mcp(reader),
            approvals: approvals(reader),
            http: http(reader),
            database_url: database(reader),
            limits: RunLimits::read(reader),
            prompts: Prompts::read(reader),
            connections: connections(reader),
            environment: BaseEnvironment::from_env(),
            inline_connections: reader.value(
                &var::RUNS_INLINE_CONNECTIONS,
                one_of(&[("off", false), ("http", true)]),
            ),
            encryption_keys: keys::encryption_keys(reader),
            files: FilesConfig::read(reader),
            callback_secrets: keys::callback_secrets(reader),
            outbound_allow: outbound_allow(reader),
            temporal,
            log: log(reader),
            traces: traces(reader, "prog-strength-runs"),
            ignored: reader.warnings(),
        }
    }
}

impl RunLimits {
    fn read(reader: &mut Reader) -> Self {
        let days: u64 = reader.number(&var::RUNS_RETENTION_DAYS);
        Self {
            timeout: Duration::from_millis(reader.number(&var::AGENT_TIMEOUT_MS)),
            max_rounds: reader.number(&var::RUNS_MAX_ROUNDS),
            max_tokens: reader.number(&var::RUNS_MAX_TOKENS),
            max_attempts: reader.number(&var::RUNS_MAX_ATTEMPTS),
            concurrency: reader.number(&var::RUNS_CONCURRENCY),
            per_user: reader.number(&var::RUNS_PER_USER),
            max_queued: reader.number(&var::RUNS_MAX_QUEUED),
            queue_ttl: reader.secs(&var::RUNS_QUEUE_TTL_SECS),
            retention: Duration::from_secs(days * 86_400),
            max_tool_result_bytes: reader.number(&var::AGENT_MAX_TOOL_RESULT_BYTES),
        }
    }
}

/// The settings of requests to Claude by `AGENT_MODEL`, and the models that a request may name.
fn claude_and_models(reader: &mut Reader) -> (ClaudeConfig, Vec<String>) {
    let asked = reader.optional(&var::AGENT_MODEL, model);
    let claude = claude(reader, asked);
    let list = reader.text(&var::RUNS_MODELS).unwrap_or_default();
    let mut models = vec![claude.model.clone()];
    models.extend(entries(list).map(str::to_owned));
    let refusals: Vec<_> = models[1..]
        .iter()
        .flat_map(|model| claude.thinking.refusals(model))
        .collect();
    for (variable, what) in refusals {
        reader.fault(variable, what);
    }
    for what in claude.refused_fields(models[1..].iter().map(|model| (model.as_str(), true))) {
        reader.fault(var::CLAUDE_EXTRA_BODY.name, what);
    }
    let mut seen = std::collections::HashSet::new();
    models.retain(|model| seen.insert(model.clone()));
    (claude, models)
}

fn connections(reader: &mut Reader) -> Connections {
    let text = reader.text(&var::MCP_CONNECTIONS).unwrap_or_default();
    connections::parse(text).unwrap_or_else(|error| {
        reader.fault(var::MCP_CONNECTIONS.name, error.to_string());
        Connections::new()
    })
}

fn outbound_allow(reader: &mut Reader) -> Vec<AllowRule> {
    let rules = reader.optional(&var::OUTBOUND_ALLOW, |list| {
        entries(list).map(|entry| entry.parse().ok()).collect()
    });
    rules.unwrap_or_default()
}

fn database(reader: &mut Reader) -> SecretString {
    let default = var::DATABASE_URL.default_of(Server::Runs);
    let url = reader
        .optional(&var::DATABASE_URL, database_url)
        .filter(|_| reader.given(&var::DATABASE_URL).is_some())
        .unwrap_or_else(|| default.into());
    located(reader, url, false)
}

/// The settings of the commands that ask a server of runs.
#[derive(Debug)]
pub struct ClientConfig {
    pub url: Url,
    /// Only what needs no user works without one.
    pub token: Option<SecretString>,
}

impl ClientConfig {
    /// Reads the process environment and, below it, a `.env` file in the working directory.
    pub fn from_env() -> Result<Self, ConfigError> {
        from_env(|reader| {
            let url = reader.url(&var::RUNS_URL);
            reader.refuse_query(&var::RUNS_URL, &url);
            let token = reader.header_secret(&var::RUNS_TOKEN);
            Self { url, token }
        })
    }
}

/// The settings of the command `runs rotate-keys`.
#[derive(Debug)]
pub struct RotationConfig {
    pub database_url: SecretString,
    pub encryption_keys: Vec<EncryptionKey>,
}

impl RotationConfig {
    /// Reads the process environment and, below it, a `.env` file in the working directory.
    pub fn from_env() -> Result<Self, ConfigError> {
        from_env(|reader| Self {
            database_url: database(reader),
            encryption_keys: keys::encryption_keys(reader),
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
