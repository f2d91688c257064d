//! Reads the parts of a `UIMessage`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::output;
use crate::agent::{
    approvals::MAX_REASON_CHARS,
    claude::{self, Role},
    http::faces::messages::{Block, FileSource, Text},
    json::{Invalid, JsonStr, Object},
    mcp::CallOutcome,
};

pub(super) enum Part<'a> {
    Block(Block<'a>),
    Call(Call<'a>),
    StepStart,
    /// Not part of the history: sources, data of the frontend, thinking that is not signed.
    Ignored,
}

/// A tool call.
pub(super) struct Call<'a> {
    pub(super) id: JsonStr<'a>,
    pub(super) name: Text<'a>,
    pub(super) input: Cow<'a, RawValue>,
    pub(super) outcome: Outcome<'a>,
}

pub(super) enum Outcome<'a> {
    Output(Option<&'a RawValue>),
    Error(Vec<Text<'a>>),
    Declined(Option<JsonStr<'a>>),
    /// The user's confirmation is needed. The answer, if there is one.
    Waiting(Option<Answer<'a>>),
    /// The call was cut off.
    Unknown,
}

pub(super) struct Answer<'a> {
    pub(super) token: Option<JsonStr<'a>>,
    pub(super) approved: bool,
    pub(super) reason: Option<JsonStr<'a>>,
}

fn missing(field: &str) -> Invalid {
    Invalid::new("is missing").in_field(field)
}

fn required<'a>(object: &Object<'a>, field: &str) -> Result<JsonStr<'a>, Invalid> {
    object.string(field)?.ok_or_else(|| missing(field))
}

/// The object in a field, if there is one.
fn object<'a>(of: &Object<'a>, field: &str) -> Result<Option<Object<'a>>, Invalid> {
    let parse = |value: &'a RawValue| {
        Object::parse(value.get()).map_err(|_| Invalid::new("must be an object").in_field(field))
    };
    of.get(field).map(parse).transpose()
}

impl<'a> Part<'a> {
    /// A part of a message of this role.
    pub(super) fn parse(role: Role, part: &Object<'a>) -> Result<Self, Invalid> {
        let kind = required(part, "type")?.unescape();
        match (role, &*kind) {
            (_, "text") => Ok(Self::Block(Block::text(required(part, "text")?))),
            (Role::User, "file") => file(part).map(Self::Block),
            (Role::User, _) => Ok(Self::Ignored),
            (Role::Assistant, "step-start") => Ok(Self::StepStart),
            (Role::Assistant, "reasoning") => thinking(part),
            (Role::Assistant, "data-anthropic-block") => {
                let block = part.get("data").ok_or_else(|| missing("data"))?;
                Ok(Self::Block(Block::Opaque(Cow::Borrowed(block))))
            }
            (Role::Assistant, "dynamic-tool") => {
                let name = Text::Received(required(part, "toolName")?);
                call(name, part).map(Self::Call)
            }
            (Role::Assistant, kind) => match kind.strip_prefix("tool-") {
                Some(name) => call(Text::Own(name.to_owned().into()), part).map(Self::Call),
                None => Ok(Self::Ignored),
            },
        }
    }
}

/// An image or a PDF, by a `data:` or an https URL.
fn file<'a>(part: &Object<'a>) -> Result<Block<'a>, Invalid> {
    let media_type = required(part, "mediaType")?.unescape();
    let is_image = media_type.split('/').next() == Some("image");
    if !is_image && !media_type.starts_with("application/pdf") {
        return Err(Invalid::new("must be an image or application/pdf").in_field("mediaType"));
    }
    let url = required(part, "url")?;
    let text = url.unescape();
    if !text.starts_with("data:") {
        return Ok(Block::file(FileSource::Url(url), is_image));
    }
    let Some((head, _)) = text
        .split_once(',')
        .filter(|(head, _)| head.ends_with(";base64"))
    else {
        let why = "must be a data URL in base64, or an https URL";
        return Err(Invalid::new(why).in_field("url"));
    };
    let skipped = head.len() + 1;
    let base64 = match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[skipped..]),
        Cow::Owned(mut text) => {
            text.drain(..skipped);
            Cow::Owned(text)
        }
    };
    Ok(Block::file(FileSource::Base64(base64), is_image))
}

