//! What holds for any body that is posted to `/chat`, up to the question that becomes of it.

mod made;

use axum::body::to_bytes;
use futures_util::FutureExt;
use http::HeaderMap;
use serde_json::{Value, json};

use made::{CANARY, FIELDS, built, nested};

use super::request::{parse, read, values};
use crate::{
    agent::{about, zone_name},
    app::RequestId,
    error::ApiError,
    fuzz::Choices,
    history::{self, History},
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

/// What the handler does with a body, and what must hold in between.
fn checked(body: &[u8]) -> Result<(), String> {
    let value = read(body).map_err(|error| refused(&error))?;
    assert!(body.iter().all(|byte| *byte != 0), "JSON has no such byte");
    assert!(
        values(body) >= count(&value),
        "more values than were counted"
    );
    let text = value.to_string();
    assert!(
        values(text.as_bytes()) <= 2 * count(&value),
        "values that are not there"
    );
    assert_eq!(
        read(text.as_bytes()).expect("JSON is JSON"),
        value,
        "written and read again"
    );

    let request = parse(value.clone()).map_err(|invalid| refused(&invalid.into()))?;
    let again = parse(serde_json::from_str(&text).expect("JSON"));
    assert_eq!(
        again.as_ref(),
        Ok(&request),
        "the same body is another request"
    );
    assert_eq!(Some(&request.messages), value.get("messages"));
    told_about(
        request.client_timezone.as_deref(),
        request.display_name.as_deref(),
    );

    let History { messages, .. } =
        history::parse(request.messages).map_err(|invalid| refused(&invalid.into()))?;
    let forwarded = json!({"messages": messages, "stream": request.stream});
    let bytes = forwarded.to_string();
    let request = parse(read(bytes.as_bytes()).expect("JSON")).expect("a request");
    assert_eq!(
        history::parse(request.messages)
            .expect("a history")
            .messages,
        messages
    );
    Ok(())
}

/// The words of a refusal, which is one of the two that a body can earn, and holds nothing but its own.
fn refused(error: &ApiError) -> String {
    let id = RequestId::of(&HeaderMap::new());
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
            (400, "invalid_json") | (422, "invalid_request")
        ),
        "{problem}"
    );
    let detail = problem["detail"].as_str().expect("a text").to_owned();
    let expected = json!({"type": "about:blank", "title": problem["title"], "status": status, "detail": detail,
        "error": detail, "code": error.code, "request_id": id.as_str()});
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

/// What Claude is told of the user: one line about the day, and perhaps one with the name, which cannot begin another.
fn told_about(zone: Option<&str>, name: Option<&str>) {
    let text = about(zone, name);
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
    if let Some(zone) = zone.and_then(zone_name) {
        assert!(day.contains(zone) && zone.is_ascii(), "{text:?}");
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
