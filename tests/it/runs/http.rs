//! The HTTP API of runs.

mod answers;
mod cancel;
mod choice;
mod connections;
mod endpoints;
mod events;
mod files;
mod hooks;
mod isolation;
mod limits;
mod prompts;
mod reading;
mod request_ids;
mod skill_callbacks;
mod skills;

use ::http::Method;
use serde_json::{Value, json};

use super::support::{Builder, RunsApp, on_both, with_json};

/// Status and detail of an error.
fn refusal(answer: &crate::support::answer::Answer) -> (u16, String) {
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    (answer.status.as_u16(), detail.to_owned())
}

/// A service with these settings whose only worker is busy.
async fn busy(settings: Builder) -> RunsApp {
    let app = settings.env("RUNS_CONCURRENCY", "1").start().await;
    let first = app.begin("works").await;
    app.run_is("sam", &first, "running").await;
    app
}

/// `POST /webhook` of Sam's with the `requestId` `one`, whose caller waits.
fn waiting(app: &RunsApp) -> reqwest::RequestBuilder {
    let body = json!({"prompt": "waits", "requestId": "one"});
    with_json(app.by("sam", Method::POST, "/webhook"), &body)
}

/// A prompt that is answered at once.
fn later(prompt: &str) -> Value {
    json!({"prompt": prompt, "async": true})
}
