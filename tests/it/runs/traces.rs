//! The spans of asynchronous runs.

use serde_json::json;

use super::support::{RunsApp, with_json};
use crate::{
    support::{
        answer::Answer,
        fake_claude::Reply,
        otlp::{Collector, only},
    },
    traces::{TRACE, traceparent},
};

#[tokio::test]
async fn an_attempt_is_a_trace_of_its_own_with_a_link_to_the_request_that_began_the_run() {
    let collector = Collector::start().await;
    let mut app = RunsApp::builder();
    for (name, value) in collector.settings() {
        app = app.env(name, value);
    }
    let app = app.start().await;
    app.claude.push_all([
        Reply::tool("t1", "prog_strength__whoami", json!({})),
        Reply::text("done"),
    ]);
    let post = app.by("sam", ::http::Method::POST, "/webhook");
    let post = post.header("traceparent", traceparent());
    let body = json!({"prompt": "go", "async": true, "connections": ["prog_strength"]});
    let begun = Answer::of(with_json(post, &body)).await;
    let id = begun.body["executionId"]
        .as_str()
        .expect("an id")
        .to_owned();
    app.completed(&id).await;
    let spans = collector.spans("invoke_workflow prog-strength", 1).await;
    let attempt = only(&spans, "invoke_workflow prog-strength");
    let request = only(&spans, "POST /webhook");
    assert_eq!((&*request.trace, &*attempt.parent), (TRACE, ""));
    assert_ne!(attempt.trace, TRACE);
    assert_eq!(attempt.links, std::slice::from_ref(&request.id));
    assert_eq!(attempt.get("prog_strength.run.id"), id);
    assert_eq!(attempt.get("prog_strength.run.attempt"), 1);
    let agent = only(&spans, "invoke_agent prog-strength");
    assert_eq!((&agent.trace, &agent.parent), (&attempt.trace, &attempt.id));
    let tool = only(&spans, "execute_tool prog_strength__whoami");
    assert_eq!(tool.parent, agent.id);
    assert_eq!(app.mcp.calls()[0].meta["traceparent"], tool.traceparent());
    assert_eq!(attempt.resource["service.name"], "prog-strength-runs");
}
