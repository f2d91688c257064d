use super::*;

fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

#[test]
fn clean_base64_is_borrowed_and_flawed_base64_is_mended() {
    let bytes = [0xfb, 0xef, 0xff, 1, 2, 3, 4];
    let clean = "++//AQIDBA==";
    assert_eq!(encode(&bytes), clean);
    assert!(matches!(mend_base64(clean), Some(Cow::Borrowed(text)) if text == clean));
    for flawed in [
        "++//AQIDBA",
        "++//AQIDBA=",
        "++//AQIDBA===",
        "--__AQIDBA==",
        "--__AQIDBA",
        "++//\nAQID\nBA==\n",
        "\r\n ++//\r\n\tAQID\r\n BA\r\n",
        "data:image/png;base64,++//AQIDBA==",
        " DATA:image/PNG;name=\"a.png\";BASE64,\n--__AQIDBA",
        "data:;base64,++//AQIDBA==",
    ] {
        assert_eq!(mend_base64(flawed).as_deref(), Some(clean), "{flawed:?}");
    }
}

#[test]
fn text_that_is_not_base64_is_not_mended() {
    for text in [
        "",
        "\n",
        "=",
        "====",
        "A",
        "AAAAA",
        "not base64!",
        "AA==AAAA",
        "AA AAAA A",
        // Both alphabets.
        "+_AA",
        "data:image/png;base64,",
        "data:image/png,AAAA",
        "data:AAAA",
        "ü",
        // Bits beyond the last byte.
        "AAB=",
    ] {
        assert_eq!(mend_base64(text), None, "{text:?}");
    }
}

#[test]
fn the_first_bytes_decide_the_media_type() {
    for (bytes, expected) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], Some("image/png")),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", Some("image/jpeg")),
        (b"\xff\xd8\xff", Some("image/jpeg")),
        (b"GIF87a", Some("image/gif")),
        (b"GIF89a\x01\0\x01\0", Some("image/gif")),
        (b"RIFF\x24\0\0\0WEBPVP8 ", Some("image/webp")),
        (b"%PDF-1.7\n", Some("application/pdf")),
        (b"\0\0\0\x18ftypheic\0\0\0\0", None),
        (b"\0\0\0\x20ftypavif\0\0\0\0", None),
        (b"<!DOCTYPE html><html>", None),
        (b"<svg xmlns=\"\"></svg>", None),
        (b"II*\0\x08\0\0\0", None),
        (b"BM\x46\0\0\0\0\0\0\0", None),
        (b"RIFF\x24\0\0\0WAVEfmt ", None),
        (b"\x89PNG", None),
        (b"GIF8", None),
        (b"\xff\xd8", None),
        (b"", None),
    ] {
        assert_eq!(media_type(&encode(bytes)), expected, "{bytes:?}");
    }
}

#[test]
fn synonyms_parameters_and_capital_letters_of_media_types_do_not_matter() {
    for (declared, name) in [
        ("image/jpeg", "image/jpeg"),
        (" Image/JPG ; charset=binary", "image/jpeg"),
        ("image/pjpeg", "image/jpeg"),
        ("image/x-png", "image/png"),
        ("Application/PDF", "application/pdf"),
        ("image/heic", "image/heic"),
        ("", ""),
    ] {
        assert_eq!(media_type_name(declared), name);
    }
}

fn jpeg(before: &[u8], frame: u8) -> String {
    let mut bytes = b"\xff\xd8".to_vec();
    bytes.extend_from_slice(before);
    // 300 pixels high, 9001 wide.
    bytes.extend_from_slice(&[0xff, frame, 0, 17, 8, 0x01, 0x2c, 0x23, 0x29, 3, 1, 0x22, 0]);
    encode(&bytes)
}

#[test]
fn the_longer_side_is_read_from_the_header() {
    let mut webp = b"RIFF\x24\0\0\0WEBP".to_vec();
    let with = |webp: &[u8], chunk: &[u8]| encode(&[webp, chunk].concat());
    for (image, expected) in [
        (
            encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x23\x29\0\0\0\x01\x08\x06"),
            Some(9001),
        ),
        (encode(b"GIF89a\x01\0\x29\x23\xf7\x01\0"), Some(9001)),
        (
            with(&webp, b"VP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x29\x23\x10\0\0\0"),
            Some(9001),
        ),
        // 14 bits each: 9000 and 0.
        (
            with(&webp, b"VP8L\0\0\0\0\x2f\x28\x23\0\0\0\0\0\0\0"),
            Some(9001),
        ),
        (
            with(&webp, b"VP8X\x0a\0\0\0\0\0\0\0\0\0\0\x28\x23\0\0\0"),
            Some(9001),
        ),
        (jpeg(b"\xff\xe1\0\x06Exif", 0xc0), Some(9001)),
        (
            jpeg(b"\xff\xff\xff\xdb\0\x02\xff\xd0\xff\xc4\0\x03a", 0xc2),
            Some(9001),
        ),
        // Filled up, as test images are.
        (encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDRZZZZZZZZZZZZ"), None),
        (encode(b"GIF89aAAAAAAAAAAAAA"), None),
        (with(&webp, b"VP8 AAAAAAAAAAAAAAAAAAAA"), None),
        (jpeg(b"junk", 0xc0), None),
        (jpeg(b"\xff\xe1\xff\xff", 0xc0), None),
        (encode(b"GIF89a"), None),
        (encode(b"%PDF-1.7\n and more of it, as it is"), None),
    ] {
        assert_eq!(longer_side(&image), expected, "{image}");
    }
    webp.extend_from_slice(b"ALPH");
    assert_eq!(longer_side(&encode(&webp)), None);
    let endless = jpeg(&b"\xff\xe1\0\x02".repeat(1_000_000), 0xc0);
    assert_eq!(longer_side(&endless), None);
}
