//! `skills`: lists, shows, creates, changes, deletes and runs skills.

use std::{
    io::{read_to_string, stdin},
    path::Path,
    process::ExitCode,
};

use http::Method;
use serde_json::{Value, json};

use super::{
    UsageError,
    arguments::SkillsCommand,
    client::Client,
    print::{field, json as text, table, time},
    run,
};

pub(super) async fn skills(client: &Client, command: SkillsCommand) -> anyhow::Result<ExitCode> {
    match command {
        SkillsCommand::List { json } => list(client, json).await?,
        SkillsCommand::Show { id } => say!("{}", text(&client.get(&["skills", &id]).await?)),
        SkillsCommand::Create { file, callback_url } => {
            let mut body = read(&file)?;
            if let (Some(url), Some(fields)) = (callback_url, body.as_object_mut()) {
                fields.insert("callbackUrl".to_owned(), url.into());
            }
            let sent = client.send(Method::POST, &["skills"], Some(&body)).await;
            print_saved(client, &sent?);
        }
        SkillsCommand::Update { id, file } => {
            let body = read(&file)?;
            let path = ["skills", id.as_str()];
            let sent = client.send(Method::PATCH, &path, Some(&body)).await;
            print_saved(client, &sent?);
        }
        SkillsCommand::Delete { id } => {
            client.send(Method::DELETE, &["skills", &id], None).await?;
            say!("deleted");
        }
        SkillsCommand::Run { id, input, follow } => {
            let mut body = json!({"async": true});
            if let Some(input) = input {
                body["input"] = input.into();
            }
            let path = ["skills", id.as_str(), "run"];
            let begun = client.send(Method::POST, &path, Some(&body)).await?;
            return run::show(client, &begun, &follow).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(client: &Client, as_json: bool) -> anyhow::Result<()> {
    let answer = client.get(&["skills"]).await?;
    if as_json {
        say!("{}", text(&answer));
        return Ok(());
    }
    let rows: Vec<_> = answer["skills"]
        .as_array()
        .into_iter()
        .flatten()
        .map(row)
        .collect();
    say!(
        "{}",
        table(
            &["SKILL", "NAME", "TRIGGER", "ACTIVE", "RUNS", "NEXT"],
            &rows
        )
    );
    Ok(())
}

fn row(skill: &Value) -> Vec<String> {
    let trigger = &skill["trigger"];
    let what = ["type", "cron", "timezone"]
        .map(|name| field(trigger, name))
        .join(" ");
    vec![
        field(skill, "id"),
        field(skill, "name"),
        what.trim_end().to_owned(),
        field(skill, "isActive"),
        field(skill, "runCount"),
        time(&skill["nextRuns"][0]),
    ]
}

/// The id, when it runs, and a webhook's secret, which is shown this once.
fn print_saved(client: &Client, skill: &Value) {
    let id = field(skill, "id");
    say!("{id}");
    for next in skill["nextRuns"].as_array().into_iter().flatten() {
        eprintln!("runs at {}", time(next));
    }
    if let Some(secret) = skill["secret"].as_str() {
        say!("{secret}");
        let url = client.url(&["hooks", &id]);
        eprintln!("The second line is the secret; it is not shown again. The webhook is at {url}");
    }
}

/// A JSON file, or standard input for `-`.
fn read(file: &Path) -> Result<Value, UsageError> {
    let name = file.display();
    let content = if file == Path::new("-") {
        read_to_string(stdin())
    } else {
        std::fs::read_to_string(file)
    };
    let content = content.map_err(|error| UsageError(format!("{name} cannot be read: {error}")))?;
    serde_json::from_str(&content)
        .map_err(|error| UsageError(format!("{name} is not JSON: {error}")))
}
