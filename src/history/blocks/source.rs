//! Where the bytes of an image or a document are: in the block, or at a URL.

use base64::{Engine, engine::GeneralPurpose, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{Object, list, optional_string, string, text};
use crate::{
    claude::{Block, image_type, is_blank},
    history::{Invalid, place::Place},
};

/// Claude's limit, in base64 (<https://docs.claude.com/en/docs/build-with-claude/vision>).
const MAX_IMAGE: usize = 10 * 1024 * 1024;
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

pub(super) fn image(place: &Place<'_>, object: &mut Object) -> Result<Block, Invalid> {
    let place = place.field("source");
    let mut source = super::object(&place, object, "source")?;
    let source = match string(&place, &mut source, "type")?.as_str() {
        "base64" => base64(&place, &mut source, &IMAGES, MAX_IMAGE)?,
        "url" => url(&place, &mut source)?,
        _ => {
            return Err(Invalid::new(place.field("type"), "must be base64 or url"));
        }
    };
    Ok(Block::Image { source })
}

pub(super) fn document(at: &Place<'_>, object: &mut Object) -> Result<Block, Invalid> {
    let place = at.field("source");
    let mut source = super::object(&place, object, "source")?;
    let source = match string(&place, &mut source, "type")?.as_str() {
        "base64" => base64(&place, &mut source, &["application/pdf"], usize::MAX)?,
        "url" => url(&place, &mut source)?,
        "text" => plain_text(&place, &mut source)?,
        "content" => return nested_document(at, &place, &mut source, object),
        _ => {
            return Err(Invalid::new(
                place.field("type"),
                "must be base64, text, content or url",
            ));
        }
    };
    with_source(at, source, object)
}

fn nested_document(
    at: &Place<'_>,
    place: &Place<'_>,
    source: &mut Object,
    object: &mut Object,
) -> Result<Block, Invalid> {
    let place = place.field("content");
    let mut blocks = match source.remove("content") {
        Some(Value::String(text)) => vec![Block::Text { text }],
        Some(Value::Array(blocks)) => list(&place, blocks, |place, kind, object| match kind {
            "text" => text(place, object),
            "image" => image(place, object),
            _ => Err(Invalid::new(place, "must be of type text or image")),
        })?,
        _ => {
            return Err(Invalid::new(
                place,
                "must be a string or a list of content blocks",
            ));
        }
    };
    blocks.retain(|block| !block.is_blank_text());
    if blocks.is_empty() {
        return Err(Invalid::new(place, "must not be blank"));
    }
    with_source(at, json!({"type": "content", "content": blocks}), object)
}

fn with_source(at: &Place<'_>, source: Value, object: &mut Object) -> Result<Block, Invalid> {
    let title = optional_string(at, object, "title")?.filter(|title| !title.is_empty());
    let context = optional_string(at, object, "context")?.filter(|context| !context.is_empty());
    Ok(Block::Document {
        source,
        title,
        context,
    })
}

fn plain_text(place: &Place<'_>, source: &mut Object) -> Result<Value, Invalid> {
    let data = string(place, source, "data")?;
    if string(place, source, "media_type")? != "text/plain" {
        return Err(Invalid::new(
            place.field("media_type"),
            "must be text/plain",
        ));
    }
    if is_blank(&data) {
        return Err(Invalid::new(place.field("data"), "must not be blank"));
    }
    Ok(json!({"type": "text", "media_type": "text/plain", "data": data}))
}

fn base64(
    place: &Place<'_>,
    source: &mut Object,
    allowed: &[&str],
    max: usize,
) -> Result<Value, Invalid> {
    let media_type = string(place, source, "media_type")?;
    if !allowed.contains(&media_type.as_str()) {
        return Err(Invalid::new(
            place.field("media_type"),
            format!("must be {}", allowed.join(", ")),
        ));
    }
    let data = string(place, source, "data")?;
    if data.is_empty() || !is_base64(data.as_bytes()) {
        return Err(Invalid::new(
            place.field("data"),
            "must be base64 (standard alphabet, padded, no line breaks)",
        ));
    }
    if data.len() > max {
        return Err(Invalid::new(
            place.field("data"),
            format!("must not be longer than {max} characters"),
        ));
    }
    // Claude refuses an image whose name and bytes differ; the bytes are right.
    let media_type = image_type(&data)
        .filter(|_| allowed.contains(&"image/png"))
        .unwrap_or(&media_type);
    Ok(json!({"type": "base64", "media_type": media_type, "data": data}))
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

fn url(place: &Place<'_>, source: &mut Object) -> Result<Value, Invalid> {
    let url = string(place, source, "url")?;
    if !url::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(Invalid::new(
            place.field("url"),
            "must be an http or https URL",
        ));
    }
    Ok(json!({"type": "url", "url": url}))
}
