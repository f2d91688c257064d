//! Where the bytes of an image or a document are: in the block, or at a URL.

use std::borrow::Cow;

use base64::{Engine, engine::GeneralPurpose, prelude::BASE64_STANDARD};
use serde::Serialize;

use super::{Block, list, optional_string, string, text};
use crate::{
    agent::claude::image_type,
    agent::history::{Invalid, place::Place},
    agent::json::{Fields, Node, Text},
};

/// Claude's limit, in base64 (<https://docs.claude.com/en/docs/build-with-claude/vision>).
const MAX_IMAGE: usize = 10 * 1024 * 1024;
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const PDF: [&str; 1] = ["application/pdf"];

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::agent::history) enum Source<'a> {
    Base64 {
        media_type: &'static str,
        data: Text<'a>,
    },
    Url {
        url: Text<'a>,
    },
    Text {
        media_type: &'static str,
        data: Text<'a>,
    },
    Content {
        content: Vec<Block<'a>>,
    },
}

pub(super) fn image<'a>(place: &Place<'_>, object: &Fields<'a>) -> Result<Block<'a>, Invalid> {
    let place = place.field("source");
    let (kind, source) = source(&place, object)?;
    let source = match &*kind {
        "base64" => base64(&place, source, &IMAGES, MAX_IMAGE)?,
        "url" => url(&place, source)?,
        _ => {
            return Err(Invalid::new(place.field("type"), "must be base64 or url"));
        }
    };
    Ok(Block::Image { source })
}

pub(super) fn document<'a>(at: &Place<'_>, object: &Fields<'a>) -> Result<Block<'a>, Invalid> {
    let place = at.field("source");
    let (kind, source) = source(&place, object)?;
    let source = match &*kind {
        "base64" => base64(&place, source, &PDF, usize::MAX)?,
        "url" => url(&place, source)?,
        "text" => plain_text(&place, source)?,
        "content" => nested(&place, source)?,
        _ => {
            return Err(Invalid::new(
                place.field("type"),
                "must be base64, text, content or url",
            ));
        }
    };
    let named = |field| {
        let text = optional_string(at, object, field)?;
        Ok(text.filter(|text| !text.read().is_empty()))
    };
    Ok(Block::Document {
        source,
        title: named("title")?,
        context: named("context")?,
    })
}

/// A block's source, and of what kind it is.
fn source<'a, 'b>(
    place: &Place<'_>,
    object: &'b Fields<'a>,
) -> Result<(Cow<'a, str>, &'b Fields<'a>), Invalid> {
    let Some(Node::Object(source)) = object.get("source") else {
        return Err(Invalid::new(place, "must be an object"));
    };
    Ok((string(place, source, "type")?.read(), source))
}

/// A document given as blocks.
fn nested<'a>(place: &Place<'_>, source: &Fields<'a>) -> Result<Source<'a>, Invalid> {
    let place = place.field("content");
    let given = source.get("content");
    let mut content = list(&place, given, |place, kind, object| match kind {
        "text" => text(place, object),
        "image" => image(place, object),
        _ => Err(Invalid::new(place, "must be of type text or image")),
    })?;
    content.retain(|block| !block.is_blank_text());
    if content.is_empty() {
        return Err(Invalid::new(place, "must not be blank"));
    }
    Ok(Source::Content { content })
}

fn plain_text<'a>(place: &Place<'_>, source: &Fields<'a>) -> Result<Source<'a>, Invalid> {
    let data = string(place, source, "data")?;
    if string(place, source, "media_type")?.read() != "text/plain" {
        return Err(Invalid::new(
            place.field("media_type"),
            "must be text/plain",
        ));
    }
    if data.is_blank() {
        return Err(Invalid::new(place.field("data"), "must not be blank"));
    }
    Ok(Source::Text {
        media_type: "text/plain",
        data,
    })
}

fn base64<'a>(
    place: &Place<'_>,
    source: &Fields<'a>,
    allowed: &[&'static str],
    max: usize,
) -> Result<Source<'a>, Invalid> {
    let named = string(place, source, "media_type")?.read();
    let Some(named) = allowed.iter().find(|allowed| **allowed == named) else {
        return Err(Invalid::new(
            place.field("media_type"),
            format!("must be {}", allowed.join(", ")),
        ));
    };
    let data = string(place, source, "data")?;
    let bytes = data.read();
    if bytes.is_empty() || !is_base64(bytes.as_bytes()) {
        return Err(Invalid::new(
            place.field("data"),
            "must be base64 (standard alphabet, padded, no line breaks)",
        ));
    }
    if bytes.len() > max {
        return Err(Invalid::new(
            place.field("data"),
            format!("must not be longer than {max} characters"),
        ));
    }
    // Claude refuses an image whose name and bytes differ; the bytes are right.
    let media_type = image_type(&bytes)
        .filter(|media_type| allowed.contains(media_type))
        .unwrap_or(named);
    Ok(Source::Base64 { media_type, data })
}

/// Whether `data` decodes, found piece by piece: a photo is megabytes, its bytes are not needed.
fn is_base64(data: &[u8]) -> bool {
    const ENGINE: GeneralPurpose = BASE64_STANDARD;
    let mut scratch = [0; 3 * 1024];
    let (last, pieces) = match data.chunks(4 * 1024).collect::<Vec<_>>().split_last() {
        Some((last, pieces)) => (*last, pieces.to_vec()),
        None => return false,
    };
    // Padding may stand at the very end alone.
    pieces
        .iter()
        .all(|piece| !piece.contains(&b'=') && ENGINE.decode_slice(piece, &mut scratch).is_ok())
        && ENGINE.decode_slice(last, &mut scratch).is_ok()
}

fn url<'a>(place: &Place<'_>, source: &Fields<'a>) -> Result<Source<'a>, Invalid> {
    let url = string(place, source, "url")?;
    if !url::Url::parse(&url.read()).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(Invalid::new(
            place.field("url"),
            "must be an http or https URL",
        ));
    }
    Ok(Source::Url { url })
}
