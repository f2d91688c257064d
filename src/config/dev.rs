//! The settings of the `dev` command: those of both servers on loopback, with keys generated for this process.

use std::{
    net::SocketAddr,
    path::{Path, absolute},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Config, ConfigError, WorkoutConfig,
    reader::Reader,
    variables::{self as var, Variable},
};

/// The characters that need no encoding in the path of an `sqlite:` URL.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');
/// Settings in a developer's environment that are for other servers, and ignored.
static IGNORED: [&Variable; 8] = [
    &var::JWT_ISSUER,
    &var::JWT_AUDIENCE,
    &var::MCP_HOST,
    &var::MCP_PORT,
    &var::MCP_PUBLIC_URL,
    &var::MCP_ALLOWED_HOSTS,
    &var::OAUTH_ISSUER,
    &var::WORKOUT_USER_ID,
];

/// The addresses and files that `dev` sets up before it reads the settings.
#[derive(Clone, Copy, Debug)]
pub struct DevSetup<'a> {
    /// The `SQLite` file.
    pub data: &'a Path,
    pub mcp: SocketAddr,
    pub stand_in: SocketAddr,
    pub stand_in_model: &'a str,
}

/// The settings of the `dev` command.
#[derive(Debug)]
pub struct DevConfig {
    pub agent: Config,
    pub workout: WorkoutConfig,
    pub claude: DevClaude,
}

/// Claude, or its stand-in.
#[derive(Debug)]
pub enum DevClaude {
    /// No variable configures Claude. Holds the stand-in's key.
    StandIn(SecretString),
    Real {
        key_given: bool,
    },
}

impl DevConfig {
    /// Reads the process environment and, below it, a `.env` file in the working directory: Claude, the model, limits
    /// and logging are the user's; addresses, keys and the database are set here.
    pub fn from_env(setup: DevSetup<'_>) -> Result<Self, ConfigError> {
        let mut reader = Reader::from_env();
        for variable in IGNORED {
            reader.unset(variable);
        }
        let claude = claude(&mut reader, setup);
        set_servers(&mut reader, setup);
        let config = Self {
            agent: Config::read(&mut reader),
            workout: WorkoutConfig::read(&mut reader, false),
            claude,
        };
        reader.finish(config)
    }
}

fn claude(reader: &mut Reader, setup: DevSetup<'_>) -> DevClaude {
    let is_given = |variable| reader.given(variable).is_some();
    let key_given = is_given(&var::ANTHROPIC_API_KEY) || is_given(&var::ANTHROPIC_AUTH_TOKEN);
    if key_given || is_given(&var::ANTHROPIC_BASE_URL) {
        if !key_given {
            // A server other than Anthropic's may need no key.
            reader.set(&var::ANTHROPIC_API_KEY, "none");
        }
        return DevClaude::Real { key_given };
    }
    let key = SecretString::from(random_secret());
    reader.set(&var::ANTHROPIC_API_KEY, key.expose_secret());
    let base_url = format!("http://{}", setup.stand_in);
    reader.set(&var::ANTHROPIC_BASE_URL, base_url);
    reader.set(&var::CLAUDE_MODEL, setup.stand_in_model);
    DevClaude::StandIn(key)
}

fn set_servers(reader: &mut Reader, setup: DevSetup<'_>) {
    let data = absolute(setup.data).unwrap_or_else(|_| setup.data.to_owned());
    let data = utf8_percent_encode(&data.to_string_lossy(), PATH).to_string();
    reader.set(&var::JWT_SIGNING_KEY, random_secret());
    let mcp_url = format!("http://{}/mcp", setup.mcp);
    reader.set(&var::PROG_STRENGTH_MCP_URL, mcp_url);
    reader.set(&var::PROG_STRENGTH_MCP_TOKEN, random_secret());
    reader.set(&var::AGENT_HOST, "127.0.0.1");
    reader.set(&var::DATABASE_URL, format!("sqlite:{data}"));
    reader.set(&var::MCP_RATE_LIMIT_PER_HOUR, "0");
    if reader.given(&var::AGENT_SHUTDOWN_GRACE_SECS).is_none() {
        reader.set(&var::AGENT_SHUTDOWN_GRACE_SECS, "1");
    }
}

/// 256 random bits, printable.
fn random_secret() -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
