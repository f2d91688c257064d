//! Imports shared by the tools.

pub(super) use schemars::JsonSchema;
pub(super) use serde::{Deserialize, Serialize};

pub(super) use super::{
    input::*,
    measured::Measured,
    paging::*,
    tool::{Effect, Reply, Tool},
    views::*,
};
pub(super) use crate::workout::{
    catalogue::{Catalogue, Exercise},
    context::{ToolContext, UserData, Write},
    dates,
    error::{ToolError, invalid, quoted},
    figures::units::{Unit, round1, round2},
    model::*,
    store::{Page, new_id},
};
