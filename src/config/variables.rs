//! The table of settings: one line for each environment variable.
//!
//! Parsing takes defaults and ranges from it, `--help` is printed from it, and tests compare `.env.example`, `docs/settings.md`
//! and README with it.

mod help;

use std::{fmt, ops::RangeInclusive};

pub use help::help;
pub(super) use help::help_with;

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

/// The commands that read settings. (`dev` runs servers; it sets some variables itself.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The command `serve`.
    Agent,
    /// The command `mcp`.
    Workout,
    /// The command `runs`.
    Runs,
    /// The commands that ask a server of runs: `run`, `runs list`, `skills`, `connections` and so on.
    Client,
    /// The commands `import` and `export`.
    Transfer,
    /// The command `token`.
    Token,
    /// The command `healthcheck`.
    Healthcheck,
    /// The command `runs rotate-keys`.
    RotateKeys,
}

impl Variable {
    pub(super) fn in_range(&self, number: u64) -> bool {
        matches!(&self.kind, Number(range) if range.contains(&number))
    }

    /// The default that a command has for it.
    pub(super) fn default_of(&self, server: Server) -> &'static str {
        let own = OWN_DEFAULTS
            .iter()
            .find(|(of, name, _)| *of == server && *name == self.name);
        own.map_or(self.default, |(.., default)| default)
    }

    /// The setting as a line of `config check`: no secret, and no query of a URL, which may hold one.
    pub(super) fn line(&self, value: Option<&str>, server: Server) -> String {
        let name = self.name;
        match (value, &self.kind) {
            (None, _) => format!("{name}={}", self.default_of(server)),
            (Some(_), Secret(_)) => format!("{name}=(set)"),
            (Some(value), _) if name.ends_with("_URL") || name.ends_with("_ENDPOINT") => {
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

macro_rules! variables {
    ($($name:ident = $default:literal, $kind:expr, $read_by:expr, $help:literal;)*) => {
        $(pub(super) static $name: Variable =
            Variable { name: stringify!($name), default: $default, kind: $kind, read_by: $read_by, help: $help };)*
        /// All settings, in the order of `.env.example`.
        pub static VARIABLES: &[&Variable] = &[$(&$name),*];
    };
}

/// The defaults of a command that differ from the table's.
const OWN_DEFAULTS: [(Server, &str, &str); 2] = [
    (Server::Runs, "DATABASE_URL", RUNS_DATABASE),
    (Server::RotateKeys, "DATABASE_URL", RUNS_DATABASE),
];
const RUNS_DATABASE: &str = "sqlite:prog-strength-runs.db";

const AGENT: &[Server] = &[Server::Agent];
const WORKOUT: &[Server] = &[Server::Workout];
const RUNS: &[Server] = &[Server::Runs];
const CLIENT: &[Server] = &[Server::Client];
/// Those that talk to Claude.
const AGENTS: &[Server] = &[Server::Agent, Server::Runs];
/// Those that have a database.
const STORES: &[Server] = &[
    Server::Workout,
    Server::Runs,
    Server::Transfer,
    Server::RotateKeys,
];
/// Those whose servers `healthcheck` asks.
const AGENT_ADDRESS: &[Server] = &[Server::Agent, Server::Healthcheck];
const WORKOUT_ADDRESS: &[Server] = &[Server::Workout, Server::Healthcheck];
const ROTATED: &[Server] = &[Server::Runs, Server::RotateKeys];
/// Those that know tokens.
const TOKENS: &[Server] = &[Server::Agent, Server::Workout, Server::Runs, Server::Token];
const ALL: &[Server] = &[Server::Agent, Server::Workout, Server::Runs];

const TOKEN: Kind = Secret("printable ASCII without spaces");
const ANY: Kind = Text("any text");
const LISTEN_HOST: Kind = Text("an address such as 0.0.0.0, or a host's name");
const LISTEN_PORT: Kind = Number(0..=65_535);
const SECONDS: Kind = Number(1..=86_400);
const MODEL: Kind = Text("the name of a model such as claude-sonnet-4-6");
const COUNT: Kind = Number(1..=1_000_000);
const COUNT_OR_OFF: Kind = Number(0..=1_000_000);

// NAME = default, valid values, the servers that read it, its meaning;
variables! {
    ANTHROPIC_API_KEY = "", TOKEN, AGENTS, "Key for Claude, sent as `x-api-key`. Required unless ANTHROPIC_AUTH_TOKEN is set";
    ANTHROPIC_AUTH_TOKEN = "", TOKEN, AGENTS, "Sent as `Authorization: Bearer` in place of the key; with both, the key wins";
    ANTHROPIC_BASE_URL = "https://api.anthropic.com", Text("an http or https URL such as https://api.anthropic.com"), AGENTS, "Any server that speaks the Anthropic Messages API";
    JWT_SIGNING_KEY = "", Secret("the API's HS256 secret (32 bytes or more)"), TOKENS, "Shared with the API, used as its raw bytes. Required by `serve`";
    JWT_ISSUER = "", ANY, TOKENS, "When set, a token's `iss` must be this";
    JWT_AUDIENCE = "", ANY, TOKENS, "When set, a token's `aud` must name this";
    PROG_STRENGTH_MCP_URL = "http://mcp:8000/mcp", Text("an http or https URL such as http://mcp:8000/mcp"), AGENTS, "The streamable-HTTP endpoint of the MCP server";
    PROG_STRENGTH_MCP_TOKEN = "", TOKEN, ALL, "How the MCP server knows the agent: `serve` sends it as `Authorization: Bearer`, `mcp` expects it";
    PROG_STRENGTH_MCP_AUTH = "service", Text("`service` or `forward`"), AGENTS, "`forward`: each tool call carries the caller's own token in place of the token above. Only for a server that is an audience of that token";
    AGENT_HOST = "0.0.0.0", LISTEN_HOST, AGENT_ADDRESS, "Address that `serve` listens on";
    AGENT_PORT = "8001", LISTEN_PORT, AGENT_ADDRESS, "Port that `serve` listens on";
    CLAUDE_MODEL = "claude-sonnet-4-6", Text("the name of a model such as claude-sonnet-4-6"), AGENTS, "A model of the server above";
    CLAUDE_MAX_TOKENS = "2048", Number(1..=10_000_000), AGENTS, "Most tokens that Claude may write in one call, thinking included";
    CLAUDE_TITLE_MODEL = "", Text("the name of a model such as claude-haiku-4-5"), AGENT, "The model that names conversations (/title). Unset: CLAUDE_MODEL";
    CLAUDE_THINKING = "auto", Text("`auto`, `adaptive` or `off`"), AGENTS, "Whether Claude thinks; `auto` leaves it to the model";
    CLAUDE_THINKING_DISPLAY = "", Text("`summarized`, `omitted` or `updates`"), AGENTS, "What is shown of the thinking. Unset: the model's default";
    CLAUDE_EFFORT = "", Text("`low`, `medium`, `high`, `xhigh` or `max`"), AGENTS, "How much Claude thinks and writes. Unset: the model's default";
    CLAUDE_CACHE_TTL = "5m", Text("`5m` or `1h`"), AGENTS, "How long Claude keeps prompts in its cache";
    CLAUDE_FALLBACK_MODEL = "", Text("the name of a model such as claude-haiku-4-5"), AGENTS, "Asked once when CLAUDE_MODEL is overloaded after all retries";
    ANTHROPIC_BETAS = "", Text("a comma-separated list of names without spaces"), AGENTS, "Sent as `anthropic-beta`";
    CLAUDE_EXTRA_BODY = "", Secret("a JSON object"), AGENTS, "Merged into each request to Claude; what the agent sets itself wins";
    CORS_ALLOWED_ORIGINS = "", Text("a comma-separated list of origins such as https://app.example.com (no path), or *"), ALL, "Origins whose pages may call. Empty: no CORS headers";
    AGENT_PAGE = "off", Text("`on` or `off`"), AGENT, "The chat page at `/`";
    AGENT_APPROVALS = "off", Text("`off`, `destructive`, `writes`, or a comma-separated list of tools"), AGENTS, "Tools whose calls need the user's confirmation: those that may overwrite or remove something, those that are not read-only, or these. A run cannot ask: such calls are refused";
    SYSTEM_PROMPT_FILE = "", Text("the path of a UTF-8 text file"), AGENT, "Replaces the built-in system prompt";
    AGENT_MAX_TOOL_ROUNDS = "8", Number(1..=1000), AGENT, "Claude calls in one turn that may ask for tools";
    AGENT_TURN_TIMEOUT_SECS = "300", SECONDS, AGENT, "Seconds for one /chat, everything included";
    CLAUDE_IDLE_TIMEOUT_SECS = "60", SECONDS, AGENTS, "Longest silence in a response from Claude, in seconds";
    CLAUDE_MAX_RETRIES = "3", Number(0..=100), AGENTS, "Retries of a Claude call that fails for a passing reason";
    MCP_CALL_TIMEOUT_SECS = "30", SECONDS, AGENTS, "Seconds for one tool call";
    AGENT_MAX_TOOL_RESULT_BYTES = "100000", Number(1..=1 << 30), AGENTS, "Longer tool results are cut to this many bytes";
    AGENT_MAX_BODY_BYTES = "33554432", Number(1..=1 << 32), AGENTS, "Largest request body, in bytes";
    AGENT_MAX_CONCURRENT_CHATS = "1024", COUNT, AGENTS, "Turns at the same time; further ones get 503";
    AGENT_MAX_CHATS_PER_USER = "8", COUNT, AGENTS, "Turns of one user at the same time; further ones get 429";
    AGENT_MEMORY_BUDGET_BYTES = "100663296", Number(1..=1 << 40), AGENTS, "Bytes held for requests at the same time; further ones get 503. One user may hold half, else 429";
    RATE_LIMIT_MAX = "60", COUNT_OR_OFF, AGENTS, "/chat and /title requests of one user: this many at once, refilled evenly over the window; 0 switches the limit off";
    RATE_LIMIT_WINDOW_SECS = "60", SECONDS, AGENTS, "Length of the window, in seconds";
    AGENT_SHUTDOWN_GRACE_SECS = "30", Number(0..=86_400), ALL, "Seconds that running turns have after SIGTERM";
    LOG_FORMAT = "", Text("`json` or `pretty`"), ALL, "Format of log lines. Unset: pretty on a terminal, else JSON";
    RUST_LOG = "info", Text("a list such as `info` or `prog_strength_agent=debug,info`"), ALL, "Log levels";
    OTEL_EXPORTER_OTLP_ENDPOINT = "", Text("an http or https URL such as http://collector:4318"), ALL, "When set, traces are exported to /v1/traces there";
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = "", Text("an http or https URL such as http://collector:4318/v1/traces"), ALL, "The whole URL of traces, in place of the one above";
    OTEL_EXPORTER_OTLP_HEADERS = "", Secret("a comma-separated list of name=value, with percent-encoded values, without headers that the client sets itself, such as host"), ALL, "Headers for the collector, such as authorization=Bearer%20…";
    OTEL_EXPORTER_OTLP_TRACES_HEADERS = "", Secret("a comma-separated list of name=value, with percent-encoded values, without headers that the client sets itself, such as host"), ALL, "Headers with traces, in place of those above";
    OTEL_EXPORTER_OTLP_PROTOCOL = "http/protobuf", Text("`http/protobuf`; no other protocol is spoken"), ALL, "The protocol of the export";
    OTEL_EXPORTER_OTLP_TIMEOUT = "10000", Number(1..=600_000), ALL, "Milliseconds for one request to the collector";
    OTEL_SERVICE_NAME = "", ANY, ALL, "Unset: prog-strength-agent, prog-strength-workouts or prog-strength-runs";
    OTEL_RESOURCE_ATTRIBUTES = "", Text("a comma-separated list of key=value, with percent-encoded values"), ALL, "Attributes of the service, such as deployment.environment.name=production";
    OTEL_TRACES_SAMPLER = "parentbased_always_on", Text("`always_on`, `always_off` or `traceidratio`, or one of these after `parentbased_`"), ALL, "Which traces are recorded. `parentbased_`: the caller's decision comes first";
    OTEL_TRACES_SAMPLER_ARG = "1.0", Text("a number from 0 to 1"), ALL, "The share of `traceidratio`";
    OTEL_BSP_MAX_QUEUE_SIZE = "2048", COUNT, ALL, "Spans that wait for their export; further ones are dropped. With contents, 256 at most";
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE = "512", COUNT, ALL, "Spans of one request to the collector";
    OTEL_BSP_SCHEDULE_DELAY = "5000", Number(1..=600_000), ALL, "Milliseconds between such requests, while fewer spans wait";
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT = "false", Text("`true` or `false`, or `SPAN_ONLY` or `NO_CONTENT`"), ALL, "`true`: spans hold prompts, messages, tool inputs and results, cut to 32 KiB each";
    OTEL_TRACES_EXPORTER = "otlp", Text("`otlp` or `none`"), ALL, "`none`: no traces, whatever else is set";
    OTEL_SDK_DISABLED = "false", Text("`true` or `false`"), ALL, "`true`: no traces, whatever else is set";
    MCP_HOST = "0.0.0.0", LISTEN_HOST, WORKOUT_ADDRESS, "Address that `mcp` listens on";
    MCP_PORT = "8000", LISTEN_PORT, WORKOUT_ADDRESS, "Port that `mcp` listens on";
    MCP_PUBLIC_URL = "", Text("an http or https URL such as https://mcp.example.com/mcp"), WORKOUT, "The URL that clients are given; a token of OAUTH_ISSUER must then be for exactly this";
    MCP_ALLOWED_HOSTS = "localhost,127.0.0.1,mcp", Text("a comma-separated list of hosts such as localhost or mcp.example.com:8000 (no scheme, no path)"), WORKOUT, "What `Host` and `Origin` may name";
    MCP_RATE_LIMIT_PER_HOUR = "100", COUNT_OR_OFF, WORKOUT, "Tool calls of one user: this many at once, refilled evenly over an hour; 0 switches the limit off. `mcp --stdio` has none unless it is set";
    OAUTH_ISSUER = "", Text("an http or https URL such as https://example.supabase.co/auth/v1"), WORKOUT, "An OAuth server whose access tokens (RS256, ES256) are accepted";
    OAUTH_AUDIENCE = "", ANY, WORKOUT, "What a token of OAUTH_ISSUER must be for (`aud`). Unset: this server's URL";
    MCP_OAUTH_FACADE = "off", Text("`on` or `off`"), WORKOUT, "`on`: the metadata, /authorize, /token and /register of OAUTH_ISSUER are served here too, for clients that look for them here";
    DATABASE_URL = "sqlite:prog-strength.db", Secret("sqlite:<file> or postgres://<user>:<password>@<host>/<database>"), STORES, "Where the training data is, and that of runs. `~/` begins the home folder";
    WORKOUT_USER_ID = "local", Text("1 to 256 characters without control characters"), WORKOUT, "The user that `mcp --stdio` serves";
    RUNS_HOST = "0.0.0.0", LISTEN_HOST, RUNS, "Address that `runs` listens on";
    PORT = "3001", LISTEN_PORT, RUNS, "Port that `runs` listens on";
    RUNS_PUBLIC_URL = "", Text("an http or https URL such as https://runs.example.com"), RUNS, "Begins the URLs in answers. Unset: the request's `Host`";
    AGENT_MODEL = "", MODEL, RUNS, "The model of runs that name none. Unset: CLAUDE_MODEL";
    RUNS_MODELS = "", Text("a comma-separated list of models"), RUNS, "The models that a request may name besides AGENT_MODEL";
    AGENT_TIMEOUT_MS = "300000", Number(1..=86_400_000), RUNS, "Milliseconds of work for one run, all attempts together";
    RUNS_MAX_ROUNDS = "50", Number(1..=1000), RUNS, "Claude calls in one run that may ask for tools";
    RUNS_MAX_TOKENS = "1000000", Number(1..=1 << 40), RUNS, "Tokens of one run, input and output together";
    RUNS_MAX_ATTEMPTS = "3", Number(1..=100), RUNS, "Attempts of a run whose process dies";
    RUNS_CONCURRENCY = "16", Number(1..=10_000), RUNS, "Runs worked on at the same time by one process";
    RUNS_PER_USER = "4", Number(1..=10_000), RUNS, "Runs of one user worked on at the same time";
    RUNS_MAX_QUEUED = "10000", COUNT, RUNS, "Queued runs; further ones get 503";
    RUNS_QUEUE_TTL_SECS = "86400", Number(1..=31_536_000), RUNS, "Seconds after which a run that has not begun expires";
    RUNS_RETENTION_DAYS = "30", Number(1..=36_500), RUNS, "Days that ended runs are kept, with their files";
    RUNS_ENCRYPTION_KEYS = "", Secret("`id:base64 of 32 bytes`, several separated by `;`, each id of 1 to 32 letters, digits, `-` and `_`"), ROTATED, "Keys for stored secrets; the first one encrypts. Without them none can be stored";
    SYSTEM_PROMPT = "", ANY, RUNS, "The system prompt of runs that bring none. Unset: `system.md` in PROMPTS_DIR, else a built-in one";
    USER_PROMPT_PREFIX = "", ANY, RUNS, "Put before each prompt. Unset: `user.md` in PROMPTS_DIR, else nothing";
    PROMPTS_DIR = "prompts", Text("the path of a folder"), RUNS, "Holds `system.md` and `user.md`, if there are any";
    MCP_CONNECTIONS = "{}", Secret("a JSON object such as {\"notes\":{\"command\":\"notes-mcp\",\"args\":[]},\"web\":{\"url\":\"https://mcp.example.com/mcp\"}}"), RUNS, "MCP servers that runs may use besides the one above";
    RUNS_INLINE_CONNECTIONS = "off", Text("`off` or `http`"), RUNS, "`http`: a request may bring connections by URL";
    OUTBOUND_ALLOW = "", Text("a comma-separated list of hosts (`nas.local`, `10.0.0.7:8080`) and networks (`10.0.0.0/8`)"), RUNS, "What callbacks and users' connections may reach although it is private";
    CALLBACK_SECRET = "", Secret("`whsec_` and the base64 of 24 to 64 bytes; several separated by spaces"), RUNS, "Signs callbacks (Standard Webhooks). Callbacks need it";
    FILES_URL = "file:prog-strength-files", Text("file:<folder>, s3://<bucket>/<prefix>, gs://<bucket>/<prefix> or az://<container>/<prefix>"), RUNS, "Where files of runs are kept. S3 takes AWS_*, the others GOOGLE_* and AZURE_*";
    FILES_URL_TTL_SECS = "3600", Number(1..=604_800), RUNS, "Seconds that a file's signed URL is valid";
    MAX_FILE_SIZE_MB = "50", Number(1..=10_000), RUNS, "Largest file of a run, in MB; all files of a run may have ten times that";
    SUPABASE_URL = "", Text("an http or https URL such as https://example.supabase.co"), RUNS, "With the next one and without FILES_URL: files are kept in Supabase Storage";
    SUPABASE_SERVICE_KEY = "", TOKEN, RUNS, "The service role's key";
    SUPABASE_STORAGE_BUCKET = "agent-files", Text("the name of a bucket"), RUNS, "A private bucket";
    TEMPORAL_ADDRESS = "", Text("host:port, or with TLS https://host:port"), RUNS, "When set, runs are dispatched by this Temporal server (cargo feature `temporal`)";
    TEMPORAL_NAMESPACE = "default", ANY, RUNS, "A namespace of it";
    TEMPORAL_TASK_QUEUE = "prog-strength-runs", ANY, RUNS, "A task queue of it";
    RUNS_URL = "http://localhost:3001", Text("an http or https URL such as https://runs.example.com"), CLIENT, "The server that `run`, `runs list`, `skills` and so on ask";
    RUNS_TOKEN = "", TOKEN, CLIENT, "The JWT that they send, see `prog-strength-agent token`";
}
