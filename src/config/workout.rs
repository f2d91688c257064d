//! The settings of the `mcp` command.

use std::time::Duration;

use secrecy::SecretString;
use url::{Host, Url};

use super::{
    Address, ConfigError, Cors, LogConfig,
    database::{database_url, located},
    from_env, jwt, log, mcp_address,
    reader::{Reader, entries, one_of},
    traces::traces,
    variables::{self as var, Server, Variable},
};
use crate::{
    auth::{JwtSettings, Subject},
    telemetry::TracesConfig,
    upstream::address::is_public_host,
};

const ON_OR_OFF: [(&str, bool); 2] = [("on", true), ("off", false)];

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
    /// What a token of the issuer must be for, if not for the resource's URL.
    pub oauth_audience: Option<String>,
    /// Whether the issuer's metadata and endpoints are served here too. Only with an issuer.
    pub oauth_facade: bool,
    pub public_url: Option<Url>,
    pub allowed_hosts: Vec<HostRule>,
    /// Origins that may call besides those of `allowed_hosts`.
    pub cors: Cors,
    /// Calls of one user in any hour; 0 switches the limit off.
    pub rate_limit_per_hour: usize,
    /// The user that is served over standard input and output.
    pub stdio_user: Subject,
    pub shutdown_grace: Duration,
    pub log: LogConfig,
    /// `None`: traces are off.
    pub traces: Option<TracesConfig>,
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

    /// As [`Self::from_env`] over HTTP, with the effective settings as lines, without secrets.
    pub fn from_env_with_lines() -> Result<(Self, Vec<String>), ConfigError> {
        from_env(|reader| (Self::read(reader, false), reader.settings(Server::Workout)))
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
            rate_limit_per_hour: rate_limit(reader, stdio),
            oauth_issuer: issuer(reader),
            oauth_audience: audience(reader),
            oauth_facade: reader.value(&var::MCP_OAUTH_FACADE, one_of(&ON_OR_OFF)),
            cors: Cors::read(reader),
            database_url: database(reader, stdio),
            stdio_user: reader.value(&var::WORKOUT_USER_ID, |text| Subject::parse(text).ok()),
            shutdown_grace: reader.secs(&var::AGENT_SHUTDOWN_GRACE_SECS),
            log: log(reader),
            traces: traces(reader, "prog-strength-workouts"),
            ignored: reader.warnings(),
        };
        if !stdio && !config.identifies_callers() {
            reader.fault(
                var::PROG_STRENGTH_MCP_TOKEN.name,
                "is missing, and so are JWT_SIGNING_KEY and OAUTH_ISSUER; set at least one, to know callers by",
            );
        }
        if !stdio {
            config.check_oauth(reader);
        }
        config
    }

    /// Without its own URL the server announces itself by the request's `Host` and `http:`.
    fn check_oauth(&self, reader: &mut Reader) {
        if self.oauth_issuer.is_none() {
            if self.oauth_facade {
                reader.fault(var::MCP_OAUTH_FACADE.name, "needs OAUTH_ISSUER");
            }
            return;
        }
        let is_public = |rule: &HostRule| {
            Url::parse(&format!("http://{}", rule.host)).is_ok_and(|url| is_public_host(&url))
        };
        if self.public_url.is_none() && self.allowed_hosts.iter().any(is_public) {
            let what = "is missing; OAUTH_ISSUER needs it where MCP_ALLOWED_HOSTS names a public host, which clients reach \
                by https";
            reader.fault(var::MCP_PUBLIC_URL.name, what);
        }
    }

    fn identifies_callers(&self) -> bool {
        self.agent_token.is_some() || self.jwt.is_some() || self.oauth_issuer.is_some()
    }
}

fn database(reader: &mut Reader, stdio: bool) -> SecretString {
    let url = reader.value(&var::DATABASE_URL, database_url);
    located(reader, url, stdio)
}

/// One's own server over stdio has no limit unless it is set.
fn rate_limit(reader: &mut Reader, stdio: bool) -> usize {
    let limit = reader.number(&var::MCP_RATE_LIMIT_PER_HOUR);
    let given = reader.given(&var::MCP_RATE_LIMIT_PER_HOUR).is_some();
    if given || !stdio { limit } else { 0 }
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

fn audience(reader: &Reader) -> Option<String> {
    let text = reader.text(&var::OAUTH_AUDIENCE)?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn host_rules(list: &str) -> Option<Vec<HostRule>> {
    let rules: Vec<_> = entries(list).map(HostRule::parse).collect::<Option<_>>()?;
    Some(rules).filter(|rules| !rules.is_empty())
}
