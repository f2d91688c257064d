//! Images and PDFs in base64: mends the base64 that clients and tools send, and reads media type and size from the bytes.

use std::{borrow::Cow, io};

use base64::{Engine, prelude::BASE64_STANDARD, read::DecoderReader};

/// The image types that Claude accepts.
pub const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/// Claude's limit on width and height of an image, in pixels.
pub const MAX_IMAGE_SIDE: u32 = 8000;
/// The most segments that are read before the frame of a JPEG. A photo has about ten.
const MAX_JPEG_SEGMENTS: usize = 1000;

/// Standard base64, padded and in one line. Borrowed if the text is that already. `None`: it is not base64, or is empty.
pub fn mend_base64(text: &str) -> Option<Cow<'_, str>> {
    if is_base64(text) {
        return Some(text.into());
    }
    let mut mended = String::with_capacity(text.len() + 2);
    mended.extend(without_data_prefix(text).split(['\r', '\n']).map(str::trim));
    if !mended.contains(['+', '/']) && mended.contains(['-', '_']) {
        mended = mended.replace('-', "+").replace('_', "/");
    }
    mended.truncate(mended.trim_end_matches('=').len());
    let padding = mended.len().next_multiple_of(4) - mended.len();
    mended.extend(std::iter::repeat_n('=', padding));
    is_base64(&mended).then_some(mended.into())
}

/// Decodes without keeping the bytes: a photo has megabytes of them.
fn is_base64(text: &str) -> bool {
    let mut decoder = DecoderReader::new(text.as_bytes(), &BASE64_STANDARD);
    !text.is_empty() && io::copy(&mut decoder, &mut io::sink()).is_ok()
}

/// Without `data:<media type>;base64,`.
fn without_data_prefix(text: &str) -> &str {
    let text = text.trim_start();
    let (prefix, data) = text.split_once(',').unwrap_or_default();
    let prefix = prefix.trim_end().to_ascii_lowercase();
    if prefix.starts_with("data:") && prefix.ends_with(";base64") {
        data
    } else {
        text
    }
}

/// The name of a declared media type without parameters, capital letters and old synonyms.
pub fn media_type_name(declared: &str) -> String {
    let (name, _) = declared.split_once(';').unwrap_or((declared, ""));
    match name.trim().to_ascii_lowercase().as_str() {
        "image/jpg" | "image/pjpeg" => "image/jpeg".to_owned(),
        "image/x-png" => "image/png".to_owned(),
        name => name.to_owned(),
    }
}

/// The media type of standard base64 by its first bytes: one of [`IMAGE_TYPES`], or PDF.
pub fn media_type(base64: &str) -> Option<&'static str> {
    let head = base64.get(..16).unwrap_or(base64);
    let head = BASE64_STANDARD.decode(head).ok()?;
    match head.as_slice() {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Some("image/webp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

/// The longer side of an image in standard base64, in pixels; `None` if its header is not a plausible one.
pub fn longer_side(base64: &str) -> Option<u32> {
    let (width, height) = match media_type(base64)? {
        "image/png" => {
            let header: [u8; 14] = read(base64, 12)?;
            let [
                b'I',
                b'H',
                b'D',
                b'R',
                sides @ ..,
                1 | 2 | 4 | 8 | 16,
                0 | 2 | 3 | 4 | 6,
            ] = header
            else {
                return None;
            };
            let [w0, w1, w2, w3, h0, h1, h2, h3] = sides;
            let width = u32::from_be_bytes([w0, w1, w2, w3]);
            (width, u32::from_be_bytes([h0, h1, h2, h3]))
        }
        "image/gif" => {
            // The last byte is the aspect ratio, which nothing sets.
            let [w0, w1, h0, h1, _, _, 0] = read(base64, 6)? else {
                return None;
            };
            let [width, height] = [[w0, w1], [h0, h1]].map(u16::from_le_bytes);
            (width.into(), height.into())
        }
        "image/jpeg" => jpeg_size(base64)?,
        "image/webp" => webp_size(base64)?,
        _ => return None,
    };
    Some(width.max(height))
}

/// From the first frame header (SOF0 to SOF15).
fn jpeg_size(base64: &str) -> Option<(u32, u32)> {
    let mut at = 2;
    for _ in 0..MAX_JPEG_SEGMENTS {
        let [0xff, marker] = read(base64, at)? else {
            return None;
        };
        at += match marker {
            0xff => 1,
            0x01 | 0xd0..=0xd8 => 2,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let sides = [read(base64, at + 5)?, read(base64, at + 7)?];
                let [height, width] = sides.map(u16::from_be_bytes);
                return Some((width.into(), height.into()));
            }
            _ => 2 + usize::from(u16::from_be_bytes(read(base64, at + 2)?)),
        };
    }
    None
}

/// From the first chunk: lossy, lossless or extended.
fn webp_size(base64: &str) -> Option<(u32, u32)> {
    let chunk: [u8; 18] = read(base64, 12)?;
    match chunk {
        [b'V', b'P', b'8', b' ', .., 0x9d, 0x01, 0x2a, w0, w1, h0, h1] => {
            let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
            Some((side([w0, w1]), side([h0, h1])))
        }
        [
            b'V',
            b'P',
            b'8',
            b'L',
            _,
            _,
            _,
            _,
            _,
            bits @ ..,
            _,
            _,
            _,
            _,
            _,
        ] => {
            let bits = u32::from_le_bytes(bits);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        [
            b'V',
            b'P',
            b'8',
            b'X',
            _,
            _,
            _,
            _,
            _,
            0,
            0,
            0,
            w0,
            w1,
            w2,
            h0,
            h1,
            h2,
        ] => {
            let side =
                |[low, middle, high]: [u8; 3]| u32::from_le_bytes([low, middle, high, 0]) + 1;
            Some((side([w0, w1, w2]), side([h0, h1, h2])))
        }
        _ => None,
    }
}

/// The decoded bytes from position `at`, without decoding those before.
fn read<const N: usize>(base64: &str, at: usize) -> Option<[u8; N]> {
    let quads = base64.get(at / 3 * 4..(at + N).div_ceil(3) * 4)?;
    let bytes = BASE64_STANDARD.decode(quads).ok()?;
    bytes.get(at % 3..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests;
