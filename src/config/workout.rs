//! The settings of the `mcp` command.

use std::time::Duration;

use secrecy::SecretString;
use url::{Host, Url};

use super::{
    Address, ConfigError, LogConfig, from_env, jwt, log, mcp_address,
    reader::{Reader, entries},
    variables::{self as var, Variable},
};
use crate::auth::{JwtSettings, Subject};

/// The settings of the workout server.
#[derive(Debug)]
pub struct WorkoutConfig {
    pub address: Address,
    /// `sqlite:…`, `postgres://…` or `postgresql://…`; may hold a password.
    pub database_url: SecretString,
    /// `PROG_STRENGTH_MCP_TOKEN`: identifies the agent.
    pub agent_token: Option<SecretString>,
    /// `JWT_*`, if there is a key.
    pub jwt: Option<JwtSettings>,
    pub oauth_issuer: Option<Issuer>,
    pub public_url: Option<Url>,
    pub allowed_hosts: Vec<HostRule>,
    /// Calls of one user in any hour; 0 switches the limit off.
    pub rate_limit_per_hour: usize,
    /// The user that is served over standard input and output.
    pub stdio_user: Subject,
    pub shutdown_grace: Duration,
    pub log: LogConfig,
    /// About values that are not used as they are written.
    pub(super) ignored: Vec<String>,
}

/// `OAUTH_ISSUER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    pub url: Url,
    /// The text of the setting: clients compare issuers as texts, and a [`Url`] adds a slash to a bare host.
    pub text: String,
}

/// An entry of `MCP_ALLOWED_HOSTS`: a host in lower case, at one port or at any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    pub host: String,
    pub port: Option<u16>,
}

impl HostRule {
    /// `host`, `host:port`, `[::1]` or `[::1]:port`.
    pub fn parse(text: &str) -> Option<Self> {
        let authority: http::uri::Authority = text.trim().parse().ok()?;
        let rule = Self {
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16(),
        };
        let port = rule.port.map(|port| format!(":{port}")).unwrap_or_default();
        // No user name, no empty port, and a host that is valid in a URL. There are no wildcards.
        let parsed = format!("{}{port}", rule.host);
        let whole = authority.as_str().eq_ignore_ascii_case(&parsed);
        let host = Host::parse(&rule.host).is_ok() && !rule.host.contains('*');
        (whole && host).then_some(rule)
    }
}

impl WorkoutConfig {
    /// Reads the process environment and, below it, a `.env` file in the working directory. Settings that identify callers
    /// are not required over `stdio`.
    pub fn from_env(stdio: bool) -> Result<Self, ConfigError> {
        from_env(|reader| Self::read(reader, stdio))
    }

    /// Like [`Self::from_env`], from a list of variables instead of the process environment.
    pub fn from_iter(
        stdio: bool,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::from_iter(variables);
        let config = Self::read(&mut reader, stdio);
        reader.finish(config)
    }

    pub(super) fn read(reader: &mut Reader, stdio: bool) -> Self {
        let has_key = reader.given(&var::JWT_SIGNING_KEY).is_some();
        let config = Self {
            address: mcp_address(reader),
            agent_token: reader.header_secret(&var::PROG_STRENGTH_MCP_TOKEN),
            jwt: has_key.then(|| jwt(reader)),
            public_url: base_url(reader, &var::MCP_PUBLIC_URL),
            allowed_hosts: reader.value(&var::MCP_ALLOWED_HOSTS, host_rules),
            rate_limit_per_hour: reader.number(&var::MCP_RATE_LIMIT_PER_HOUR),
            oauth_issuer: issuer(reader),
            database_url: reader.value(&var::DATABASE_URL, database_url),
            stdio_user: reader.value(&var::WORKOUT_USER_ID, |text| Subject::parse(text).ok()),
            shutdown_grace: reader.secs(&var::AGENT_SHUTDOWN_GRACE_SECS),
            log: log(reader),
            ignored: reader.warnings(),
        };
        if !stdio && !config.identifies_callers() {
            reader.fault(
                var::PROG_STRENGTH_MCP_TOKEN.name,
                "is missing, and so are JWT_SIGNING_KEY and OAUTH_ISSUER; set at least one, to know callers by",
            );
        }
        config
    }

    fn identifies_callers(&self) -> bool {
        self.agent_token.is_some() || self.jwt.is_some() || self.oauth_issuer.is_some()
    }
}

/// A URL that is compared or extended.
pub(super) fn base_url(reader: &mut Reader, variable: &Variable) -> Option<Url> {
    let url = reader.optional_url(variable)?;
    reader.refuse_query(variable, &url);
    Some(url)
}

fn issuer(reader: &mut Reader) -> Option<Issuer> {
    let url = base_url(reader, &var::OAUTH_ISSUER)?;
    let text = reader.text(&var::OAUTH_ISSUER)?.trim().to_owned();
    Some(Issuer { url, text })
}

fn host_rules(list: &str) -> Option<Vec<HostRule>> {
    let rules: Vec<_> = entries(list).map(HostRule::parse).collect::<Option<_>>()?;
    Some(rules).filter(|rules| !rules.is_empty())
}

pub(super) fn database_url(text: &str) -> Option<SecretString> {
    let text = text.trim();
    let valid = match text.split_once(':')? {
        // A database in memory would be lost with the process, and no two connections would share it.
        ("sqlite", file) => !file.trim_start_matches('/').is_empty() && !file.contains(":memory:"),
        ("postgres" | "postgresql", rest) => rest.starts_with("//") && Url::parse(text).is_ok(),
        _ => false,
    };
    valid.then(|| text.into())
}
