//! Connections to MCP servers: the operator's (`MCP_CONNECTIONS`), and what all connections have in common.

mod error;
mod headers;

use std::{collections::BTreeMap, ffi::OsString, fmt, str::FromStr};

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

pub use error::{ConnectionsError, Fault};
pub use headers::{InvalidHeader, ServerHeaders};

/// The connection to the agent's own MCP server, which exists without a setting.
pub const OWN_CONNECTION: &str = "prog_strength";

const MAX_NAME: usize = 32;
const DEFAULT_LANG: &str = "C.UTF-8";

/// The operator's connections.
pub type Connections = BTreeMap<ConnectionName, Connection>;

/// The name of a connection other than [`OWN_CONNECTION`]; the prefix of its tools' names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionName(String);

/// A text that cannot be the name of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    #[error("a name has 1 to 32 of a-z, 0-9, `-` and `_`, without `__`")]
    Malformed,
    #[error("`{OWN_CONNECTION}` is the agent's own server")]
    Own,
}

impl FromStr for ConnectionName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, InvalidName> {
        let is_valid = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if !(1..=MAX_NAME).contains(&name.len())
            || !name.bytes().all(is_valid)
            || name.contains("__")
        {
            return Err(InvalidName::Malformed);
        }
        if name == OWN_CONNECTION {
            return Err(InvalidName::Own);
        }
        Ok(Self(name.to_owned()))
    }
}

impl ConnectionName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An MCP server: a command on this machine, or an HTTP endpoint.
#[derive(Debug, Clone)]
pub enum Connection {
    Stdio(StdioCommand),
    Http(HttpServer),
}

/// A command that serves MCP on its standard input and output.
#[derive(Debug, Clone)]
pub struct StdioCommand {
    pub command: String,
    pub args: Vec<String>,
    /// Besides [`BaseEnvironment`] and `HOME`.
    pub env: BTreeMap<String, SecretString>,
}

/// A streamable-HTTP endpoint.
#[derive(Debug, Clone)]
pub struct HttpServer {
    pub url: Url,
    pub headers: ServerHeaders,
}

/// What commands get of this process's environment.
#[derive(Debug, Clone)]
pub struct BaseEnvironment {
    pub path: OsString,
    pub lang: OsString,
}

impl BaseEnvironment {
    #[expect(
        clippy::disallowed_methods,
        reason = "read once, at the start, by the configuration"
    )]
    pub fn from_env() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let path = variable("PATH").unwrap_or_default();
        // A relative one would be in a run's folder, where Claude writes files.
        let absolute = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
        Self {
            path: std::env::join_paths(absolute).unwrap_or_default(),
            lang: variable("LANG").unwrap_or_else(|| DEFAULT_LANG.into()),
        }
    }
}

/// Parses `{name: {"command","args"?,"env"?} | {"url","headers"?}}`.
pub fn parse(json: &str) -> Result<Connections, ConnectionsError> {
    let all: Map<String, Value> = serde_json::from_str(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ConnectionsError::Json { line, column }
    })?;
    let connection = |(name, value): (String, Value)| {
        let shown: String = name
            .chars()
            .filter(|c| !c.is_control())
            .take(2 * MAX_NAME)
            .collect();
        let name: ConnectionName = name
            .parse()
            .map_err(|fault| ConnectionsError::Name(shown, fault))?;
        match parse_connection(value) {
            Ok(connection) => Ok((name, connection)),
            Err(fault) => Err(ConnectionsError::Connection { name, fault }),
        }
    };
    all.into_iter().map(connection).collect()
}

fn parse_connection(value: Value) -> Result<Connection, Fault> {
    let Value::Object(mut fields) = value else {
        return Err(Fault::NoObject);
    };
    fields.retain(|_, value| !value.is_null());
    match (fields.contains_key("command"), fields.contains_key("url")) {
        (true, true) => Err(Fault::Both),
        (false, false) => Err(Fault::Neither),
        (true, false) => parse_command(fields).map(Connection::Stdio),
        (false, true) => parse_server(fields).map(Connection::Http),
    }
}

fn parse_command(mut fields: Map<String, Value>) -> Result<StdioCommand, Fault> {
    let command: String = take(&mut fields, "command", "text")?.unwrap_or_default();
    let has_nul = |text: &String| text.contains('\0');
    if command.trim().is_empty() || has_nul(&command) {
        return Err(wrong("command", "the name or the path of a program"));
    }
    // It would be looked for in a run's folder, where Claude writes files.
    if command.contains('/') && !command.starts_with('/') {
        return Err(wrong("command", "a name or an absolute path"));
    }
    let args: Vec<String> = take(&mut fields, "args", "a list of texts")?.unwrap_or_default();
    if args.iter().any(has_nul) {
        return Err(wrong("args", "a list of texts without the character NUL"));
    }
    let env: BTreeMap<String, String> =
        take(&mut fields, "env", "an object of texts")?.unwrap_or_default();
    if let Some((name, _)) = env.iter().find(|(name, value)| !can_be_set(name, value)) {
        return Err(Fault::Variable(
            name.chars().filter(|c| !c.is_control()).collect(),
        ));
    }
    nothing_left(fields)?;
    Ok(StdioCommand {
        command,
        args,
        env: env
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect(),
    })
}

fn can_be_set(name: &str, value: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
}

fn parse_server(mut fields: Map<String, Value>) -> Result<HttpServer, Fault> {
    let url: Option<String> = take(&mut fields, "url", "text")?;
    let url = url.and_then(|url| Url::parse(url.trim()).ok());
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.host().is_some();
    let url = url
        .filter(is_web)
        .ok_or(wrong("url", "an http or https URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "url",
            "a URL without a user name and a password; use `headers`",
        ));
    }
    let headers: BTreeMap<String, String> =
        take(&mut fields, "headers", "an object of texts")?.unwrap_or_default();
    nothing_left(fields)?;
    let headers = ServerHeaders::new(headers).map_err(Fault::Header)?;
    Ok(HttpServer { url, headers })
}

fn take<T: for<'de> Deserialize<'de>>(
    fields: &mut Map<String, Value>,
    field: &'static str,
    expected: &'static str,
) -> Result<Option<T>, Fault> {
    let value = fields.shift_remove(field).map(serde_json::from_value);
    value.transpose().map_err(|_| wrong(field, expected))
}

fn wrong(field: &'static str, expected: &'static str) -> Fault {
    Fault::Field { field, expected }
}

fn nothing_left(fields: Map<String, Value>) -> Result<(), Fault> {
    match fields.into_iter().next() {
        Some((field, _)) => Err(Fault::Unknown(field.chars().take(MAX_NAME).collect())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
