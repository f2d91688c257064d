//! Parses the source of an image or document: base64, a URL, text, or content blocks.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Block, parse_blocks, parse_text, required_string};
use crate::{
    agent::{
        claude::{
            IMAGE_TYPES, MAX_IMAGE_SIDE, longer_side, media_type, media_type_name, mend_base64,
        },
        json::{Invalid, JsonStr, Object},
    },
    upstream::address::is_public_host,
};

/// Claude's limit, in base64 (<https://docs.claude.com/en/docs/build-with-claude/vision>).
const MAX_IMAGE_CHARS: usize = 10 * 1024 * 1024;
/// Claude's limit on the title of a document.
const MAX_TITLE_CHARS: usize = 500;
const DOCUMENT_TYPES: [&str; 1] = ["application/pdf"];

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::agent::history) enum Source<'a> {
    Base64 {
        media_type: &'static str,
        data: Base64<'a>,
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

/// Base64 as it was received, or mended.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::agent::history) enum Base64<'a> {
    Received(JsonStr<'a>),
    Mended(String),
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
    let non_empty = |field, max_chars| {
        let Some(text) = block.string(field)? else {
            return Ok(None);
        };
        let unescaped = text.unescape();
        if unescaped.chars().nth(max_chars).is_some() {
            let why = format!("must not be longer than {max_chars} characters");
            return Err(Invalid::new(why).in_field(field));
        }
        Ok(Some(text).filter(|_| !unescaped.is_empty()))
    };
    Ok(Block::Document {
        source: source?,
        title: non_empty("title", MAX_TITLE_CHARS)?,
        context: non_empty("context", usize::MAX)?,
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
    let declared = required_string(source, "media_type")?.unescape();
    if media_type_name(&declared) != "text/plain" {
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
    if !allowed.contains(&media_type_name(&declared).as_str()) {
        let why = format!("must be {}", allowed.join(", "));
        return Err(Invalid::new(why).in_field("media_type"));
    }
    let received = required_string(source, "data")?;
    let checked = check_base64(&received.unescape(), allowed, max_chars);
    let (media_type, mended) = checked.map_err(|invalid| invalid.in_field("data"))?;
    let data = mended.map_or(Base64::Received(received), Base64::Mended);
    Ok(Source::Base64 { media_type, data })
}

/// The media type of the bytes, which counts whatever the client calls it; and the mended base64, if it was not clean.
fn check_base64(
    received: &str,
    allowed: &[&'static str],
    max_chars: usize,
) -> Result<(&'static str, Option<String>), Invalid> {
    let base64 = mend_base64(received).ok_or_else(|| Invalid::new("must be base64"))?;
    if base64.len() > max_chars {
        let why = format!("must not be longer than {max_chars} characters");
        return Err(Invalid::new(why));
    }
    let media_type = media_type(&base64).filter(|found| allowed.contains(found));
    let media_type = media_type.ok_or_else(|| {
        let why = format!("must be the bytes of {}", allowed.join(", "));
        Invalid::new(why)
    })?;
    if longer_side(&base64).is_some_and(|pixels| pixels > MAX_IMAGE_SIDE) {
        let why = format!("must not be wider or higher than {MAX_IMAGE_SIDE} pixels");
        return Err(Invalid::new(why));
    }
    let mended = match base64 {
        Cow::Owned(mended) => Some(mended),
        Cow::Borrowed(_) => None,
    };
    Ok((media_type, mended))
}

/// Claude fetches the URL, which must not lead into a private network. A spelling that the URL standard only repairs is refused:
/// another parser may refuse it too, or find another host in it.
fn parse_url<'a>(source: &Object<'a>) -> Result<Source<'a>, Invalid> {
    let url = required_string(source, "url")?;
    let text = url.unescape();
    check_url(&text).map_err(|why| Invalid::new(why).in_field("url"))?;
    Ok(Source::Url { url })
}

fn check_url(text: &str) -> Result<(), &'static str> {
    const NO_HTTPS: &str = "must be an https URL";
    let (scheme, rest) = text.split_once("://").ok_or(NO_HTTPS)?;
    if !scheme.eq_ignore_ascii_case("https") {
        return Err(NO_HTTPS);
    }
    if rest.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err("must hold no white space, control characters or backslashes");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err(NO_HTTPS);
    }
    if authority.contains('@') {
        return Err("must not hold a user name or password");
    }
    let parsed = url::Url::parse(text).map_err(|_| NO_HTTPS)?;
    if !is_public_host(&parsed) {
        return Err("must name a public host");
    }
    Ok(())
}
