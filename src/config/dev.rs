//! The settings of the `dev` command: both services' on loopback, with keys made up for this one run.

use std::{
    net::SocketAddr,
    path::{Path, absolute},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use super::{Config, ConfigError, WorkoutConfig, raw::environment};

/// What a path may hold in an `sqlite:` URL as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');
/// What a developer's environment may say about other services than this one.
const NOT_OURS: [&str; 8] = [
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "MCP_HOST",
    "MCP_PORT",
    "MCP_PUBLIC_URL",
    "MCP_ALLOWED_HOSTS",
    "OAUTH_ISSUER",
    "WORKOUT_USER_ID",
];
const CLAUDES: [&str; 3] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
];

/// Where the parts of `dev` are.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The `SQLite` file.
    pub data: &'a Path,
    pub mcp: SocketAddr,
    pub stand_in: SocketAddr,
    /// The model's name that the stand-in goes by.
    pub stand_in_model: &'a str,
}

/// Everything the `dev` command needs.
#[derive(Debug)]
pub struct DevConfig {
    pub agent: Config,
    pub workout: WorkoutConfig,
    pub claude: DevClaude,
}

/// Who answers in Claude's place, if not Claude.
#[derive(Debug)]
pub enum DevClaude {
    /// Nobody has named a Claude; this is the stand-in's key.
    StandIn(SecretString),
    Real {
        key_given: bool,
    },
}

impl DevConfig {
    /// Reads the process's environment, and under it a `.env` file in the working directory: Claude, the model, limits
    /// and logging are the user's; addresses, keys and the database are this run's own.
    pub fn from_env(places: Places<'_>) -> Result<Self, ConfigError> {
        let (mut variables, faults) = environment();
        variables.retain(|name, value| !value.is_empty() && !NOT_OURS.contains(&name.as_str()));
        let real = CLAUDES.iter().any(|name| variables.contains_key(*name));
        let claude = if real {
            let key_given = CLAUDES[..2].iter().any(|key| variables.contains_key(*key));
            DevClaude::Real { key_given }
        } else {
            DevClaude::StandIn(secret().into())
        };
        for (name, value) in for_claude(&claude, places).into_iter().chain(own(places)) {
            variables.insert(name.to_owned(), value);
        }
        variables
            .entry("AGENT_SHUTDOWN_GRACE_SECS".into())
            .or_insert_with(|| "1".into());
        let workout = WorkoutConfig::from_iter(false, variables.clone());
        Ok(Self {
            agent: Config::checked(variables, faults)?,
            workout: workout?,
            claude,
        })
    }
}

/// Without a Claude, the stand-in; at another address than Anthropic's, perhaps one that asks for no key.
fn for_claude(claude: &DevClaude, places: Places<'_>) -> Vec<(&'static str, String)> {
    match claude {
        DevClaude::StandIn(key) => vec![
            ("ANTHROPIC_API_KEY", key.expose_secret().to_owned()),
            ("ANTHROPIC_BASE_URL", format!("http://{}", places.stand_in)),
            ("CLAUDE_MODEL", places.stand_in_model.to_owned()),
        ],
        DevClaude::Real { key_given: false } => vec![("ANTHROPIC_API_KEY", "none".to_owned())],
        DevClaude::Real { key_given: true } => vec![],
    }
}

fn own(places: Places<'_>) -> [(&'static str, String); 6] {
    let data = absolute(places.data).unwrap_or_else(|_| places.data.to_owned());
    let data = utf8_percent_encode(&data.to_string_lossy(), PATH).to_string();
    [
        ("JWT_SIGNING_KEY", secret()),
        (
            "PROG_STRENGTH_MCP_URL",
            format!("http://{}/mcp", places.mcp),
        ),
        ("PROG_STRENGTH_MCP_TOKEN", secret()),
        ("AGENT_HOST", "127.0.0.1".to_owned()),
        ("DATABASE_URL", format!("sqlite:{data}")),
        ("MCP_RATE_LIMIT_PER_HOUR", "0".to_owned()),
    ]
}

/// 256 random bits, printable.
fn secret() -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
