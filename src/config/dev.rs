//! The settings of the `dev` command: those of all servers on loopback, with keys generated for this process.

use std::{
    net::SocketAddr,
    path::{Path, absolute},
};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Config, ConfigError, FilePlace, RunsConfig, WorkoutConfig,
    cors::Cors,
    reader::Reader,
    variables::{self as var, Server, Variable, help_with},
};

/// The characters that need no encoding in the path of an `sqlite:` URL.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');
/// Settings in a developer's environment that are for other servers, and ignored.
static IGNORED: [&Variable; 15] = [
    &var::JWT_ISSUER,
    &var::JWT_AUDIENCE,
    &var::MCP_HOST,
    &var::MCP_PORT,
    &var::MCP_PUBLIC_URL,
    &var::MCP_ALLOWED_HOSTS,
    &var::OAUTH_ISSUER,
    &var::OAUTH_AUDIENCE,
    &var::MCP_OAUTH_FACADE,
    &var::WORKOUT_USER_ID,
    &var::RUNS_PUBLIC_URL,
    &var::FILES_URL,
    &var::SUPABASE_URL,
    &var::SUPABASE_SERVICE_KEY,
    &var::TEMPORAL_ADDRESS,
];

/// Set by `dev` itself, whatever the environment says.
static OWN: [&Variable; 7] = [
    &var::JWT_SIGNING_KEY,
    &var::PROG_STRENGTH_MCP_URL,
    &var::PROG_STRENGTH_MCP_TOKEN,
    &var::AGENT_HOST,
    &var::RUNS_HOST,
    &var::DATABASE_URL,
    &var::MCP_RATE_LIMIT_PER_HOUR,
];
const SERVERS: [Server; 3] = [Server::Agent, Server::Workout, Server::Runs];

/// The settings that `dev` reads, as its `--help` shows them.
pub fn dev_help() -> String {
    help_with(|variable| {
        let is_named = |other: &&Variable| other.name == variable.name;
        let is_set = IGNORED.iter().chain(&OWN).any(is_named);
        let is_read = SERVERS.iter().any(|it| variable.read_by.contains(it));
        (is_read && !is_set).then_some(variable.default)
    })
}

/// The addresses and files that `dev` sets up before it reads the settings.
#[derive(Clone, Copy, Debug)]
pub struct DevSetup<'a> {
    /// The `SQLite` file of the workout server.
    pub data: &'a Path,
    /// The folder of the runs server's database and files.
    pub runs: &'a Path,
    pub mcp: SocketAddr,
    pub stand_in: SocketAddr,
    pub stand_in_model: &'a str,
}

/// The settings of the `dev` command.
#[derive(Debug)]
pub struct DevConfig {
    pub agent: Config,
    pub workout: WorkoutConfig,
    /// Its port, `PORT`, may be taken by another server.
    pub runs: RunsConfig,
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
    /// Reads the process environment and, below it, a `.env` file in the working directory: Claude, the model, limits,
    /// approvals and logging are the user's; addresses, keys and the database are set here.
    pub fn from_env(setup: DevSetup<'_>) -> Result<Self, ConfigError> {
        let mut reader = Reader::from_env();
        for variable in IGNORED {
            reader.unset(variable);
        }
        let claude = claude(&mut reader, setup);
        set_servers(&mut reader, setup);
        let agent = Config::read(&mut reader);
        let workout = WorkoutConfig::read(&mut reader, false);
        let config = Self {
            agent,
            workout,
            runs: runs(&mut reader, setup),
            claude,
        };
        reader.finish(config)
    }

    /// Lets the page on this port call the runs server, by every name of this machine.
    pub fn allow_page(&mut self, port: u16) {
        let here = ["localhost", "127.0.0.1", "[::1]"].into_iter();
        let here = here.filter_map(|host| format!("http://{host}:{port}").parse().ok());
        match &mut self.runs.http.cors {
            Cors::Any => {}
            Cors::Origins(origins) => origins.extend(here),
            off @ Cors::Off => *off = Cors::Origins(here.collect::<Vec<HeaderValue>>()),
        }
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
    for model in [&var::CLAUDE_MODEL, &var::AGENT_MODEL] {
        reader.set(model, setup.stand_in_model);
    }
    reader.unset(&var::RUNS_MODELS);
    DevClaude::StandIn(key)
}

fn set_servers(reader: &mut Reader, setup: DevSetup<'_>) {
    reader.set(&var::JWT_SIGNING_KEY, random_secret());
    let mcp_url = format!("http://{}/mcp", setup.mcp);
    reader.set(&var::PROG_STRENGTH_MCP_URL, mcp_url);
    reader.set(&var::PROG_STRENGTH_MCP_TOKEN, random_secret());
    reader.set(&var::AGENT_HOST, "127.0.0.1");
    reader.set(&var::DATABASE_URL, sqlite(setup.data));
    reader.set(&var::MCP_RATE_LIMIT_PER_HOUR, "0");
    for (variable, value) in [
        (&var::AGENT_SHUTDOWN_GRACE_SECS, "1"),
        // A newcomer sees how the page asks.
        (&var::AGENT_APPROVALS, "destructive"),
    ] {
        if reader.given(variable).is_none() {
            reader.set(variable, value);
        }
    }
}

/// After the other servers' settings: `DATABASE_URL` is another one here.
fn runs(reader: &mut Reader, setup: DevSetup<'_>) -> RunsConfig {
    reader.set(&var::RUNS_HOST, "127.0.0.1");
    reader.set(&var::DATABASE_URL, sqlite(&setup.runs.join("runs.db")));
    if reader.given(&var::RUNS_ENCRYPTION_KEYS).is_none() {
        let key = BASE64_STANDARD.encode(rand::random::<[u8; 32]>());
        reader.set(&var::RUNS_ENCRYPTION_KEYS, format!("dev:{key}"));
    }
    let mut config = RunsConfig::read(reader);
    config.files.place = FilePlace::Folder(setup.runs.join("files"));
    config
}

fn sqlite(file: &Path) -> String {
    let file = absolute(file).unwrap_or_else(|_| file.to_owned());
    let file = file.to_string_lossy();
    format!("sqlite:{}", utf8_percent_encode(&file, PATH))
}

/// 256 random bits, printable.
fn random_secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
