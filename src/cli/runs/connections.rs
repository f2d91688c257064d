//! `connections`: lists, shows, stores, deletes and checks the user's MCP connections.

use std::process::ExitCode;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    UsageError,
    arguments::ConnectionsCommand,
    client::Client,
    print::{field, json as text, table, time},
    standard_input,
};

pub(super) async fn connections(
    client: &Client,
    command: ConnectionsCommand,
) -> anyhow::Result<ExitCode> {
    match command {
        ConnectionsCommand::List { json } => list(client, json).await?,
        ConnectionsCommand::Show { name } => {
            say!("{}", text(&client.get(&["connections", &name]).await?));
        }
        ConnectionsCommand::Set { name, url, header } => set(client, &name, &url, &header).await?,
        ConnectionsCommand::Delete { name } => {
            let path = ["connections", name.as_str()];
            client.send(Method::DELETE, &path, None).await?;
            say!("deleted");
        }
        ConnectionsCommand::Check { name } => return check(client, &name).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(client: &Client, as_json: bool) -> anyhow::Result<()> {
    let answer = client.get(&["connections"]).await?;
    if as_json {
        say!("{}", text(&answer));
        return Ok(());
    }
    let all = answer["connections"].as_array().into_iter().flatten();
    let rows: Vec<_> = all.map(row).collect();
    say!("{}", table(&["NAME", "URL", "HEADERS", "CHANGED"], &rows));
    Ok(())
}

fn row(connection: &Value) -> Vec<String> {
    let headers = connection["headers"].as_object();
    let headers = headers.map(|headers| headers.keys().cloned().collect::<Vec<_>>());
    vec![
        field(connection, "name"),
        field(connection, "url"),
        headers.unwrap_or_default().join(", "),
        time(&connection["updatedAt"]),
    ]
}

/// Replaces the connection, or makes it. Without `--header`, the stored headers stay.
async fn set(client: &Client, name: &str, url: &str, headers: &[String]) -> anyhow::Result<()> {
    let mut body = json!({"url": url});
    if !headers.is_empty() {
        body["headers"] = parse_headers(headers)?.into();
    }
    let path = ["connections", name];
    match client.send(Method::PUT, &path, Some(&body)).await {
        Ok(_) => say!("replaced"),
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {
            body["name"] = name.into();
            let created = client.send(Method::POST, &["connections"], Some(&body));
            created.await?;
            say!("stored; try it: prog-strength-agent connections check {name}");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// `Name: value`, or `Name: -` for standard input, where other users of this machine do not see the value.
fn parse_headers(headers: &[String]) -> Result<Map<String, Value>, UsageError> {
    let mut parsed = Map::new();
    for header in headers {
        let Some((name, value)) = header.split_once(':') else {
            return Err(UsageError("--header must be `Name: value`".to_owned()));
        };
        let value = match value.trim() {
            "-" => standard_input()?.trim().to_owned(),
            value => value.to_owned(),
        };
        parsed.insert(name.trim().to_owned(), value.into());
    }
    Ok(parsed)
}

async fn check(client: &Client, name: &str) -> anyhow::Result<ExitCode> {
    let path = ["connections", name, "check"];
    let checked = client.send(Method::POST, &path, None).await?;
    if checked["ok"] == true {
        let tools = checked["tools"].as_array().into_iter().flatten();
        let tools: Vec<_> = tools
            .filter_map(Value::as_str)
            .map(super::print::printable)
            .collect();
        say!("ok: {} tools: {}", tools.len(), tools.join(", "));
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("it cannot be used: {}", field(&checked, "error"));
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_and_a_value() {
        let headers = ["Authorization: Bearer a:b", "X-Key:k"].map(str::to_owned);
        let parsed = parse_headers(&headers).unwrap();
        assert_eq!(
            Value::from(parsed),
            json!({"Authorization": "Bearer a:b", "X-Key": "k"})
        );
        assert!(parse_headers(&["Authorization".to_owned()]).is_err());
    }
}
