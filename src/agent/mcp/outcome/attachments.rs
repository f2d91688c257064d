//! The images, audio and blobs of a tool's answer as bytes, for those who keep files.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::Value;

use crate::agent::claude::mend_base64;

/// The limits on what is kept of an answer, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct ResultLimits {
    /// Of the text for Claude.
    pub text: usize,
    /// Of the attachments together, decoded; 0: none are collected.
    pub attachments: usize,
}

/// A limit on text, and no attachments.
impl From<usize> for ResultLimits {
    fn from(text: usize) -> Self {
        Self {
            text,
            attachments: 0,
        }
    }
}

/// An image, audio or an embedded blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Of an embedded resource.
    pub uri: Option<String>,
    /// As the server declares it; may be empty.
    pub mime_type: String,
    pub data: Bytes,
}

/// The attachments of an answer, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachments {
    pub items: Vec<Attachment>,
    /// How many are beyond the limit or not base64.
    pub left_out: usize,
}

impl Attachments {
    /// Copies the attachments of a list of content, `max` bytes at most.
    pub(super) fn collect(content: &Value, max: usize) -> Self {
        let (mut attachments, mut left) = (Self::default(), max);
        if max == 0 {
            return attachments;
        }
        for item in content.as_array().into_iter().flatten() {
            let Some((data, about)) = encoded(item) else {
                continue;
            };
            match decode(data, left) {
                Some(data) => {
                    left -= data.len();
                    attachments.items.push(Attachment {
                        uri: about["uri"].as_str().map(str::to_owned),
                        mime_type: about["mimeType"].as_str().unwrap_or_default().to_owned(),
                        data,
                    });
                }
                None => attachments.left_out += 1,
            }
        }
        attachments
    }
}

/// The base64 in an item, and the object that says what it is.
fn encoded(item: &Value) -> Option<(&str, &Value)> {
    match item["type"].as_str()? {
        "image" | "audio" => Some((item["data"].as_str()?, item)),
        "resource" => Some((item["resource"]["blob"].as_str()?, &item["resource"])),
        _ => None,
    }
}

fn decode(base64: &str, max: usize) -> Option<Bytes> {
    if base64.is_empty() {
        return Some(Bytes::new());
    }
    let base64 = mend_base64(base64)?;
    let padding = base64.bytes().rev().take_while(|byte| *byte == b'=');
    if base64.len() / 4 * 3 - padding.count() > max {
        return None;
    }
    BASE64_STANDARD.decode(&*base64).ok().map(Bytes::from)
}
