//! The settings: read once from the environment, checked into types, all faults reported in one message.
//!
//! - [`variables`]: the table, one line for each variable. A new setting begins there.
//! - `agent`, `workout`, `dev`: the settings of each command. This file holds those that they share.
//! - `reader`: the only code that reads the environment. An empty value counts as unset.

mod agent;
mod dev;
mod error;
mod reader;
pub mod variables;
mod workout;

use std::time::Duration;

use secrecy::SecretString;
use tracing_subscriber::filter::Targets;

use crate::auth::JwtSettings;
pub use agent::{
    AgentConfig, ClaudeConfig, Config, Cors, Credential, Demo, HttpConfig, McpConfig, PageConfig,
};
pub use dev::{DevClaude, DevConfig, DevSetup};
pub use error::ConfigError;
use reader::Reader;
use variables::{
    AGENT_HOST, AGENT_PORT, AGENT_SHUTDOWN_GRACE_SECS, JWT_AUDIENCE, JWT_ISSUER, JWT_SIGNING_KEY,
    LOG_FORMAT, MCP_HOST, MCP_PORT, RUST_LOG,
};
pub use workout::{HostRule, Issuer, WorkoutConfig};

/// `AGENT_HOST`, `AGENT_PORT`; or `MCP_HOST`, `MCP_PORT`.
#[derive(Debug, Clone)]
pub struct Address {
    pub host: String,
    pub port: u16,
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

/// The settings of the `token` command: the key, and issuer and audience when set.
pub fn jwt_from_env() -> Result<JwtSettings, ConfigError> {
    from_env(jwt)
}

/// The settings of the `healthcheck` command.
pub fn address_from_env() -> Result<Address, ConfigError> {
    from_env(agent_address)
}

/// The settings of `healthcheck --mcp`.
pub fn mcp_address_from_env() -> Result<Address, ConfigError> {
    from_env(mcp_address)
}

/// Reads some settings; faults in others do not matter.
fn from_env<T>(read: impl FnOnce(&mut Reader) -> T) -> Result<T, ConfigError> {
    let mut reader = Reader::from_env();
    let settings = read(&mut reader);
    reader.finish(settings)
}

fn agent_address(reader: &mut Reader) -> Address {
    Address {
        host: reader.host(&AGENT_HOST),
        port: reader.number(&AGENT_PORT),
    }
}

fn mcp_address(reader: &mut Reader) -> Address {
    Address {
        host: reader.host(&MCP_HOST),
        port: reader.number(&MCP_PORT),
    }
}

fn jwt(reader: &mut Reader) -> JwtSettings {
    let key = reader.text(&JWT_SIGNING_KEY).map(SecretString::from);
    if key.is_none() {
        let what = format!("is missing or empty; set it to {}", JWT_SIGNING_KEY.kind);
        reader.fault(&JWT_SIGNING_KEY, what);
    }
    JwtSettings {
        key: key.unwrap_or_default(),
        issuer: reader.text(&JWT_ISSUER).map(str::to_owned),
        audience: reader.text(&JWT_AUDIENCE).map(str::to_owned),
    }
}

fn shutdown_grace(reader: &mut Reader) -> Duration {
    reader.secs(&AGENT_SHUTDOWN_GRACE_SECS)
}

fn log(reader: &mut Reader) -> LogConfig {
    LogConfig {
        format: reader.optional(&LOG_FORMAT, |text| {
            match text.trim().to_ascii_lowercase().as_str() {
                "json" => Some(LogFormat::Json),
                "pretty" => Some(LogFormat::Pretty),
                _ => None,
            }
        }),
        targets: reader.value(&RUST_LOG, |text| text.parse().ok()),
    }
}

#[cfg(test)]
mod tests;
