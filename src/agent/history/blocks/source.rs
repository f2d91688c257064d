//! Parses the source of an image or document: base64, a URL, text, or content blocks.

use std::{borrow::Cow, io};

use base64::{prelude::BASE64_STANDARD, read::DecoderReader};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Block, parse_blocks, parse_text, required_string};
use crate::{
    agent::{
        claude::{IMAGE_TYPES, image_type},
        json::{Invalid, JsonStr, Object},
    },
    upstream::address::is_public_host,
};

/// Claude's limit, in base64 (<https://docs.claude.com/en/docs/build-with-claude/vision>).
const MAX_IMAGE_CHARS: usize = 10 * 1024 * 1024;
const DOCUMENT_TYPES: [&str; 1] = ["application/pdf"];

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::agent::history) enum Source<'a> {
    Base64 {
        media_type: &'static str,
        data: JsonStr<'a>,
    },
    Url {
        url: JsonStr<'a>,
    },
    Text {
        media_type: &'static str,
        data: JsonStr<'a>,
    },
    Content {
        content: Vec<Block<'a>>,
    },
}

pub(super) fn parse_image<'a>(block: &Object<'a>) -> Result<Block<'a>, Invalid> {
    let source = parse_source(block, |kind, source| match kind {
        "base64" => parse_base64(source, &IMAGE_TYPES, MAX_IMAGE_CHARS),
        "url" => parse_url(source),
        _ => Err(Invalid::new("must be base64 or url").in_field("type")),
    });
    Ok(Block::Image { source: source? })
}

pub(super) fn parse_document<'a>(block: &Object<'a>) -> Result<Block<'a>, Invalid> {
    let source = parse_source(block, |kind, source| match kind {
        "base64" => parse_base64(source, &DOCUMENT_TYPES, usize::MAX),
        "url" => parse_url(source),
        "text" => parse_plain_text(source),
        "content" => {
            parse_nested(source.get("content")).map_err(|invalid| invalid.in_field("content"))
        }
        _ => Err(Invalid::new("must be base64, text, content or url").in_field("type")),
    });
    let non_empty = |field| {
        let text = block.string(field)?;
        Ok(text.filter(|text| !text.unescape().is_empty()))
    };
    Ok(Block::Document {
        source: source?,
        title: non_empty("title")?,
        context: non_empty("context")?,
    })
}

/// `parse` gets the `type` of the source.
fn parse_source<'a>(
    block: &Object<'a>,
    parse: impl Fn(&str, &Object<'a>) -> Result<Source<'a>, Invalid>,
) -> Result<Source<'a>, Invalid> {
    let source = block.get("source").map(RawValue::get);
    let source = source.and_then(|source| Object::parse(source).ok());
    let parsed = source
        .ok_or_else(|| Invalid::new("must be an object"))
        .and_then(|source| parse(&required_string(&source, "type")?.unescape(), &source));
    parsed.map_err(|invalid| invalid.in_field("source"))
}

/// A document that consists of content blocks.
fn parse_nested(content: Option<&RawValue>) -> Result<Source<'_>, Invalid> {
    let mut content = parse_blocks(content, |kind, block| match kind {
        "text" => parse_text(block),
        "image" => parse_image(block),
        _ => Err(Invalid::new("must be of type text or image")),
    })?;
    content.retain(|block| !block.is_blank_text());
    if content.is_empty() {
        return Err(Invalid::new("must not be blank"));
    }
    Ok(Source::Content { content })
}

fn parse_plain_text<'a>(source: &Object<'a>) -> Result<Source<'a>, Invalid> {
    let data = required_string(source, "data")?;
    if required_string(source, "media_type")?.unescape() != "text/plain" {
        return Err(Invalid::new("must be text/plain").in_field("media_type"));
    }
    if data.is_blank() {
        return Err(Invalid::new("must not be blank").in_field("data"));
    }
    Ok(Source::Text {
        media_type: "text/plain",
        data,
    })
}

fn parse_base64<'a>(
    source: &Object<'a>,
    allowed: &[&'static str],
    max_chars: usize,
) -> Result<Source<'a>, Invalid> {
    let declared = required_string(source, "media_type")?.unescape();
    let Some(declared) = allowed.iter().find(|allowed| **allowed == declared) else {
        let why = format!("must be {}", allowed.join(", "));
        return Err(Invalid::new(why).in_field("media_type"));
    };
    let data = required_string(source, "data")?;
    let base64 = data.unescape();
    let invalid_data = |why: Cow<'static, str>| Err(Invalid::new(why).in_field("data"));
    if base64.is_empty() || !is_base64(&base64) {
        return invalid_data("must be base64 (standard alphabet, padded, no line breaks)".into());
    }
    if base64.len() > max_chars {
        return invalid_data(format!("must not be longer than {max_chars} characters").into());
    }
    // Claude refuses an image if its declared type differs from the type of its bytes.
    let media_type = image_type(&base64)
        .filter(|media_type| allowed.contains(media_type))
        .unwrap_or(declared);
    Ok(Source::Base64 { media_type, data })
}

/// Decodes without keeping the bytes: a photo has megabytes of them.
fn is_base64(data: &str) -> bool {
    let mut decoder = DecoderReader::new(data.as_bytes(), &BASE64_STANDARD);
    io::copy(&mut decoder, &mut io::sink()).is_ok()
}

/// Claude fetches the URL, which must not lead into a private network.
fn parse_url<'a>(source: &Object<'a>) -> Result<Source<'a>, Invalid> {
    let url = required_string(source, "url")?;
    let refuse = |why| Err(Invalid::new(why).in_field("url"));
    let Ok(parsed) = url::Url::parse(&url.unescape()) else {
        return refuse("must be an https URL");
    };
    if parsed.scheme() != "https" {
        return refuse("must be an https URL");
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return refuse("must not hold a user name or password");
    }
    if !is_public_host(&parsed) {
        return refuse("must name a public host");
    }
    Ok(Source::Url { url })
}
