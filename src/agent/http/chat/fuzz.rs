//! Fuzz target: any body of `POST /chat` or `POST /title` is either parsed to a valid request to Claude or rejected with a 400 or 422.

mod made;

use axum::body::to_bytes;
use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderMap;
use serde::de::IgnoredAny;
use serde_json::{Value, json, value::RawValue};

use made::{CANARY, FIELDS, built, nested};

use super::request::read;
use crate::{
    agent::history::{self, History},
    agent::{time_zone_name, user_context},
    fuzz::{Choices, without_halves},
    http::problem::{Code, Problem},
    http::request_id::RequestId,
    process::{json::mend_bytes, memory::json::count_values},
};

/// The target. The first byte says whether the rest is the body, or choices for one.
pub fn body(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    match choices.below(3) {
        0 => drop(checked(choices.rest())),
        1 => {
            let body = built(&mut choices).to_string();
            let accepted = checked(body.as_bytes());
            if let Err(refusal) = accepted {
                assert!(!refusal.contains(CANARY), "{refusal} repeats {body}");
            }
        }
        _ => drop(checked(&nested(&mut choices))),
    }
}

/// The steps of the handler, and the invariants between them.
fn checked(body: &[u8]) -> Result<(), String> {
    let sent = std::str::from_utf8(body);
    let body = &mend_bytes(Bytes::copy_from_slice(body));
    if let Ok(sent) = sent {
        let mended = without_halves(sent);
        assert_eq!(body, &mended, "a half is not U+FFFD, or more is changed");
    }
    let read = read(body, count_values(body));
    let text = std::str::from_utf8(body);
    let is_json = text.is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    let called_json = !matches!(&read, Err(error) if error.code == Code::InvalidJson);
    assert_eq!(
        called_json, is_json,
        "what is JSON, and nothing else, is called so"
    );
    let value = serde_json::from_slice::<Value>(body);
    if let Ok(value) = &value {
        // A repeated key counts twice.
        assert!(count_values(body) >= count(value));
        let text = value.to_string();
        assert_eq!(count_values(text.as_bytes()), count(value));
    }
    let request = read.map_err(|error| refused(&error))?;
    told_about(
        request.client_timezone.as_deref(),
        request.display_name.as_deref(),
    );
    let titled = titled(&request.messages);
    let value = value.ok();
    for (field, text) in [
        ("client_timezone", &request.client_timezone),
        ("display_name", &request.display_name),
    ] {
        // A full parse of the body, where possible, has the same values.
        let sent = value.as_ref().map(|value| value[field].as_str());
        assert!(sent.is_none_or(|sent| sent == text.as_deref()), "{sent:?}");
    }

    let History {
        conversation, ids, ..
    } = history::parse(&request.messages, body).map_err(|invalid| refused(&invalid.into()))?;
    let forwarded = json!({"messages": conversation.messages(), "stream": request.stream});
    let bytes = Bytes::from(forwarded.to_string());
    let forwarded = serde_json::from_slice::<Value>(&bytes);
    assert!(forwarded.is_ok(), "no JSON that a parser takes: {bytes:?}");
    let request = super::request::read(&bytes, 0).expect("a request");
    let again = history::parse(&request.messages, &bytes).expect("a history");
    assert_eq!(again.conversation.messages(), conversation.messages());
    assert_eq!(again.ids, ids);
    titled
}

/// `POST /title`: a title without Claude is one line.
fn titled(messages: &RawValue) -> Result<(), String> {
    let transcript = history::transcript(messages).map_err(|invalid| refused(&invalid.into()))?;
    let (title, text) = (transcript.title(), transcript.text());
    assert!((1..=60).contains(&title.chars().count()), "{title:?}");
    assert!(
        title.trim() == title && !title.chars().any(char::is_control),
        "{title:?}"
    );
    assert!(text.chars().count() < 10_000, "{} bytes", text.len());
    Ok(())
}

/// The detail of a 400 or a 422, the only errors for a body. It contains no text from the body.
fn refused(error: &Problem) -> String {
    let id = RequestId::from_headers(&HeaderMap::new());
    let response = error.respond(&id);
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX)
        .now_or_never()
        .expect("is there")
        .expect("whole");
    let problem: Value = serde_json::from_slice(&body).expect("JSON");
    assert!(
        matches!(
            (status, error.code),
            (400, Code::InvalidJson) | (422, Code::InvalidRequest)
        ),
        "{problem}"
    );
    let detail = problem["detail"].as_str().expect("a text").to_owned();
    let expected = json!({"type": "about:blank", "title": problem["title"], "status": status, "detail": detail,
        "error": detail, "code": error.code.as_str(), "request_id": id.as_str()});
    assert_eq!(problem, expected);
    if status == 422 {
        let (place, why) = detail.split_once(": ").expect("a place");
        let mut steps = place.split(['.', '[']);
        assert!(
            steps
                .next()
                .is_some_and(|first| first == "body" || FIELDS[..4].contains(&first)),
            "{detail}"
        );
        assert!(
            steps.all(|step| step
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'_' || b == b']' || b.is_ascii_digit())),
            "{detail}"
        );
        assert!(!why.is_empty() && why.is_ascii(), "{detail}");
    } else {
        assert!(
            detail.starts_with("The body is not JSON in UTF-8") && detail.is_ascii(),
            "{detail}"
        );
    }
    detail
}

/// The second system block has one line with the date, and at most one with the name, which contains no line break.
fn told_about(zone: Option<&str>, name: Option<&str>) {
    let text = user_context(zone, name);
    let (day, label) = text
        .split_once('\n')
        .map_or((&*text, None), |(day, label)| (day, Some(label)));
    assert!(
        day.starts_with("Today is ") && day.ends_with(")."),
        "{text:?}"
    );
    assert!(
        !text.chars().any(|c| c.is_control() && c != '\n') && day.len() < 120,
        "{text:?}"
    );
    if let Some(label) = label {
        let (_, label) = label.split_once(": ").expect("words of ours first");
        let label: String = serde_json::from_str(label).expect("a quoted label");
        assert!((1..=100).contains(&label.chars().count()), "{text:?}");
        assert!(name.is_some_and(|name| {
            name.chars()
                .filter(|c| !c.is_control())
                .collect::<String>()
                .contains(&label)
        }));
    }
    if let Some(zone) = zone.and_then(time_zone_name) {
        assert!(day.contains(&zone) && zone.is_ascii(), "{text:?}");
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(object) => object.values().map(count).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_of_the_body_hold() {
        crate::fuzz::replay("body", super::body);
    }
}
