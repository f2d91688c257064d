//! The settings: read once from the environment into types, all faults reported in one message.
//!
//! - [`variables`]: the table, one line for each variable. A new setting starts there.
//! - `agent`, `workout`, `runs`, `dev`: the settings of each command; `claude`: of requests to Claude, with what each model refuses
//!   in `models`; `traces`: of OpenTelemetry. This file holds the shared ones.
//! - [`connections`]: connections to MCP servers, of the operator and of users.
//! - `reader`: the only code that reads the environment. An empty value counts as unset. `env_file` parses `.env`.

mod agent;
mod approvals;
mod claude;
pub mod connections;
mod cors;
mod database;
#[cfg(feature = "dev")]
mod dev;
mod env_file;
mod error;
mod models;
mod reader;
mod runs;
mod traces;
pub mod variables;
mod warnings;
mod workout;

use std::{num::NonZeroU32, time::Duration};

use secrecy::SecretString;

use crate::{
    auth::JwtSettings,
    process::logs::{LogConfig, LogFormat},
};
pub use agent::{AgentConfig, Config, Demo, HttpConfig, McpConfig, PageConfig};
pub use approvals::ApprovalPolicy;
pub use claude::{ClaudeConfig, Credential};
pub use cors::Cors;
#[cfg(feature = "dev")]
pub use dev::{DevClaude, DevConfig, DevSetup, dev_help};
pub use error::ConfigError;
pub use models::{Thinking, ThinkingMode};
use reader::{Reader, one_of};
pub use runs::{
    CallbackSecret, ClientConfig, EncryptionKey, FilePlace, FilesConfig, Prompts, RotationConfig,
    RunLimits, RunsConfig, TemporalConfig,
};
use variables as var;
pub use workout::{HostRule, Issuer, WorkoutConfig};

/// `AGENT_HOST`, `AGENT_PORT`; or `MCP_HOST`, `MCP_PORT`; or `RUNS_HOST`, `PORT`.
#[derive(Debug, Clone)]
pub struct Address {
    pub host: String,
    pub port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    pub max: NonZeroU32,
    pub window: Duration,
}

/// The settings of the `token` command: the key, and issuer and audience when set.
pub fn jwt_from_env() -> Result<JwtSettings, ConfigError> {
    from_env(jwt)
}

/// The setting of the `healthcheck` command: where the agent, or the workout server, listens.
pub fn address_from_env(workout: bool) -> Result<Address, ConfigError> {
    from_env(if workout { mcp_address } else { agent_address })
}

/// Reads some settings; faults in others do not matter.
fn from_env<T>(read: impl FnOnce(&mut Reader) -> T) -> Result<T, ConfigError> {
    let mut reader = Reader::from_env();
    let settings = read(&mut reader);
    reader.finish(settings)
}

fn agent_address(reader: &mut Reader) -> Address {
    reader.address(&var::AGENT_HOST, &var::AGENT_PORT)
}

fn mcp_address(reader: &mut Reader) -> Address {
    reader.address(&var::MCP_HOST, &var::MCP_PORT)
}

fn jwt(reader: &mut Reader) -> JwtSettings {
    let key = reader.text(&var::JWT_SIGNING_KEY).map(SecretString::from);
    if key.is_none() {
        let kind = &var::JWT_SIGNING_KEY.kind;
        let what = format!("is missing or empty; set it to {kind}");
        reader.fault(var::JWT_SIGNING_KEY.name, what);
    }
    JwtSettings {
        key: key.unwrap_or_default(),
        issuer: reader.text(&var::JWT_ISSUER).map(str::to_owned),
        audience: reader.text(&var::JWT_AUDIENCE).map(str::to_owned),
    }
}

fn log(reader: &mut Reader) -> LogConfig {
    let formats = [("json", LogFormat::Json), ("pretty", LogFormat::Pretty)];
    LogConfig {
        format: reader.optional(&var::LOG_FORMAT, one_of(&formats)),
        targets: reader.value(&var::RUST_LOG, |text| text.parse().ok()),
    }
}

#[cfg(test)]
mod tests;
