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
    /// True if it takes or returns dates and times, which are of a time zone.
    const ZONED: bool = false;
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
    /// What the user should know besides. It is part of the data and of the text.
    notice: Option<String>,
}

impl<T> Reply<T> {
    pub(super) fn new(data: T, text: String) -> Self {
        let notice = None;
        Self { data, text, notice }
    }

    pub(super) fn with_notice(mut self, notice: impl Into<Option<String>>) -> Self {
        self.notice = notice.into();
        self
    }

    /// With the data as JSON, and the notice in both.
    pub(super) fn into_answer(self) -> Result<Answer, ToolError>
    where
        T: Serialize,
    {
        let mut answer = Answer {
            data: serde_json::to_value(self.data).map_err(|_| ToolError::Internal)?,
            text: self.text,
        };
        if let Some(notice) = self.notice {
            let text = format!("{}\n{notice}", answer.text);
            text.trim_start().clone_into(&mut answer.text);
            answer.notify(&notice);
        }
        Ok(answer)
    }
}

/// A [`Reply`] as it is sent.
pub struct Answer {
    pub data: Value,
    pub text: String,
}

impl Answer {
    /// Adds to the field `notice` of the data: some clients read nothing else.
    pub fn notify(&mut self, notice: &str) {
        let Value::Object(data) = &mut self.data else {
            return;
        };
        let known = data.get("notice").and_then(Value::as_str);
        let notice = known.map_or(notice.to_owned(), |known| format!("{known}; {notice}"));
        data.insert("notice".into(), notice.into());
    }
}

/// How a tool changes data, for its annotations.
#[derive(Clone, Copy, PartialEq)]
pub enum Effect {
    Read,
    /// Each call adds something.
    Add,
    /// Adds what is not there yet; a repeated call adds nothing more.
    AddOnce,
    /// Overwrites or deletes; a repeated call changes nothing more.
    Overwrite,
    /// May add and overwrite.
    AddOrOverwrite,
}
