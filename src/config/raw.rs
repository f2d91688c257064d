//! The environment as it stands, before any check: the process's own variables, and a `.env` file under them.

use std::{collections::HashMap, path::Path};

use serde::Deserialize;

use super::Fault;

/// The names of all settings, in the order of the documentation.
pub const VARIABLES: [&str; 36] = [
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
    "AGENT_PAGE",
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
    "MCP_HOST",
    "MCP_PORT",
    "MCP_PUBLIC_URL",
    "MCP_ALLOWED_HOSTS",
    "MCP_RATE_LIMIT_PER_HOUR",
    "OAUTH_ISSUER",
    "DATABASE_URL",
    "WORKOUT_USER_ID",
];

#[derive(Deserialize)]
pub(super) struct Raw {
    pub(super) anthropic_api_key: Option<String>,
    pub(super) anthropic_auth_token: Option<String>,
    pub(super) anthropic_base_url: Option<String>,
    pub(super) jwt_signing_key: Option<String>,
    pub(super) jwt_issuer: Option<String>,
    pub(super) jwt_audience: Option<String>,
    pub(super) prog_strength_mcp_url: Option<String>,
    pub(super) prog_strength_mcp_token: Option<String>,
    pub(super) agent_host: Option<String>,
    pub(super) agent_port: Option<String>,
    pub(super) claude_model: Option<String>,
    pub(super) claude_max_tokens: Option<String>,
    pub(super) cors_allowed_origins: Option<String>,
    pub(super) agent_page: Option<String>,
    pub(super) system_prompt_file: Option<String>,
    pub(super) agent_max_tool_rounds: Option<String>,
    pub(super) agent_turn_timeout_secs: Option<String>,
    pub(super) claude_idle_timeout_secs: Option<String>,
    pub(super) claude_max_retries: Option<String>,
    pub(super) mcp_call_timeout_secs: Option<String>,
    pub(super) agent_max_tool_result_bytes: Option<String>,
    pub(super) agent_max_body_bytes: Option<String>,
    pub(super) agent_max_concurrent_chats: Option<String>,
    pub(super) rate_limit_max: Option<String>,
    pub(super) rate_limit_window_secs: Option<String>,
    pub(super) agent_shutdown_grace_secs: Option<String>,
    pub(super) log_format: Option<String>,
    pub(super) rust_log: Option<String>,
    pub(super) mcp_host: Option<String>,
    pub(super) mcp_port: Option<String>,
    pub(super) mcp_public_url: Option<String>,
    pub(super) mcp_allowed_hosts: Option<String>,
    pub(super) mcp_rate_limit_per_hour: Option<String>,
    pub(super) oauth_issuer: Option<String>,
    pub(super) database_url: Option<String>,
    pub(super) workout_user_id: Option<String>,
}

/// The process's own variables, and those of `.env` that it does not set.
pub(super) fn environment() -> (HashMap<String, String>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut found = HashMap::new();
    match dotenvy::from_path_iter(Path::new(".env")) {
        Ok(lines) => {
            for line in lines {
                match line {
                    Ok((name, value)) => drop(found.insert(name, value)),
                    // A folder, say: it would fail again and again.
                    Err(dotenvy::Error::Io(_)) => {
                        faults.push(unreadable());
                        break;
                    }
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
        Err(_) => faults.push(unreadable()),
    }
    for variable in VARIABLES {
        #[expect(clippy::disallowed_methods, reason = "this is the one place")]
        let value = std::env::var_os(variable);
        if let Some(value) = value {
            match value.into_string() {
                Ok(value) => drop(found.insert(variable.to_owned(), value)),
                Err(_) => faults.push(Fault {
                    variable,
                    what: "is not valid UTF-8".into(),
                }),
            }
        }
    }
    (found, faults)
}

fn unreadable() -> Fault {
    Fault {
        variable: ".env",
        what: "cannot be read; it must be a text file, or not be there".into(),
    }
}

pub(super) fn raw(variables: impl IntoIterator<Item = (String, String)>) -> Raw {
    let known = variables
        .into_iter()
        .filter(|(name, value)| VARIABLES.contains(&name.as_str()) && !value.is_empty());
    envy::from_iter(known).expect("every field of Raw is an optional string")
}
