//! `runs list`, `runs show`, `runs cancel`.

use std::process::ExitCode;

use http::Method;
use serde_json::Value;

use super::{
    arguments::{ListArguments, ShowArguments},
    client::Client,
    download,
    print::{field, json, printable, size, table, time},
};

pub(super) async fn list(client: &Client, arguments: ListArguments) -> anyhow::Result<ExitCode> {
    let limit = arguments.limit.to_string();
    let mut query = vec![("limit", limit.as_str())];
    query.extend(arguments.status.as_deref().map(|status| ("status", status)));
    query.extend(arguments.before.as_deref().map(|before| ("before", before)));
    let answer = client.get_with(&["runs"], &query).await?;
    if arguments.json {
        say!("{}", json(&answer));
        return Ok(ExitCode::SUCCESS);
    }
    let runs = answer["runs"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let rows: Vec<_> = runs.iter().map(row).collect();
    say!(
        "{}",
        table(
            &["RUN", "STATUS", "TRIGGER", "CREATED", "TOOK", "FILES"],
            &rows
        )
    );
    let before = field(&answer, "before");
    if !before.is_empty() {
        eprintln!("older ones: prog-strength-agent runs list --before {before}");
    }
    Ok(ExitCode::SUCCESS)
}

fn row(run: &Value) -> Vec<String> {
    let files = run["files"].as_array().map_or(0, Vec::len);
    vec![
        field(run, "executionId"),
        field(run, "status"),
        field(run, "trigger"),
        time(&run["createdAt"]),
        took(run),
        files.to_string(),
    ]
}

fn took(run: &Value) -> String {
    let millis = run["durationMs"].as_u64();
    millis.map_or_else(String::new, |millis| {
        format!("{}.{} s", millis / 1000, millis % 1000 / 100)
    })
}

pub(super) async fn show(client: &Client, arguments: ShowArguments) -> anyhow::Result<ExitCode> {
    let path = ["runs", arguments.id.as_str()];
    let query: &[_] = if arguments.trace {
        &[("trace", "1")]
    } else {
        &[]
    };
    let run = client.get_with(&path, query).await?;
    if arguments.json {
        say!("{}", json(&run));
    } else {
        print_run(&run);
    }
    if let Some(folder) = &arguments.output {
        download::save(client, &run, folder).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_run(run: &Value) {
    for name in [
        "executionId",
        "requestId",
        "status",
        "stopReason",
        "trigger",
        "skillId",
        "attempt",
    ] {
        let value = field(run, name);
        if !value.is_empty() {
            say!("{name}: {value}");
        }
    }
    for name in ["createdAt", "startedAt", "completedAt"] {
        if !run[name].is_null() {
            say!("{name}: {}", time(&run[name]));
        }
    }
    if !run["durationMs"].is_null() {
        say!("took: {}", took(run));
    }
    if let Some(message) = run["error"]["message"].as_str() {
        say!(
            "error: {} ({})",
            printable(message),
            field(&run["error"], "code")
        );
    }
    for file in run["files"].as_array().into_iter().flatten() {
        let bytes = file["size"].as_u64().unwrap_or_default();
        let error = field(file, "error");
        let error = if error.is_empty() {
            error
        } else {
            format!(", not stored: {error}")
        };
        say!("file: {} ({}{error})", field(file, "name"), size(bytes));
    }
    for entry in run["trace"].as_array().into_iter().flatten() {
        say!("{}", printable(&entry.to_string()));
    }
    if let Some(response) = run["response"].as_str() {
        say!("\n{}", printable(response));
    }
}

pub(super) async fn cancel(
    client: &Client,
    id: &str,
    by_request: bool,
) -> anyhow::Result<ExitCode> {
    let path: &[&str] = if by_request {
        &["runs", "by-request", id, "cancel"]
    } else {
        &["runs", id, "cancel"]
    };
    let run = client.send(Method::POST, path, None).await?;
    let status = field(&run, "status");
    match status.as_str() {
        _ if run["executionId"].is_null() => {
            say!("there is no such run yet; it will never begin");
        }
        "running" => say!("the run is being cancelled"),
        _ => say!("{status}"),
    }
    Ok(ExitCode::SUCCESS)
}
