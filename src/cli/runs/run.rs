//! `run` and `skills run`: begins a run, follows it, and shows its answer.

use std::{io::IsTerminal, process::ExitCode};

use http::Method;
use serde_json::{Map, Value, json};

use super::{
    arguments::{FollowArguments, RunArguments},
    client::Client,
    download, follow,
    print::{field, printable},
    prompt,
};

const FAILED: u8 = 1;
const CANCELLED: u8 = 3;
/// As shells have it for SIGINT.
const INTERRUPTED: u8 = 130;

pub(super) async fn run(client: &Client, arguments: RunArguments) -> anyhow::Result<ExitCode> {
    let prompt = prompt::build(&arguments.prompt, &arguments.file)?;
    let mut body = Map::new();
    body.insert("prompt".to_owned(), prompt.into());
    body.insert("async".to_owned(), true.into());
    let texts = [
        ("model", &arguments.model),
        ("systemPrompt", &arguments.system_prompt),
        ("requestId", &arguments.request_id),
        ("callbackUrl", &arguments.callback_url),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            body.insert(name.to_owned(), value.as_str().into());
        }
    }
    if !arguments.connection.is_empty() {
        body.insert("connections".to_owned(), json!(arguments.connection));
    }
    let body = Value::from(body);
    let begun = client.send(Method::POST, &["webhook"], Some(&body)).await?;
    show(client, &begun, &arguments.follow).await
}

/// Shows what becomes of a run that has begun.
pub(super) async fn show(
    client: &Client,
    begun: &Value,
    arguments: &FollowArguments,
) -> anyhow::Result<ExitCode> {
    let id = field(begun, "executionId");
    if arguments.is_async {
        say!("{id}");
        if !arguments.watch {
            return Ok(ExitCode::SUCCESS);
        }
    }
    let watch = arguments.watch || std::io::stderr().is_terminal();
    if watch {
        eprintln!("run {id}");
    }
    let run = tokio::select! {
        run = follow::follow(client, &id, watch) => run?,
        // The run does not depend on this process.
        _ = tokio::signal::ctrl_c() => {
            eprintln!("The run goes on. See it: prog-strength-agent runs show {id}; stop it: prog-strength-agent runs cancel {id}");
            return Ok(ExitCode::from(INTERRUPTED));
        }
    };
    if let Some(response) = run["response"].as_str() {
        say!("{}", printable(response));
    }
    let status = field(&run, "status");
    if let Some(message) = run["error"]["message"].as_str() {
        let code = field(&run["error"], "code");
        eprintln!("{status}: {} ({code})", printable(message));
    } else if status != "completed" {
        eprintln!("{status}");
    }
    match &arguments.output {
        Some(folder) => download::save(client, &run, folder).await?,
        None => mention_files(&run, &id),
    }
    Ok(exit_code(&status))
}

fn mention_files(run: &Value, id: &str) {
    let files = run["files"].as_array().map_or(0, Vec::len);
    if files > 0 {
        eprintln!("{files} files; save them: prog-strength-agent runs show {id} --output DIR");
    }
}

fn exit_code(status: &str) -> ExitCode {
    match status {
        "completed" => ExitCode::SUCCESS,
        "cancelled" | "expired" => ExitCode::from(CANCELLED),
        _ => ExitCode::from(FAILED),
    }
}
