//! The output of a tool in a part: the shape of MCP's `CallToolResult`, from which the result that Claude was given can be read.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeSeq};
use serde_json::{Value, value::RawValue};

use crate::agent::{
    claude,
    http::faces::messages::{Block, FileSource, Text},
    json::{JsonStr, Object, parse_list},
};

/// The output of a call that has succeeded.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output<'a> {
    #[serde(serialize_with = "items")]
    pub(super) content: &'a [claude::Block],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) structured_content: Option<&'a Value>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Item<'a> {
    Text {
        text: &'a str,
    },
    #[serde(rename_all = "camelCase")]
    Image {
        data: &'a str,
        mime_type: &'a str,
    },
}

/// A result holds texts and images in base64, and nothing else.
fn items<S: Serializer>(content: &&[claude::Block], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    for block in *content {
        match block {
            claude::Block::Text { text } => list.serialize_element(&Item::Text { text })?,
            claude::Block::Image { source } => {
                let field = |name: &str| source[name].as_str().unwrap_or_default();
                let (data, mime_type) = (field("data"), field("media_type"));
                list.serialize_element(&Item::Image { data, mime_type })?;
            }
            _ => {}
        }
    }
    list.end()
}

/// The texts of a result.
pub(super) fn texts(content: &[claude::Block]) -> Vec<&str> {
    let texts = content.iter().filter_map(|block| match block {
        claude::Block::Text { text } => Some(&**text),
        _ => None,
    });
    texts.collect()
}

/// The content of an output. One of another shape, as other servers write it, is a text.
pub(super) fn content(output: Option<&RawValue>) -> Vec<Block<'_>> {
    let Some(output) = output else {
        return Vec::new();
    };
    if let Some(text) = JsonStr::new(output) {
        return vec![Block::text(text)];
    }
    let list = Object::parse(output.get()).ok();
    let list = list.and_then(|it| it.get("content"));
    let list = list.map(|list| parse_list(list, "", "", |item| Ok(self::item(&item))));
    match list {
        Some(Ok(items)) => items.into_iter().flatten().collect(),
        _ => vec![Block::own_text(output.get())],
    }
}

fn item<'a>(item: &Object<'a>) -> Option<Block<'a>> {
    let field = |name| item.get(name).and_then(JsonStr::new);
    match &*field("type")?.unescape() {
        "text" => Some(Block::text(field("text")?)),
        "image" => {
            let data = field("data")?.unescape();
            Some(Block::file(FileSource::Base64(data), true))
        }
        _ => None,
    }
}

/// The texts of an error, which are several if the metadata of the result says so.
pub(super) fn error_texts<'a>(text: JsonStr<'a>, metadata: Option<&Object<'a>>) -> Vec<Text<'a>> {
    let ours = metadata.and_then(|it| it.get(METADATA_KEY));
    let ours = ours.and_then(|it| Object::parse(it.get()).ok());
    let texts = ours.and_then(|it| it.get("texts"));
    let texts = texts.and_then(|it| serde_json::from_str::<Vec<Cow<'a, str>>>(it.get()).ok());
    match texts {
        Some(texts) if !texts.is_empty() => texts.into_iter().map(Text::Own).collect(),
        _ => vec![Text::Received(text)],
    }
}

/// The key of our own metadata of a part.
pub(super) const METADATA_KEY: &str = "prog-strength";
