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

use serde_json::{Value, json};

use super::support::{RunsApp, on_both};

/// Status and detail of an error.
fn refusal(answer: &crate::support::answer::Answer) -> (u16, String) {
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    (answer.status.as_u16(), detail.to_owned())
}

/// A prompt that is answered at once.
fn later(prompt: &str) -> Value {
    json!({"prompt": prompt, "async": true})
}
