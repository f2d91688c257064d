//! The bodies of the endpoints of connections.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::ToSchema;

use super::secrets;
use crate::runs::{
    http::{app::App, checks::Headers},
    model::{StoredConnection, UserId},
};

/// A connection, with its secrets masked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Connection)]
pub(in crate::runs::http) struct ConnectionView {
    name: String,
    url: String,
    /// By name; of each value only the last 4 characters are shown.
    headers: BTreeMap<String, String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl ConnectionView {
    pub(super) fn new(app: &App, owner: &UserId, connection: StoredConnection) -> Self {
        Self {
            headers: secrets::masked(app, owner, &connection),
            name: connection.name,
            url: connection.url,
            created_at: connection.created_at,
            updated_at: connection.updated_at,
        }
    }
}

/// Connections by name.
#[derive(Serialize, ToSchema)]
pub(in crate::runs::http) struct Connections {
    pub(super) connections: Vec<ConnectionView>,
}

/// A connection to be stored.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::runs::http) struct NewRequest {
    #[schema(pattern = "^[a-z0-9_-]{1,32}$")]
    pub(super) name: String,
    pub(super) url: String,
    /// By name.
    #[schema(value_type = Option<Object>)]
    pub(super) headers: Option<Headers>,
    /// Refused: commands come from the operator alone.
    #[schema(ignore)]
    pub(super) command: Option<IgnoredAny>,
}

/// What a connection is replaced by.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::runs::http) struct ReplaceRequest {
    pub(super) url: String,
    /// By name. Without them, those that are stored stay. With them, `null` in place of a value keeps the stored one, and
    /// headers that are not named are removed.
    #[schema(value_type = Option<Object>)]
    pub(super) headers: Option<Headers>,
    #[schema(ignore)]
    pub(super) command: Option<IgnoredAny>,
}

/// Whether a connection can be used.
#[derive(Serialize, ToSchema)]
pub(in crate::runs::http) struct Checked {
    ok: bool,
    /// The names of its tools, as runs have them.
    tools: Vec<String>,
    /// Why it cannot be used.
    error: Option<String>,
}

impl From<Result<Vec<String>, String>> for Checked {
    fn from(checked: Result<Vec<String>, String>) -> Self {
        let ok = checked.is_ok();
        let (tools, error) = match checked {
            Ok(tools) => (tools, None),
            Err(why) => (vec![], Some(why)),
        };
        Self { ok, tools, error }
    }
}