/// Thinking that is not signed is not part of the history: Claude would refuse it.
fn thinking<'a>(part: &Object<'a>) -> Result<Part<'a>, Invalid> {
    let metadata = object(part, "providerMetadata")?;
    let metadata = metadata.map(|it| object(&it, "anthropic")).transpose();
    let metadata = metadata.map_err(|invalid| invalid.in_field("providerMetadata"))?;
    let Some(metadata) = metadata.flatten() else {
        return Ok(Part::Ignored);
    };
    if let Some(data) = metadata.string("redactedData")? {
        let data = Text::Received(data);
        return Ok(Part::Block(Block::RedactedThinking { data }));
    }
    let Some(signature) = metadata.string("signature")? else {
        return Ok(Part::Ignored);
    };
    Ok(Part::Block(Block::Thinking {
        thinking: required(part, "text")?,
        signature: Text::Received(signature),
    }))
}

fn call<'a>(name: Text<'a>, part: &Object<'a>) -> Result<Call<'a>, Invalid> {
    let state = required(part, "state")?.unescape();
    let approval = object(part, "approval")?;
    let approval = |field| match &approval {
        Some(approval) => approval
            .string(field)
            .map_err(|invalid| invalid.in_field("approval")),
        None => Ok(None),
    };
    let outcome = match &*state {
        "output-available" => Outcome::Output(part.get("output")),
        "output-error" => {
            let text = required(part, "errorText")?;
            let metadata = object(part, "resultProviderMetadata")?;
            Outcome::Error(output::error_texts(text, metadata.as_ref()))
        }
        "output-denied" => Outcome::Declined(approval("reason")?),
        "approval-requested" => Outcome::Waiting(None),
        "approval-responded" => {
            let approved = object(part, "approval")?.map(|it| it.boolean("approved"));
            let approved = approved.transpose().map_err(|it| it.in_field("approval"))?;
            let answer = |approved| {
                Ok::<_, Invalid>(Answer {
                    token: approval("signature")?,
                    approved,
                    reason: approval("reason")?,
                })
            };
            Outcome::Waiting(approved.flatten().map(answer).transpose()?)
        }
        _ => Outcome::Unknown,
    };
    let input = part.get("input").filter(|it| it.get().starts_with('{'));
    let empty = || serde_json::from_str("{}").unwrap_or(RawValue::NULL);
    Ok(Call {
        id: required(part, "toolCallId")?,
        name,
        input: Cow::Borrowed(input.unwrap_or_else(empty)),
        outcome,
    })
}

/// The result that Claude was given of a call that the user has declined.
fn declined<'a>(reason: Option<JsonStr<'_>>) -> Vec<Block<'a>> {
    let cut = |reason: JsonStr<'_>| -> String {
        let reason = reason.unescape();
        reason.chars().take(MAX_REASON_CHARS).collect()
    };
    let reason = reason.map(cut);
    let outcome = CallOutcome::declined(reason.as_deref());
    let texts = outcome.content.into_iter().filter_map(|block| match block {
        claude::Block::Text { text } => Some(Block::own_text(text)),
        _ => None,
    });
    texts.collect()
}

impl Call<'_> {
    pub(super) fn is_one_of(&self, ids: &[Cow<'_, str>]) -> bool {
        !ids.is_empty() && ids.contains(&self.id.unescape())
    }
}

impl<'a> Outcome<'a> {
    /// The result that Claude was given; `None` for a call that is not part of the history.
    pub(super) fn into_result(self, tool_use_id: JsonStr<'a>) -> Option<Block<'a>> {
        let (content, is_error) = match self {
            Self::Output(output) => (output::content(output), false),
            Self::Error(texts) => {
                let texts = texts.into_iter().map(|text| Block::Text { text });
                (texts.collect(), true)
            }
            Self::Declined(reason) => (declined(reason), true),
            Self::Waiting(_) => return Some(Block::waiting(tool_use_id)),
            Self::Unknown => return None,
        };
        Some(Block::ToolResult {
            tool_use_id,
            content,
            is_error,
        })
    }
}
