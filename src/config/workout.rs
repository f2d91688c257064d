//! The settings of the `mcp` command.

use std::time::Duration;

use secrecy::SecretString;
use url::{Host, Url};

use super::{
    Address, ConfigError, Fault, JwtConfig, LogConfig,
    check::Check,
    part_from_env,
    parts::{jwt, log, shutdown_grace},
    raw::{Raw, environment, raw},
};
use crate::auth::is_subject;

/// Everything the `mcp` command needs.
#[derive(Debug)]
pub struct WorkoutConfig {
    pub address: Address,
    /// `sqlite:…`, `postgres://…` or `postgresql://…`; may hold a password.
    pub database_url: SecretString,
    /// `PROG_STRENGTH_MCP_TOKEN`: who has it is the agent.
    pub agent_token: Option<SecretString>,
    /// `JWT_*`, if there is a key.
    pub jwt: Option<JwtConfig>,
    pub oauth_issuer: Option<Issuer>,
    pub public_url: Option<Url>,
    pub allowed_hosts: Vec<HostRule>,
    /// Calls of one user in any hour; 0 switches the limit off.
    pub rate_limit_per_hour: usize,
    /// Whose data is served over standard input and output.
    pub stdio_user: String,
    pub shutdown_grace: Duration,
    pub log: LogConfig,
}

/// `OAUTH_ISSUER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    pub url: Url,
    /// As it was set: clients compare issuers as texts, and a [`Url`] adds a slash to a bare host.
    pub text: String,
}

/// An entry of `MCP_ALLOWED_HOSTS`: a host, in lower case, and perhaps its only port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    pub host: String,
    pub port: Option<u16>,
}

impl HostRule {
    /// `host`, `host:port`, `[::1]` or `[::1]:port`, and nothing beside.
    pub fn parse(text: &str) -> Option<Self> {
        let authority: http::uri::Authority = text.trim().parse().ok()?;
        let rule = Self {
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16(),
        };
        let port = rule.port.map(|port| format!(":{port}")).unwrap_or_default();
        // No user name, no empty port, and a host that a URL can have; a star would match nothing but itself.
        let whole = authority
            .as_str()
            .eq_ignore_ascii_case(&format!("{}{port}", rule.host));
        let host = Host::parse(&rule.host).is_ok() && !rule.host.contains('*');
        (whole && host).then_some(rule)
    }
}

impl WorkoutConfig {
    /// Reads the process's environment, and under it a `.env` file in the working directory. Over `stdio` there are no
    /// callers to know.
    pub fn from_env(stdio: bool) -> Result<Self, ConfigError> {
        let (variables, faults) = environment();
        Self::checked(stdio, variables, faults)
    }

    /// The same from any list of variables; the process environment is not touched.
    pub fn from_iter(
        stdio: bool,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        Self::checked(stdio, variables, vec![])
    }

    fn checked(
        stdio: bool,
        variables: impl IntoIterator<Item = (String, String)>,
        faults: Vec<Fault>,
    ) -> Result<Self, ConfigError> {
        let raw = raw(variables);
        let mut check = Check::after(faults);
        let config = Self {
            address: address(&mut check, &raw),
            agent_token: check.header_secret(
                "PROG_STRENGTH_MCP_TOKEN",
                raw.prog_strength_mcp_token.as_deref(),
            ),
            jwt: raw.jwt_signing_key.is_some().then(|| jwt(&mut check, &raw)),
            public_url: plain_url(
                &mut check,
                "MCP_PUBLIC_URL",
                raw.mcp_public_url.as_deref(),
                "https://mcp.example.com/mcp",
            ),
            allowed_hosts: hosts(&mut check, raw.mcp_allowed_hosts.as_deref()),
            rate_limit_per_hour: check.number(
                "MCP_RATE_LIMIT_PER_HOUR",
                raw.mcp_rate_limit_per_hour.as_deref(),
                100,
                0,
                1_000_000,
            ),
            oauth_issuer: issuer(&mut check, raw.oauth_issuer.as_deref()),
            database_url: database(&mut check, raw.database_url.as_deref()),
            stdio_user: user(&mut check, raw.workout_user_id.as_deref()),
            shutdown_grace: shutdown_grace(&mut check, &raw),
            log: log(&mut check, &raw),
        };
        if !stdio && !config.knows_somebody() {
            check.fault(
                "PROG_STRENGTH_MCP_TOKEN",
                "is missing, and so are JWT_SIGNING_KEY and OAUTH_ISSUER; set at least one, to know callers by",
            );
        }
        check.finish(config)
    }

    fn knows_somebody(&self) -> bool {
        self.agent_token.is_some() || self.jwt.is_some() || self.oauth_issuer.is_some()
    }
}

/// What `healthcheck --mcp` needs.
pub fn mcp_address_from_env() -> Result<Address, ConfigError> {
    part_from_env(address)
}

fn address(check: &mut Check, raw: &Raw) -> Address {
    Address {
        host: check.host("MCP_HOST", raw.mcp_host.as_deref()),
        port: check.number(
            "MCP_PORT",
            raw.mcp_port.as_deref(),
            8000,
            0,
            u64::from(u16::MAX),
        ),
    }
}

/// A URL that is compared and extended: without `?…` and `#…`.
fn plain_url(
    check: &mut Check,
    variable: &'static str,
    value: Option<&str>,
    example: &str,
) -> Option<Url> {
    let url = check.url(variable, Some(value?), example);
    if url.query().is_some() || url.fragment().is_some() {
        check.fault(variable, "must have no `?…` and no `#…` part");
    }
    Some(url)
}

fn issuer(check: &mut Check, value: Option<&str>) -> Option<Issuer> {
    let example = "https://example.supabase.co/auth/v1";
    Some(Issuer {
        url: plain_url(check, "OAUTH_ISSUER", value, example)?,
        text: value?.trim().to_owned(),
    })
}

fn hosts(check: &mut Check, value: Option<&str>) -> Vec<HostRule> {
    let entries = value.unwrap_or("localhost,127.0.0.1,mcp").split(',');
    let entries = entries.map(str::trim).filter(|entry| !entry.is_empty());
    let rules: Option<Vec<_>> = entries.map(HostRule::parse).collect();
    let rules = rules.unwrap_or_default();
    if rules.is_empty() {
        check.fault(
            "MCP_ALLOWED_HOSTS",
            "must be a comma-separated list of hosts such as localhost or mcp.example.com:8000 (no scheme, no path)",
        );
    }
    rules
}

/// Never repeated in a message: it holds a password.
fn database(check: &mut Check, value: Option<&str>) -> SecretString {
    let value = value.unwrap_or("sqlite:prog-strength.db").trim();
    let good = match value.split_once(':') {
        Some(("sqlite", file)) => !file.trim_start_matches('/').is_empty(),
        Some(("postgres" | "postgresql", rest)) => {
            rest.starts_with("//") && Url::parse(value).is_ok()
        }
        _ => false,
    };
    if !good {
        check.fault(
            "DATABASE_URL",
            "must be sqlite:<file> or postgres://<user>:<password>@<host>/<database>",
        );
    }
    value.into()
}

fn user(check: &mut Check, value: Option<&str>) -> String {
    let user = value.unwrap_or("local");
    if !is_subject(user) {
        check.fault(
            "WORKOUT_USER_ID",
            "must be 1 to 256 characters without control characters",
        );
    }
    user.to_owned()
}
