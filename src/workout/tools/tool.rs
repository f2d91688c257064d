//! The trait that every tool implements.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::workout::{context::ToolContext, error::ToolError};

/// A tool: the type of its arguments, with its description, output and code.
pub trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    const NAME: &'static str;
    const TITLE: &'static str;
    const DESCRIPTION: &'static str;
    const EFFECT: Effect = Effect::Read;
    /// True if it needs a user.
    const PERSONAL: bool = true;
    type Output: Serialize + JsonSchema;

    fn run(
        self,
        ctx: &ToolContext<'_>,
    ) -> impl Future<Output = Result<Reply<Self::Output>, ToolError>> + Send;
}

/// The result of a tool: data by its output schema, and the same as short text.
pub struct Reply<T> {
    pub data: T,
    pub text: String,
}

impl<T> Reply<T> {
    pub(super) fn new(data: T, text: String) -> Self {
        Self { data, text }
    }
}

/// A [`Reply`] whose data is JSON.
pub type Answer = Reply<Value>;

/// How a tool changes data, for its annotations.
#[derive(Clone, Copy, PartialEq)]
pub enum Effect {
    Read,
    /// Each call adds something.
    Add,
    /// Overwrites or deletes; a repeated call changes nothing more.
    Overwrite,
    /// May add and overwrite.
    AddOrOverwrite,
}
