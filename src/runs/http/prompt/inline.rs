//! Connections that a request brings.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::runs::http::{checks::Headers, json::FromObject};

/// A connection that a request brings: a URL.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::runs::http) struct InlineRequest {
    pub(super) url: String,
    /// By name.
    #[schema(value_type = Option<Object>)]
    pub(super) headers: Option<Headers>,
}

/// Reads connections by name, if there are any.
pub(super) fn by_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, InlineRequest>>, D::Error> {
    let by_name = Option::<BTreeMap<String, FromObject<InlineRequest>>>::deserialize(deserializer)?;
    let connections = |by_name: BTreeMap<_, _>| {
        by_name
            .into_iter()
            .map(|(name, FromObject(connection))| (name, connection))
            .collect()
    };
    Ok(by_name.map(connections))
}

/// Where a request has this inline connection. Its name has been checked.
pub(super) fn place(name: &str) -> String {
    format!("inlineConnections.{name}")
}
