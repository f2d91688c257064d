//! The imports that most tools share.

pub(super) use schemars::JsonSchema;
pub(super) use serde::{Deserialize, Serialize};

pub(super) use super::tool::{Effect, Reply, Tool};
pub(super) use crate::workout::{
    context::{ToolContext, UserData},
    error::{ToolError, invalid, quoted},
};
