//! Traces: spans and their parents, what they hold and do not hold, and collectors that are away.

mod agent;
mod collectors;
mod contents;
mod failures;
mod workout;

use crate::support::{
    fake_claude::Reply,
    otlp::Collector,
    test_app::{Builder, TestApp},
};

pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// A service whose traces the collector gets.
fn traced(collector: &Collector) -> Builder {
    let settings = collector.settings().into_iter();
    settings.fold(TestApp::builder(), |app, (name, value)| {
        app.env(name, value)
    })
}

/// Such a service, and a Claude with these replies.
async fn with(collector: &Collector, replies: impl IntoIterator<Item = Reply>) -> TestApp {
    let app = traced(collector).start().await;
    app.claude.push_all(replies);
    app
}

pub(crate) fn traceparent() -> String {
    format!("00-{TRACE}-{SPAN}-01")
}
