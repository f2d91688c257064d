//! Connections that users have stored, and sealed values wherever they are.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::UserId;

/// A connection to an MCP server that its owner has stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConnection {
    /// Unique among the owner's.
    pub name: String,
    pub url: String,
    /// By name; the values are sealed for table `connection`, the connection's name, field `headers.<header>`, and the owner.
    pub headers: BTreeMap<String, String>,
    /// Grows with each change.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A connection to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConnection {
    pub name: String,
    pub url: String,
    /// Sealed, as in [`StoredConnection`].
    pub headers: BTreeMap<String, String>,
}

/// The sealed values of one row. Together with a key of `values`, its fields are the place for which each value is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// `connection`, `run` or `skill`.
    pub table: &'static str,
    /// The row's id within its owner's; of a connection, its name.
    pub id: String,
    pub owner: UserId,
    /// The sealed values by field (`headers.authorization`, `inline.files.authorization`, `secret`).
    pub values: BTreeMap<String, String>,
    /// What is stored, to be compared when the row is written.
    pub(in crate::runs) stored: String,
}
