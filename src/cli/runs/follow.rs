//! Follows a run by its event stream until its end, over lost connections.

use std::time::Duration;

use futures_util::StreamExt;
use http::Method;
use serde_json::Value;
use sse_stream::SseStream;
use tokio::time::{sleep, timeout};

use super::{
    client::{Client, ClientError},
    print::{field, line, size},
};

/// The server sends a comment every few seconds.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// For the head of the response.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Attempts in a row without a new entry, and the pause between them: a server that restarts is waited for.
const ATTEMPTS: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// Most characters of a tool's input that are shown.
const INPUT_CHARS: usize = 100;

/// How a stream ended.
enum Streamed {
    /// With the run's last entry.
    RunEnded,
    /// Without it.
    Lost { news: bool },
}

/// Waits for the run's end, and gives the run. `watch`: one line on standard error for each tool call.
pub(super) async fn follow(client: &Client, id: &str, watch: bool) -> anyhow::Result<Value> {
    let mut last = 0;
    let mut failures = 0;
    loop {
        match stream(client, id, &mut last, watch).await {
            Ok(Streamed::RunEnded) => return Ok(client.get(&["runs", id]).await?),
            Ok(Streamed::Lost { news: true }) => failures = 0,
            Err(error) if error.is_usage() || failures >= ATTEMPTS => return Err(error.into()),
            Ok(Streamed::Lost { news: false }) | Err(_) => failures += 1,
        }
        anyhow::ensure!(
            failures <= ATTEMPTS,
            "the server does not tell how the run goes on; look later with `prog-strength-agent runs show {id}`"
        );
        sleep(PAUSE).await;
    }
}

/// Reads one stream. `last`: the number of the last entry that was read.
async fn stream(
    client: &Client,
    id: &str,
    last: &mut u64,
    watch: bool,
) -> Result<Streamed, ClientError> {
    let url = client.url(&["runs", id, "events"]);
    let request = client.request(Method::GET, url)?;
    let request = request.header("last-event-id", *last);
    let Ok(response) = timeout(HEAD_TIMEOUT, client.answered(request)).await else {
        return Ok(Streamed::Lost { news: false });
    };
    let mut events = Box::pin(SseStream::from_bytes_stream(response?.bytes_stream()));
    let mut news = false;
    while let Ok(Some(Ok(event))) = timeout(LONGEST_SILENCE, events.next()).await {
        let data = event.data.unwrap_or_default();
        let Ok(entry) = serde_json::from_str::<Value>(&data) else {
            continue;
        };
        let kind = event.event.unwrap_or_default();
        if kind == "run" {
            // The first event. A run that has ended has no further ones after its last.
            if is_final(entry["status"].as_str().unwrap_or_default()) {
                return Ok(Streamed::RunEnded);
            }
            continue;
        }
        if let Some(seq) = entry["seq"].as_u64() {
            (*last, news) = (seq, true);
        }
        if watch && let Some(line) = live_line(&kind, &entry) {
            eprintln!("{line}");
        }
        if is_final(&kind) {
            return Ok(Streamed::RunEnded);
        }
    }
    Ok(Streamed::Lost { news })
}

/// True for the last entry of a journal, and the status that it gives.
fn is_final(kind: &str) -> bool {
    matches!(kind, "completed" | "failed" | "cancelled" | "expired")
}

/// What is shown of an entry.
fn live_line(kind: &str, entry: &Value) -> Option<String> {
    let name = field(entry, "name");
    match kind {
        "tool_call" => {
            let input = line(&entry["input"].to_string(), INPUT_CHARS);
            Some(format!("> {name} {input}"))
        }
        "tool_result" if entry["isError"] == true => Some(format!(
            "! {name} failed after {} ms",
            field(entry, "durationMs")
        )),
        "file" => {
            let bytes = entry["size"].as_u64().unwrap_or_default();
            Some(format!("+ {name} ({})", size(bytes)))
        }
        "retried" => {
            let (attempt, reason) = (field(entry, "attempt"), field(entry, "reason"));
            Some(format!("~ attempt {attempt} ({reason})"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tool_call_is_one_line() {
        let call =
            json!({"seq": 2, "id": "c", "name": "list_workouts", "input": {"note": "a\nb\u{1b}"}});
        let shown = live_line("tool_call", &call).unwrap();
        assert_eq!(shown, r#"> list_workouts {"note":"a\nb\u001b"}"#);
        let long = json!({"name": "x", "input": {"text": "y".repeat(300)}});
        let shown = live_line("tool_call", &long).unwrap();
        assert!(
            shown.chars().count() < 110 && shown.ends_with('…'),
            "{shown}"
        );
    }

    #[test]
    fn failures_files_and_attempts_are_shown_and_texts_are_not() {
        let failed = json!({"name": "x", "isError": true, "durationMs": 12});
        assert_eq!(
            live_line("tool_result", &failed).unwrap(),
            "! x failed after 12 ms"
        );
        let file = json!({"name": "week.csv", "size": 1500});
        assert_eq!(live_line("file", &file).unwrap(), "+ week.csv (1.5 kB)");
        let retried = json!({"attempt": 2, "reason": "interrupted"});
        assert_eq!(
            live_line("retried", &retried).unwrap(),
            "~ attempt 2 (interrupted)"
        );
        assert_eq!(live_line("tool_result", &json!({"isError": false})), None);
        assert_eq!(live_line("text", &json!({"text": "x"})), None);
    }
}
