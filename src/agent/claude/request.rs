//! A request to the Messages API: tools, system prompt and messages, with the breakpoints of its cache.

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Conversation;

/// A tool as Claude is told of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolSpec {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub input_schema: Value,
}

/// The tools of a request: what they are does not change from one request to the next, so neither do the bytes.
#[derive(Debug)]
pub struct Tools(Option<Bytes>);

impl Tools {
    /// With a cache breakpoint behind the last one.
    pub fn of(specs: &[ToolSpec]) -> Self {
        let last = specs.len().wrapping_sub(1);
        let marked = specs.iter().enumerate();
        let marked: Vec<_> = marked
            .map(|(at, tool)| Marked::new(tool, at == last))
            .collect();
        let written = (!specs.is_empty()).then(|| serde_json::to_vec(&marked));
        Self(written.and_then(Result::ok).map(Into::into))
    }
}

/// The beginning of every request: it does not change either, but for what follows in the list of system blocks.
#[derive(Debug)]
pub struct Prefix(Bytes);

impl Prefix {
    /// With a cache breakpoint behind the system prompt.
    ///
    /// # Errors
    /// A part cannot be written as JSON.
    pub fn of(model: &str, max_tokens: u32, system: &str) -> serde_json::Result<Self> {
        #[derive(Serialize)]
        struct Beginning<'a> {
            model: &'a str,
            max_tokens: u32,
            stream: bool,
            system: [Marked<SystemText<'a>>; 1],
        }
        let mut json = serde_json::to_vec(&Beginning {
            model,
            max_tokens,
            stream: true,
            system: [Marked::new(SystemText::new(system), true)],
        })?;
        json.truncate(json.len() - b"]}".len());
        Ok(Self(json.into()))
    }
}

/// One call of the Messages API.
#[derive(Debug)]
pub struct Request<'a> {
    pub prefix: &'a Prefix,
    /// The second system block: today's date and the user's name.
    pub about: &'a str,
    pub tools: &'a Tools,
    pub tools_allowed: bool,
    pub messages: &'a Conversation,
}

impl Request<'_> {
    /// The body, cache breakpoints included: JSON in pieces, of which only what is about this user is new.
    ///
    /// # Errors
    /// A part cannot be written as JSON.
    pub fn body(&self) -> serde_json::Result<Vec<Bytes>> {
        let json = |text: &'static str| Bytes::from_static(text.as_bytes());
        let about = serde_json::to_vec(&SystemText::new(self.about))?;
        let mut body = vec![self.prefix.0.clone()];
        body.extend([json(","), about.into(), json("]")]);
        if let Some(tools) = &self.tools.0 {
            body.extend([json(",\"tools\":"), tools.clone()]);
            if !self.tools_allowed {
                body.push(json(",\"tool_choice\":{\"type\":\"none\"}"));
            }
        }
        body.push(json(",\"messages\":["));
        body.extend(self.messages.marked());
        body.push(json("]}"));
        Ok(body)
    }
}

#[derive(Serialize)]
struct SystemText<'a> {
    r#type: &'static str,
    text: &'a str,
}

impl<'a> SystemText<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            r#type: "text",
            text,
        }
    }
}

/// Something with a cache breakpoint behind it, or without.
struct Marked<T> {
    inner: T,
    mark: bool,
}

impl<T> Marked<T> {
    fn new(inner: T, mark: bool) -> Self {
        Self { inner, mark }
    }
}

impl<T: Serialize> Serialize for Marked<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct WithMark<'a, T> {
            #[serde(flatten)]
            inner: &'a T,
            cache_control: CacheControl,
        }
        if !self.mark {
            return self.inner.serialize(serializer);
        }
        WithMark {
            inner: &self.inner,
            cache_control: CacheControl {
                r#type: "ephemeral",
            },
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct CacheControl {
    r#type: &'static str,
}

#[cfg(test)]
mod tests;
