//! Spans whose contents are wanted.

use super::*;

#[tokio::test]
async fn contents_are_wanted_on_request_of_spans_that_are_recorded() {
    for (ratio, contents, wanted) in [(1.0, true, true), (1.0, false, false), (0.0, true, false)] {
        let config = TracesConfig::fake(ratio, contents);
        let telemetry = Telemetry::start(Some(&config)).unwrap();
        let begin = || Begin::new(SpanKind::Internal, "a call", vec![]);
        let span = telemetry.of_request(&HeaderMap::new(), begin);
        assert_eq!(span.wants_contents(), wanted, "{ratio} {contents}");
        assert_eq!(span.child(begin).wants_contents(), wanted);
    }
    assert!(!Span::default().wants_contents());
}
