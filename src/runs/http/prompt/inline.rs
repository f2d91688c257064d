//! Connections that a request brings.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::runs::http::checks::Headers;

/// A connection that a request brings: a URL.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::runs::http) struct InlineRequest {
    pub(super) url: String,
    /// By name.
    #[schema(value_type = Option<Object>)]
    pub(super) headers: Option<Headers>,
}

/// Where a request has this inline connection. Its name has been checked.
pub(super) fn place(name: &str) -> String {
    format!("inlineConnections.{name}")
}
