//! W3C Trace Context: the headers `traceparent` and `tracestate`, and the members of MCP's `_meta` with these names.

use http::{HeaderMap, HeaderName};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

pub(crate) const TRACEPARENT: &str = "traceparent";
pub(crate) const TRACESTATE: &str = "tracestate";
pub(super) const TRACEPARENT_HEADER: HeaderName = HeaderName::from_static(TRACEPARENT);
/// A longer one is left out.
const MAX_STATE: usize = 512;
/// Of `00-<trace id>-<span id>-<flags>`.
const LENGTH: usize = 55;

/// The span that a request names as its parent; `None` unless it names exactly one, well-formed.
pub(super) fn from_headers(headers: &HeaderMap) -> Option<SpanContext> {
    let mut parents = headers.get_all(TRACEPARENT).iter();
    let (Some(parent), None) = (parents.next(), parents.next()) else {
        return None;
    };
    let states = headers.get_all(TRACESTATE).iter();
    let states: Option<Vec<&str>> = states.map(|state| state.to_str().ok()).collect();
    parse(parent.to_str().ok()?, &states.unwrap_or_default().join(","))
}

/// The span that the values name. An invalid `tracestate` counts as none.
pub(super) fn parse(traceparent: &str, tracestate: &str) -> Option<SpanContext> {
    let text = traceparent.trim();
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let well_formed = text
        .bytes()
        .take(LENGTH)
        .zip(0..)
        .all(|(byte, at)| match at {
            2 | 35 | 52 => byte == b'-',
            _ => is_hex(byte),
        });
    // A later version may append fields.
    let ends = match text.as_bytes().get(LENGTH) {
        None => text.len() == LENGTH,
        Some(next) => *next == b'-' && !text.starts_with("00"),
    };
    if !well_formed || !ends || text.starts_with("ff") {
        return None;
    }
    let state = Some(tracestate).filter(|state| state.len() <= MAX_STATE);
    let state = state.and_then(|state| state.parse::<TraceState>().ok());
    let flags = u8::from_str_radix(&text[53..LENGTH], 16).ok()?;
    let context = SpanContext::new(
        TraceId::from_hex(&text[3..35]).ok()?,
        SpanId::from_hex(&text[36..52]).ok()?,
        TraceFlags::new(flags) & TraceFlags::SAMPLED,
        true,
        state.unwrap_or_default(),
    );
    context.is_valid().then_some(context)
}

pub(super) fn traceparent(context: &SpanContext) -> String {
    let sampled = u8::from(context.is_sampled());
    format!(
        "00-{}-{}-{sampled:02x}",
        context.trace_id(),
        context.span_id()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn read(headers: &[(&'static str, &str)]) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let context = from_headers(&map)?;
        let state = context.trace_state().header();
        assert!(context.is_remote());
        Some(format!("{} {state}", traceparent(&context)))
    }

    #[test]
    fn a_well_formed_parent_is_read_with_its_state() {
        let sampled = format!("00-{TRACE}-{SPAN}-01");
        for (parent, expected) in [
            (sampled.clone(), "01"),
            (format!("00-{TRACE}-{SPAN}-00"), "00"),
            // Other flags than the lowest have no meaning here.
            (format!("00-{TRACE}-{SPAN}-fe"), "00"),
            (format!("cc-{TRACE}-{SPAN}-01"), "01"),
            (format!("cc-{TRACE}-{SPAN}-01-what-comes"), "01"),
        ] {
            let expected = format!("00-{TRACE}-{SPAN}-{expected} ");
            assert_eq!(read(&[(TRACEPARENT, &parent)]), Some(expected), "{parent}");
        }
        let parent = (TRACEPARENT, sampled.as_str());
        let long = format!("a={}", "x".repeat(MAX_STATE));
        for (states, expected) in [
            (vec!["a=1,b=2"], "a=1,b=2"),
            (vec!["a=1", "b=2"], "a=1,b=2"),
            (vec!["not a state"], ""),
            (vec![long.as_str()], ""),
        ] {
            let mut headers = vec![parent];
            headers.extend(states.iter().map(|state| (TRACESTATE, *state)));
            let expected = format!("{sampled} {expected}");
            assert_eq!(read(&headers), Some(expected), "{states:?}");
        }
    }

    #[test]
    fn a_malformed_parent_is_ignored() {
        let zeros = "0".repeat(32);
        for parent in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-01more"),
            format!("cc-{TRACE}-{SPAN}-01more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{}-{SPAN}-01", &TRACE[1..]),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("00-{TRACE}-{SPAN}-zz"),
        ] {
            assert_eq!(read(&[(TRACEPARENT, &parent)]), None, "{parent}");
        }
        let parent = format!("00-{TRACE}-{SPAN}-01");
        let twice = [(TRACEPARENT, &*parent), (TRACEPARENT, &*parent)];
        assert_eq!(read(&twice), None);
    }
}
