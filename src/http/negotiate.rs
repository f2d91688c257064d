//! Content negotiation: parses `Accept`, and checks that a request body is JSON.

use http::{HeaderMap, header};

/// True if `Accept` names `media_type` with a weight other than 0. Wildcards do not count.
pub(crate) fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|essence| essence.eq_ignore_ascii_case(media_type));
        named && !parts.any(is_zero_weight)
    })
}

fn is_zero_weight(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, weight)| {
        name.eq_ignore_ascii_case("q") && weight.parse::<f32>() == Ok(0.0)
    })
}

/// True if the body is JSON without a content coding.
pub(crate) fn is_plain_json(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase())
    };
    let is_json = text(header::CONTENT_TYPE).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    });
    is_json && text(header::CONTENT_ENCODING).is_none_or(|coding| coding.trim() == "identity")
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
    fn a_media_type_is_accepted_when_it_is_named_and_not_with_weight_zero() {
        let accepts = |values: &[&'static str]| {
            accepts(&headers(&header::ACCEPT, values), "text/event-stream")
        };
        assert!(accepts(&["text/event-stream"]));
        assert!(accepts(&["application/json, Text/Event-Stream;q=0.5"]));
        assert!(accepts(&["application/json", "text/event-stream"]));
        assert!(!accepts(&["text/event-stream;q=0"]));
        assert!(!accepts(&["text/event-stream; Q=0.0, */*"]));
        assert!(!accepts(&["*/*"]));
        assert!(!accepts(&[]));
    }

    #[test]
    fn a_body_is_plain_json_when_its_type_is_json_and_it_is_not_compressed() {
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
