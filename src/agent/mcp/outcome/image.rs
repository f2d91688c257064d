//! Images in the content of a tool's answer: those that Claude accepts, and a note in place of the others.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::short;
use crate::agent::claude::{
    Block, IMAGE_TYPES, MAX_IMAGE_SIDE, longer_side, media_type, media_type_name, mend_base64,
};

const MAX_IMAGE_BYTES: usize = 5 * 1024 * 1024;
const NOT_AN_IMAGE: &str = "its bytes are not PNG, JPEG, GIF or WebP";

/// The image in an item, or in its embedded resource, if Claude accepts it.
pub(super) fn image(item: &mut Value) -> Option<Block> {
    let place = match item["type"].as_str()? {
        "image" => "/data",
        "resource" => "/resource/blob",
        _ => return None,
    };
    let data = item.pointer_mut(place)?;
    let (base64, media_type) = check_image(data.as_str()?).ok()?;
    if let Cow::Owned(mended) = base64 {
        *data = mended.into();
    }
    let mut source = json!({"type": "base64", "media_type": media_type});
    source["data"] = data.take();
    Some(Block::Image { source })
}

/// The base64 of an image, mended, with the media type of its bytes; else why it is left out.
fn check_image(data: &str) -> Result<(Cow<'_, str>, &'static str), &'static str> {
    let base64 = mend_base64(data).ok_or(NOT_AN_IMAGE)?;
    if base64.len() / 4 * 3 > MAX_IMAGE_BYTES {
        return Err("larger than 5 MB");
    }
    let media_type = media_type(&base64).filter(|found| IMAGE_TYPES.contains(found));
    let media_type = media_type.ok_or(NOT_AN_IMAGE)?;
    if longer_side(&base64).is_some_and(|pixels| pixels > MAX_IMAGE_SIDE) {
        return Err("wider or higher than 8000 pixels");
    }
    Ok((base64, media_type))
}

/// The note in place of an image, or in an error.
pub(super) fn image_note(item: &Value) -> String {
    let declared = media_type_name(item["mimeType"].as_str().unwrap_or_default());
    match check_image(item["data"].as_str().unwrap_or_default()) {
        Ok(_) => "[an image]".to_owned(),
        Err(NOT_AN_IMAGE) if !IMAGE_TYPES.contains(&declared.as_str()) => {
            let kind = short(&item["mimeType"]);
            format!("[an image, left out: {kind} cannot be shown]")
        }
        Err(why) => format!("[an image, left out: {why}]"),
    }
}
