//! The table of settings: one line for each environment variable.
//!
//! Parsing takes defaults and ranges from it, `--help` is printed from it, and tests compare `.env.example` and README
//! with it.

use std::{
    fmt::{self, Write},
    ops::RangeInclusive,
};

use Kind::{Number, Secret, Text};

/// A setting, read from the environment variable of its name.
pub struct Variable {
    pub name: &'static str,
    /// The value of an unset variable; empty if there is no default.
    pub default: &'static str,
    pub(super) kind: Kind,
    pub(super) read_by: &'static [Server],
    help: &'static str,
}

/// The valid values of a setting.
pub(super) enum Kind {
    Number(RangeInclusive<u64>),
    Text(&'static str),
    /// As `Text`, and never shown.
    Secret(&'static str),
}

/// The servers that read settings. (`dev` runs both; it sets some variables itself.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The command `serve`.
    Agent,
    /// The command `mcp`.
    Workout,
}

impl Variable {
    pub(super) fn in_range(&self, number: u64) -> bool {
        matches!(&self.kind, Number(range) if range.contains(&number))
    }
}

impl Variable {
    /// The setting as a line of `config check`: no secret, and no query of a URL, which may hold one.
    pub(super) fn line(&self, value: Option<&str>) -> String {
        let name = self.name;
        match (value, &self.kind) {
            (None, _) => format!("{name}={}", self.default),
            (Some(_), Secret(_)) => format!("{name}=(set)"),
            (Some(value), _) if name.ends_with("_URL") => {
                let (url, query) = value.split_once('?').unwrap_or((value, ""));
                let more = if query.is_empty() { "" } else { "?…" };
                format!("{name}={}{more}", url.escape_debug())
            }
            (Some(value), _) => format!("{name}={}", value.escape_debug()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number(range) => {
                let (min, max) = (range.start(), range.end());
                write!(f, "a whole number from {min} to {max}")
            }
            Text(what) | Secret(what) => f.write_str(what),
        }
    }
}

/// The settings of a server, as `--help` shows them.
pub fn help(server: Server) -> String {
    let mut text =
        "Settings, from the environment or a `.env` file in the working directory:".to_owned();
    for v in VARIABLES.iter().filter(|v| v.read_by.contains(&server)) {
        let _ = write!(text, "\n\n  {}={}", v.name, v.default);
        let _ = write!(text, "\n      {} ({})", v.help, v.kind);
    }
    text
}

macro_rules! variables {
    ($($name:ident = $default:literal, $kind:expr, $read_by:expr, $help:literal;)*) => {
        $(pub(super) static $name: Variable =
            Variable { name: stringify!($name), default: $default, kind: $kind, read_by: $read_by, help: $help };)*
        /// All settings, in the order of `.env.example`.
        pub static VARIABLES: &[&Variable] = &[$(&$name),*];
    };
}

const AGENT: &[Server] = &[Server::Agent];
const WORKOUT: &[Server] = &[Server::Workout];
const BOTH: &[Server] = &[Server::Agent, Server::Workout];

const TOKEN: Kind = Secret("printable ASCII without spaces");
const ANY: Kind = Text("any text");
const HOST: Kind = Text("an address such as 0.0.0.0, or a host's name");
const PORT: Kind = Number(0..=65_535);
const SECONDS: Kind = Number(1..=86_400);
const COUNT: Kind = Number(1..=1_000_000);
const COUNT_OR_OFF: Kind = Number(0..=1_000_000);

// NAME = default, valid values, the servers that read it, its meaning;
variables! {
    ANTHROPIC_API_KEY = "", TOKEN, AGENT, "Key for Claude, sent as `x-api-key`. Required unless ANTHROPIC_AUTH_TOKEN is set";
    ANTHROPIC_AUTH_TOKEN = "", TOKEN, AGENT, "Sent as `Authorization: Bearer` in place of the key; with both, the key wins";
    ANTHROPIC_BASE_URL = "https://api.anthropic.com", Text("an http or https URL such as https://api.anthropic.com"), AGENT, "Any server that speaks the Anthropic Messages API";
    JWT_SIGNING_KEY = "", Secret("the API's HS256 secret (32 bytes or more)"), BOTH, "Shared with the API, used as its raw bytes. Required by `serve`";
    JWT_ISSUER = "", ANY, BOTH, "When set, a token's `iss` must be this";
    JWT_AUDIENCE = "", ANY, BOTH, "When set, a token's `aud` must name this";
    PROG_STRENGTH_MCP_URL = "http://mcp:8000/mcp", Text("an http or https URL such as http://mcp:8000/mcp"), AGENT, "The streamable-HTTP endpoint of the MCP server";
    PROG_STRENGTH_MCP_TOKEN = "", TOKEN, BOTH, "How the MCP server knows the agent: `serve` sends it as `Authorization: Bearer`, `mcp` expects it";
    PROG_STRENGTH_MCP_AUTH = "service", Text("`service` or `forward`"), AGENT, "`forward`: each tool call carries the caller's own token in place of the token above. Only for a server that is an audience of that token";
    AGENT_HOST = "0.0.0.0", HOST, AGENT, "Address that `serve` listens on";
    AGENT_PORT = "8001", PORT, AGENT, "Port that `serve` listens on";
    CLAUDE_MODEL = "claude-sonnet-4-6", Text("the name of a model such as claude-sonnet-4-6"), AGENT, "A model of the server above";
    CLAUDE_MAX_TOKENS = "2048", Number(1..=10_000_000), AGENT, "Most tokens that Claude may write in one call, thinking included";
    CLAUDE_TITLE_MODEL = "", Text("the name of a model such as claude-haiku-4-5"), AGENT, "The model that names conversations (/title). Unset: CLAUDE_MODEL";
    CLAUDE_THINKING = "auto", Text("`auto`, `adaptive` or `off`"), AGENT, "Whether Claude thinks; `auto` leaves it to the model";
    CLAUDE_THINKING_DISPLAY = "", Text("`summarized`, `omitted` or `updates`"), AGENT, "What is shown of the thinking. Unset: the model's default";
    CLAUDE_EFFORT = "", Text("`low`, `medium`, `high`, `xhigh` or `max`"), AGENT, "How much Claude thinks and writes. Unset: the model's default";
    CLAUDE_CACHE_TTL = "5m", Text("`5m` or `1h`"), AGENT, "How long Claude keeps prompts in its cache";
    CLAUDE_FALLBACK_MODEL = "", Text("the name of a model such as claude-haiku-4-5"), AGENT, "Asked once when CLAUDE_MODEL is overloaded after all retries";
    ANTHROPIC_BETAS = "", Text("a comma-separated list of names without spaces"), AGENT, "Sent as `anthropic-beta`";
    CLAUDE_EXTRA_BODY = "", Secret("a JSON object"), AGENT, "Merged into each request to Claude; what the agent sets itself wins";
    CORS_ALLOWED_ORIGINS = "", Text("a comma-separated list of origins such as https://app.example.com (no path), or *"), AGENT, "Origins whose pages may call. Empty: no CORS headers";
    AGENT_PAGE = "off", Text("`on` or `off`"), AGENT, "The chat page at `/`";
    SYSTEM_PROMPT_FILE = "", Text("the path of a UTF-8 text file"), AGENT, "Replaces the built-in system prompt";
    AGENT_MAX_TOOL_ROUNDS = "8", Number(1..=1000), AGENT, "Claude calls in one turn that may ask for tools";
    AGENT_TURN_TIMEOUT_SECS = "300", SECONDS, AGENT, "Seconds for one /chat, everything included";
    CLAUDE_IDLE_TIMEOUT_SECS = "60", SECONDS, AGENT, "Longest silence in a response from Claude, in seconds";
    CLAUDE_MAX_RETRIES = "3", Number(0..=100), AGENT, "Retries of a Claude call that fails for a passing reason";
    MCP_CALL_TIMEOUT_SECS = "30", SECONDS, AGENT, "Seconds for one tool call";
    AGENT_MAX_TOOL_RESULT_BYTES = "100000", Number(1..=1 << 30), AGENT, "Longer tool results are cut to this many bytes";
    AGENT_MAX_BODY_BYTES = "33554432", Number(1..=1 << 32), AGENT, "Largest request body, in bytes";
    AGENT_MAX_CONCURRENT_CHATS = "1024", COUNT, AGENT, "Turns at the same time; further ones get 503";
    AGENT_MAX_CHATS_PER_USER = "8", COUNT, AGENT, "Turns of one user at the same time; further ones get 429";
    AGENT_MEMORY_BUDGET_BYTES = "100663296", Number(1..=1 << 40), AGENT, "Bytes held for requests at the same time; further ones get 503. One user may hold half, else 429";
    RATE_LIMIT_MAX = "60", COUNT_OR_OFF, AGENT, "/chat and /title requests of one user: this many at once, refilled evenly over the window; 0 switches the limit off";
    RATE_LIMIT_WINDOW_SECS = "60", SECONDS, AGENT, "Length of the window, in seconds";
    AGENT_SHUTDOWN_GRACE_SECS = "30", Number(0..=86_400), BOTH, "Seconds that running turns have after SIGTERM";
    LOG_FORMAT = "", Text("`json` or `pretty`"), BOTH, "Format of log lines. Unset: pretty on a terminal, else JSON";
    RUST_LOG = "info", Text("a list such as `info` or `prog_strength_agent=debug,info`"), BOTH, "Log levels";
    MCP_HOST = "0.0.0.0", HOST, WORKOUT, "Address that `mcp` listens on";
    MCP_PORT = "8000", PORT, WORKOUT, "Port that `mcp` listens on";
    MCP_PUBLIC_URL = "", Text("an http or https URL such as https://mcp.example.com/mcp"), WORKOUT, "The URL that clients are given; a token of OAUTH_ISSUER must then be for exactly this";
    MCP_ALLOWED_HOSTS = "localhost,127.0.0.1,mcp", Text("a comma-separated list of hosts such as localhost or mcp.example.com:8000 (no scheme, no path)"), WORKOUT, "What `Host` and `Origin` may name";
    MCP_RATE_LIMIT_PER_HOUR = "100", COUNT_OR_OFF, WORKOUT, "Tool calls of one user: this many at once, refilled evenly over an hour; 0 switches the limit off";
    OAUTH_ISSUER = "", Text("an http or https URL such as https://example.supabase.co/auth/v1"), WORKOUT, "An OAuth server whose access tokens (RS256, ES256) are accepted";
    DATABASE_URL = "sqlite:prog-strength.db", Secret("sqlite:<file> or postgres://<user>:<password>@<host>/<database>"), WORKOUT, "Where the training data is";
    WORKOUT_USER_ID = "local", Text("1 to 256 characters without control characters"), WORKOUT, "The user that `mcp --stdio` serves";
}
