//! Reads the messages of a `RunAgentInput`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{
    ids::round_of,
    stream::{IS_ERROR, LEFT_OUT, SEALED, WAITS},
};
use crate::{
    agent::{
        http::faces::messages::{Block, FileSource, Text},
        json::{Invalid, JsonStr, Object, parse_list},
    },
    process::json::mend_text,
};

/// A message, and its round if the agent has made it.
pub(super) struct Message<'a> {
    pub(super) round: Option<String>,
    pub(super) kind: Kind<'a>,
}

pub(super) enum Kind<'a> {
    /// The blocks, and whether they are items of a list.
    User(Vec<Block<'a>>, bool),
    Assistant {
        text: Option<Block<'a>>,
        calls: Vec<Call<'a>>,
    },
    /// Thinking, or another block that the user does not see.
    Hidden(Block<'a>),
    Result {
        id: JsonStr<'a>,
        content: Vec<Block<'a>>,
        is_error: bool,
    },
    /// Not part of the history.
    Ignored,
}

pub(super) struct Call<'a> {
    pub(super) id: JsonStr<'a>,
    pub(super) name: JsonStr<'a>,
    pub(super) input: Cow<'a, RawValue>,
    pub(super) waits: bool,
    pub(super) left_out: bool,
}

pub(super) fn missing(field: &str) -> Invalid {
    Invalid::new("is missing").in_field(field)
}

pub(super) fn required<'a>(object: &Object<'a>, field: &str) -> Result<JsonStr<'a>, Invalid> {
    object.string(field)?.ok_or_else(|| missing(field))
}

impl<'a> Message<'a> {
    pub(super) fn parse(message: &Object<'a>) -> Result<Self, Invalid> {
        let id = message.string("id")?.map(JsonStr::unescape);
        let sealed = message.string("encryptedValue")?.map(JsonStr::unescape);
        let role = required(message, "role")?.unescape();
        let kind = match &*role {
            _ if sealed.as_deref() == Some(LEFT_OUT) => Kind::Ignored,
            "user" => {
                let content = message.get("content");
                let blocks = content.map_or_else(|| Err(missing("content")), user_content);
                Kind::User(blocks?, content.is_some_and(|it| it.get().starts_with('[')))
            }
            "assistant" => {
                let text = message.string("content")?;
                Kind::Assistant {
                    text: text.filter(|text| !text.is_blank()).map(Block::text),
                    calls: message.get("toolCalls").map_or(Ok(vec![]), parse_calls)?,
                }
            }
            "tool" => result(message)?,
            "reasoning" => hidden(message, sealed.as_deref())?,
            // Of the frontend, or of its framework.
            "system" | "developer" | "activity" => Kind::Ignored,
            _ => {
                let why = "must be `user`, `assistant`, `tool`, `reasoning`, `system`, `developer` or `activity`";
                return Err(Invalid::new(why).in_field("role"));
            }
        };
        let round = id.as_deref().and_then(round_of).map(str::to_owned);
        Ok(Self { round, kind })
    }
}

fn user_content(content: &RawValue) -> Result<Vec<Block<'_>>, Invalid> {
    if let Some(text) = JsonStr::new(content) {
        return Ok(vec![Block::text(text)]);
    }
    let expected = "must be a string or a list of parts";
    let not_a_part = "must be a part: an object with a `type`";
    let parts = parse_list(content, expected, not_a_part, |part| user_part(&part));
    parts.map_err(|invalid| invalid.in_field("content"))
}

fn user_part<'a>(part: &Object<'a>) -> Result<Block<'a>, Invalid> {
    match &*required(part, "type")?.unescape() {
        "text" => Ok(Block::text(required(part, "text")?)),
        "image" => media(part, true),
        "document" => media(part, false),
        _ => Err(Invalid::new("must be of type text, image or document")),
    }
}

/// An image or a document, by its bytes or its URL.
fn media<'a>(part: &Object<'a>, is_image: bool) -> Result<Block<'a>, Invalid> {
    let source = part
        .get("source")
        .and_then(|it| Object::parse(it.get()).ok());
    let source = source.ok_or_else(|| Invalid::new("must be an object").in_field("source"))?;
    let parsed = required(&source, "type").and_then(|kind| {
        let value = required(&source, "value")?;
        match &*kind.unescape() {
            "data" => Ok(FileSource::Base64(value.unescape())),
            "url" => Ok(FileSource::Url(value)),
            _ => Err(Invalid::new("must be data or url").in_field("type")),
        }
    });
    let source = parsed.map_err(|invalid| invalid.in_field("source"))?;
    Ok(Block::file(source, is_image))
}

