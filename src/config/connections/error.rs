//! Errors of `MCP_CONNECTIONS`: they name the connection and the field.

use super::{ConnectionName, InvalidHeader, InvalidName};

/// What is wrong with `MCP_CONNECTIONS`: never a value of it, which may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionsError {
    #[error("is not a JSON object of connections (line {line}, column {column})")]
    Json { line: usize, column: usize },
    #[error("names a connection `{0}`, but {1}")]
    Name(String, InvalidName),
    #[error("has a connection `{name}` {fault}")]
    Connection { name: ConnectionName, fault: Fault },
}

/// What is wrong with one connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("that is not an object")]
    NoObject,
    #[error("with neither `command` nor `url`")]
    Neither,
    #[error("with both `command` and `url`")]
    Both,
    #[error("with `{0}`, which such a connection does not have")]
    Unknown(String),
    #[error("whose `{field}` is not {expected}")]
    Field {
        field: &'static str,
        expected: &'static str,
    },
    #[error("whose `env` has a variable `{0}` that cannot be set")]
    Variable(String),
    #[error("whose `headers` are not usable: {0}")]
    Header(InvalidHeader),
}
