//! The body of a Messages API request: tools, system prompt and messages, with cache breakpoints.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::{Conversation, Model, model::TextBlock};

/// A tool as Claude sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolSpec {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub input_schema: Value,
}

/// The serialized list of tools without its end, shared by all requests; `None` if there are no tools.
#[derive(Debug)]
pub struct Tools(Option<Bytes>);

impl Tools {
    pub fn new(specs: &[ToolSpec]) -> Self {
        let json = (!specs.is_empty()).then(|| serde_json::to_vec(specs));
        Self(json.and_then(Result::ok).map(|mut json| {
            json.truncate(json.len() - b"}]".len());
            json.into()
        }))
    }
}

/// One request to the Messages API.
#[derive(Debug)]
pub struct Request<'a> {
    pub model: &'a Model,
    /// The second system block: today's date and the user's name.
    pub user_context: &'a str,
    pub tools: &'a Tools,
    pub may_use_tools: bool,
    pub messages: &'a Conversation,
}

impl Request<'_> {
    /// The body as a list of chunks, most of which are shared with other requests.
    ///
    /// # Errors
    /// A part cannot be serialized.
    pub fn body(&self) -> serde_json::Result<Vec<Bytes>> {
        let json = |text: &'static str| Bytes::from_static(text.as_bytes());
        let user_context = serde_json::to_vec(&TextBlock::new(self.user_context))?;
        let breakpoint = Bytes::from_static(self.model.breakpoint);
        let mut body = vec![self.model.prefix.clone(), breakpoint.clone()];
        body.extend([json("},"), user_context.into(), json("]")]);
        if let Some(tools) = &self.tools.0 {
            body.extend([json(",\"tools\":"), tools.clone(), breakpoint, json("}]")]);
            let none = (!self.may_use_tools).then(|| json(",\"tool_choice\":{\"type\":\"none\"}"));
            body.extend(none.or_else(|| self.model.tool_choice.clone()));
        }
        body.push(json(",\"messages\":["));
        body.extend(self.messages.with_breakpoints(self.model.breakpoint));
        body.push(json("]}"));
        Ok(body)
    }

    /// The texts of the system blocks.
    pub fn system_texts(&self) -> Vec<String> {
        let prefix = [&*self.model.prefix, b"}]}"].concat();
        let fields: Value = serde_json::from_slice(&prefix).unwrap_or_default();
        let first = fields["system"][0]["text"].as_str().map(str::to_owned);
        first
            .into_iter()
            .chain([self.user_context.to_owned()])
            .collect()
    }
}

#[cfg(test)]
mod tests;