fn parse_calls(calls: &RawValue) -> Result<Vec<Call<'_>>, Invalid> {
    let expected = "must be a list of tool calls";
    let not_a_call = "must be an object with `id` and `function`";
    let calls = parse_list(calls, expected, not_a_call, |call| parse_call(&call));
    calls.map_err(|invalid| invalid.in_field("toolCalls"))
}

fn parse_call<'a>(call: &Object<'a>) -> Result<Call<'a>, Invalid> {
    let function = call
        .get("function")
        .and_then(|it| Object::parse(it.get()).ok());
    let function =
        function.ok_or_else(|| Invalid::new("must be an object").in_field("function"))?;
    let named = required(&function, "name").and_then(|name| {
        let arguments = function.string("arguments")?.map(JsonStr::unescape);
        Ok((name, input(arguments.unwrap_or_default())?))
    });
    let (name, input) = named.map_err(|invalid| invalid.in_field("function"))?;
    let mark = call.string("encryptedValue")?.map(JsonStr::unescape);
    Ok(Call {
        id: required(call, "id")?,
        name,
        input,
        waits: mark.as_deref() == Some(WAITS),
        left_out: mark.as_deref() == Some(LEFT_OUT),
    })
}

fn input(arguments: Cow<'_, str>) -> Result<Cow<'_, RawValue>, Invalid> {
    let arguments = match arguments.trim() {
        "" => Cow::Borrowed("{}"),
        _ => arguments,
    };
    let parsed = match arguments {
        Cow::Borrowed(json) => serde_json::from_str(json).map(Cow::Borrowed),
        // Only what was unescaped can hold an escape of half a surrogate pair.
        Cow::Owned(json) => RawValue::from_string(mend_text(json)).map(Cow::Owned),
    };
    parsed.map_err(|_| Invalid::new("must be a JSON object").in_field("arguments"))
}

/// The content of a result. Parts that no result of Claude may hold are left out.
fn result_content(content: &RawValue) -> Result<Vec<Block<'_>>, Invalid> {
    if let Some(text) = JsonStr::new(content) {
        return Ok(vec![Block::text(text)]);
    }
    let expected = "must be a string or a list of parts";
    let parts = parse_list(content, expected, "must be a part", |part| {
        Ok(user_part(&part).ok())
    });
    let parts = parts.map_err(|invalid| invalid.in_field("content"))?;
    Ok(parts.into_iter().flatten().collect())
}

fn result<'a>(message: &Object<'a>) -> Result<Kind<'a>, Invalid> {
    let content = message.get("content").map(result_content).transpose()?;
    let metadata = message.get("metadata");
    let metadata = metadata.and_then(|it| Object::parse(it.get()).ok());
    let is_marked = metadata.is_some_and(|it| it.boolean(IS_ERROR) == Ok(Some(true)));
    Ok(Kind::Result {
        id: required(message, "toolCallId")?,
        content: content.unwrap_or_default(),
        is_error: is_marked || message.get("error").is_some(),
    })
}

/// The block that an encrypted value stands for, which the agent has written: a JSON object, for thinking without its text. Thinking
/// without one is not part of the history: Claude would refuse it.
fn hidden<'a>(message: &Object<'a>, sealed: Option<&str>) -> Result<Kind<'a>, Invalid> {
    let block = sealed.and_then(|it| it.strip_prefix(SEALED));
    let block = block.map(|it| RawValue::from_string(mend_text(it.to_owned())));
    let Some(Ok(block)) = block else {
        return Ok(Kind::Ignored);
    };
    let object = Object::parse(block.get()).ok();
    let field = |name| {
        let object = object.as_ref()?;
        Some(JsonStr::new(object.get(name)?)?.unescape())
    };
    let signature = match field("type").as_deref() {
        None => return Ok(Kind::Ignored),
        Some("thinking") => field("signature").map(Cow::into_owned),
        Some(_) => return Ok(Kind::Hidden(Block::Opaque(Cow::Owned(block)))),
    };
    let Some(signature) = signature else {
        return Ok(Kind::Ignored);
    };
    Ok(Kind::Hidden(Block::Thinking {
        thinking: required(message, "content")?,
        signature: Text::Own(signature.into()),
    }))
}
