//! What a request's headers say about its body, and about the answer's form.

use http::{HeaderMap, header};

/// `Accept` names `text/event-stream`, not with `q=0`.
pub(super) fn names_event_stream(headers: &HeaderMap) -> bool {
    let values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|essence| essence.eq_ignore_ascii_case("text/event-stream"));
        let refused =
            |part: &str| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
        named && !parts.any(refused)
    })
}

pub(super) fn is_plain_json(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase())
    };
    let essence = text(header::CONTENT_TYPE).map(|value| {
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    });
    let json = essence.is_some_and(|essence| {
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    });
    json && text(header::CONTENT_ENCODING).is_none_or(|coding| coding.trim() == "identity")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(name: &header::HeaderName, values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn an_accept_header_that_names_the_event_stream_asks_for_it() {
        let asks = |values: &[&'static str]| names_event_stream(&headers(&header::ACCEPT, values));
        assert!(asks(&["text/event-stream"]));
        assert!(asks(&["application/json, Text/Event-Stream;q=0.5"]));
        assert!(asks(&["application/json", "text/event-stream"]));
        assert!(!asks(&["text/event-stream;q=0"]));
        assert!(!asks(&["*/*"]));
        assert!(!asks(&[]));
    }

    #[test]
    fn only_json_that_is_not_compressed_is_read() {
        let json = |values: &[&'static str]| is_plain_json(&headers(&header::CONTENT_TYPE, values));
        assert!(json(&["application/json"]));
        assert!(json(&["Application/JSON; charset=utf-8"]));
        assert!(json(&["application/vnd.chat+json"]));
        assert!(!json(&["text/plain"]));
        assert!(!json(&["application/jsonp"]));
        assert!(!json(&[]));
        let mut gzip = headers(&header::CONTENT_TYPE, &["application/json"]);
        gzip.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(!is_plain_json(&gzip));
    }
}
