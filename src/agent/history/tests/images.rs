//! Images and documents in base64: the bytes decide the media type, and flaws of the base64 are mended.

use serde_json::{Value, json};

use super::{parse, parse_body};

/// The first bytes of a PNG.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";
const PDF: &str = "JVBERi0xLjc=";

fn message(kind: &str, media_type: &str, data: &str) -> Value {
    let source = json!({"type": "base64", "media_type": media_type, "data": data});
    json!([{"role": "user", "content": [{"type": "text", "text": "look"}, {"type": kind, "source": source}]}])
}

fn result(media_type: &str, data: &str) -> Value {
    let content = &message("image", media_type, data)[0]["content"];
    json!([
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "x", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": content}]},
    ])
}

#[test]
fn an_image_gets_the_media_type_of_its_bytes_and_clean_base64() {
    let (data_url, lines) = (
        format!("data:image/jpeg;base64,{PNG}"),
        "iVBORw0KGgoA\r\nAAANSUhEUg==\r\n",
    );
    for (declared, data) in [
        ("image/png", PNG),
        ("image/jpeg", PNG),
        ("image/jpg", PNG),
        ("IMAGE/Jpg; charset=binary", PNG),
        ("image/webp", &PNG[..22]),
        ("image/png", lines),
        ("image/png", &data_url),
    ] {
        let left = parse(&message("image", declared, data)).unwrap();
        assert_eq!(
            left.conversation.messages(),
            message("image", "image/png", PNG),
            "{declared} {data}"
        );
        let left = parse(&result(declared, data))
            .unwrap()
            .conversation
            .messages();
        assert_eq!(left[2], result("image/png", PNG)[1]);
    }
    let left = parse(&message("image", "image/png", "_9j_4AAQSkZJRgAB"));
    let clean = message("image", "image/jpeg", "/9j/4AAQSkZJRgAB");
    assert_eq!(left.unwrap().conversation.messages(), clean);
}

#[test]
fn a_document_must_be_a_pdf_by_its_bytes() {
    for (declared, data) in [
        ("application/pdf", PDF),
        ("Application/PDF; a=b", &PDF[..11]),
        (
            "application/pdf",
            "data:application/pdf;base64,JVBE\nRi0xLjc=",
        ),
    ] {
        let left = parse(&message("document", declared, data)).unwrap();
        assert_eq!(
            left.conversation.messages(),
            message("document", "application/pdf", PDF)
        );
    }
    for data in [PNG, "PGh0bWw+PC9odG1sPg==", "aGk="] {
        let fault = parse(&message("document", "application/pdf", data)).unwrap_err();
        let expected = "messages[0].content[1].source.data: must be the bytes of application/pdf";
        assert_eq!(fault.to_string(), expected);
    }
    let text = json!({"type": "text", "media_type": "Text/Plain; charset=utf-8", "data": "Squat"});
    let messages = json!([{"role": "user", "content": [{"type": "document", "source": text}]}]);
    let left = parse(&messages).unwrap().conversation.messages();
    assert_eq!(left[0]["content"][0]["source"]["media_type"], "text/plain");
}

#[test]
fn an_image_with_other_bytes_is_refused_whatever_it_is_called() {
    let why = "must be the bytes of image/png, image/jpeg, image/gif, image/webp";
    // HEIC, AVIF, HTML, SVG, TIFF, BMP, PDF, an empty GIF signature, and text.
    for data in [
        "AAAAGGZ0eXBoZWljAAAAAA==",
        "AAAAIGZ0eXBhdmlmAAAAAA==",
        "PGh0bWw+PC9odG1sPg==",
        "PHN2Zz48L3N2Zz4=",
        "SUkqAAgAAAA=",
        "Qk1GAAAAAAAAAA==",
        PDF,
        "R0lGOA==",
        "aGk=",
    ] {
        for declared in [
            "image/png",
            "image/jpeg",
            "image/gif",
            "image/webp",
            "image/jpg",
        ] {
            let fault = parse(&message("image", declared, data))
                .unwrap_err()
                .to_string();
            assert_eq!(fault, format!("messages[0].content[1].source.data: {why}"));
            let fault = parse(&result(declared, data)).unwrap_err().to_string();
            assert_eq!(
                fault,
                format!("messages[1].content[0].content[1].source.data: {why}")
            );
        }
    }
}

#[test]
fn a_clean_photo_is_shared_with_the_body_and_a_mended_one_is_owned() {
    let data = "/9j/".repeat(50_000);
    let history = |data: &str| {
        let messages = message("image", "image/jpeg", data);
        parse_body(json!({"messages": messages}).to_string())
            .unwrap()
            .conversation
    };
    let (owned, shared) = history(&data).owned_and_shared();
    assert!(owned < 1000 && shared >= data.len(), "{owned} {shared}");
    let lines: Vec<_> = data
        .as_bytes()
        .chunks(76)
        .map(String::from_utf8_lossy)
        .collect();
    for flawed in [
        lines.join("\n"),
        data.replace('/', "_"),
        format!("data:image/png;base64,{data}"),
    ] {
        let mended = history(&flawed);
        let (owned, shared) = mended.owned_and_shared();
        assert!(owned >= data.len() && owned < data.len() + 1000, "{owned}");
        assert_eq!(shared, 0);
        assert_eq!(mended.messages(), message("image", "image/jpeg", &data));
    }
}

#[test]
fn more_than_600_images_are_refused() {
    let image = message("image", "image/png", PNG)[0]["content"][1].clone();
    let with = |direct: usize| {
        let mut messages = result("image/png", PNG);
        let blocks = messages[1]["content"].as_array_mut().unwrap();
        let nested = json!({"type": "content", "content": [image, image]});
        blocks.push(json!({"type": "document", "source": nested}));
        blocks.extend(vec![image.clone(); direct]);
        messages
    };
    assert!(parse(&with(597)).is_ok());
    let fault = parse(&with(598)).unwrap_err().to_string();
    assert_eq!(fault, "messages: must not hold more than 600 images");
}

#[test]
fn an_image_of_more_than_8000_pixels_is_refused() {
    // 9025 pixels wide.
    let wide = "iVBORw0KGgoAAAANSUhEUgAAI0EAAAABCAYAAAA=";
    let fault = parse(&message("image", "image/png", wide)).unwrap_err();
    let why = "must not be wider or higher than 8000 pixels";
    let expected = format!("messages[0].content[1].source.data: {why}");
    assert_eq!(fault.to_string(), expected);
}

#[test]
fn a_title_of_more_than_500_characters_is_refused() {
    let titled = |chars: usize| {
        let mut messages = message("document", "application/pdf", PDF);
        messages[0]["content"][1]["title"] = "é".repeat(chars).into();
        messages
    };
    let left = parse(&titled(500)).unwrap();
    assert_eq!(left.conversation.messages(), titled(500));
    let fault = parse(&titled(501)).unwrap_err().to_string();
    let why = "must not be longer than 500 characters";
    assert_eq!(fault, format!("messages[0].content[1].title: {why}"));
}
