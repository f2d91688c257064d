//! A request to the Messages API: tools, system prompt and messages, with the breakpoints of its cache.

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::{Value, value::RawValue};

use super::{Block, Message, Role};

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
pub struct Tools(Option<Box<RawValue>>);

impl Tools {
    /// With a cache breakpoint behind the last one.
    pub fn of(specs: &[ToolSpec]) -> Self {
        let last = specs.len().wrapping_sub(1);
        let marked = specs.iter().enumerate();
        let marked: Vec<_> = marked
            .map(|(at, tool)| Marked::new(tool, at == last))
            .collect();
        let written = (!specs.is_empty()).then(|| serde_json::value::to_raw_value(&marked));
        Self(written.and_then(Result::ok))
    }
}

/// One call of the Messages API. Its `Serialize` is the request body, cache breakpoints included.
#[derive(Debug)]
pub struct Request<'a> {
    pub model: &'a str,
    pub max_tokens: u32,
    pub system: &'a str,
    /// The second system block: today's date and the user's name.
    pub about: &'a str,
    pub tools: &'a Tools,
    pub tools_allowed: bool,
    pub messages: &'a [Message],
}

/// What a request takes beside its messages, tools and system prompt, and their marks.
const FRAME: usize = 4 * 1024;

impl Request<'_> {
    /// The body. `messages` is about how long they are as JSON, so that it is written into one place.
    pub fn body(&self, messages: usize) -> serde_json::Result<Bytes> {
        let tools = self.tools.0.as_ref().map_or(0, |tools| tools.get().len());
        let mut body = Vec::with_capacity(messages + tools + self.system.len() + FRAME);
        serde_json::to_writer(&mut body, self)?;
        Ok(body.into())
    }
}

impl Serialize for Request<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            model: &'a str,
            max_tokens: u32,
            stream: bool,
            system: [Marked<SystemText<'a>>; 2],
            #[serde(skip_serializing_if = "Option::is_none")]
            tools: Option<&'a RawValue>,
            #[serde(skip_serializing_if = "Option::is_none")]
            tool_choice: Option<ToolChoice>,
            messages: MarkedMessages<'a>,
        }
        let tools = self.tools.0.as_deref();
        Body {
            model: self.model,
            max_tokens: self.max_tokens,
            stream: true,
            system: [
                Marked::new(SystemText::new(self.system), true),
                Marked::new(SystemText::new(self.about), false),
            ],
            tools,
            tool_choice: tools
                .filter(|_| !self.tools_allowed)
                .map(|_| ToolChoice { r#type: "none" }),
            messages: MarkedMessages(self.messages),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct ToolChoice {
    r#type: &'static str,
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

/// Breakpoints behind the last two user messages. The last is the end of the history; the one before it is where the
/// previous request (of this turn, or of the turn before) had its end, so that what was written then is found even
/// when a round added more blocks than Claude's look-back of 20. With tools and system that makes four, the maximum.
struct MarkedMessages<'a>(&'a [Message]);

impl Serialize for MarkedMessages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let users = self.0.iter().enumerate().rev();
        let users = users.filter(|(_, message)| message.role == Role::User);
        let from = users.take(2).last().map_or(usize::MAX, |(at, _)| at);
        serializer.collect_seq(
            self.0
                .iter()
                .enumerate()
                .map(|(at, message)| MarkedMessage {
                    role: message.role,
                    content: MarkedContent {
                        blocks: &message.content,
                        mark: at >= from && message.role == Role::User,
                    },
                }),
        )
    }
}

#[derive(Serialize)]
struct MarkedMessage<'a> {
    role: Role,
    content: MarkedContent<'a>,
}

/// Marked behind its last block, if at all.
struct MarkedContent<'a> {
    blocks: &'a [Block],
    mark: bool,
}

impl Serialize for MarkedContent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let last = self.blocks.len().wrapping_sub(1);
        let blocks = self.blocks.iter().enumerate();
        serializer
            .collect_seq(blocks.map(|(at, block)| Marked::new(block, self.mark && at == last)))
    }
}

#[cfg(test)]
mod tests;
