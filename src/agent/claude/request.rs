//! The body of a Messages API request: tools, system prompt and messages, with cache breakpoints.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::Conversation;

/// A tool as Claude sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolSpec {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub input_schema: Value,
}

/// The serialized list of tools, shared by all requests; `None` if there are no tools.
#[derive(Debug)]
pub struct Tools(Option<Bytes>);

impl Tools {
    /// Sets a cache breakpoint on the last tool.
    pub fn new(specs: &[ToolSpec]) -> Self {
        let cacheable = |(at, spec)| Cacheable::new(spec, at + 1 == specs.len());
        let specs: Vec<_> = specs.iter().enumerate().map(cacheable).collect();
        let json = (!specs.is_empty()).then(|| serde_json::to_vec(&specs));
        Self(json.and_then(Result::ok).map(Into::into))
    }
}

/// The serialized beginning of every request, up to the first system block.
#[derive(Debug)]
pub struct Prefix(Bytes);

impl Prefix {
    /// Sets a cache breakpoint on the system prompt.
    ///
    /// # Errors
    /// A part cannot be serialized.
    pub fn new(model: &str, max_tokens: u32, system: &str) -> serde_json::Result<Self> {
        #[derive(Serialize)]
        struct Fields<'a> {
            model: &'a str,
            max_tokens: u32,
            stream: bool,
            system: [Cacheable<TextBlock<'a>>; 1],
        }
        let mut json = serde_json::to_vec(&Fields {
            model,
            max_tokens,
            stream: true,
            system: [Cacheable::new(TextBlock::new(system), true)],
        })?;
        json.truncate(json.len() - b"]}".len());
        Ok(Self(json.into()))
    }
}

/// One request to the Messages API.
#[derive(Debug)]
pub struct Request<'a> {
    pub prefix: &'a Prefix,
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
        let mut body = vec![self.prefix.0.clone()];
        body.extend([json(","), user_context.into(), json("]")]);
        if let Some(tools) = &self.tools.0 {
            body.extend([json(",\"tools\":"), tools.clone()]);
            if !self.may_use_tools {
                body.push(json(",\"tool_choice\":{\"type\":\"none\"}"));
            }
        }
        body.push(json(",\"messages\":["));
        body.extend(self.messages.with_breakpoints());
        body.push(json("]}"));
        Ok(body)
    }
}

#[derive(Serialize)]
struct TextBlock<'a> {
    r#type: &'static str,
    text: &'a str,
}

impl<'a> TextBlock<'a> {
    fn new(text: &'a str) -> Self {
        let r#type = "text";
        Self { r#type, text }
    }
}

/// A block or tool with or without a cache breakpoint.
#[derive(Serialize)]
struct Cacheable<T> {
    #[serde(flatten)]
    inner: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
struct CacheControl {
    r#type: &'static str,
}

impl<T> Cacheable<T> {
    fn new(inner: T, breakpoint: bool) -> Self {
        let r#type = "ephemeral";
        Self {
            inner,
            cache_control: breakpoint.then_some(CacheControl { r#type }),
        }
    }
}

#[cfg(test)]
mod tests;
