//! Listings and answers that are meant to use up the service's memory or time.

use serde_json::{Map, Value, json};

use super::Quirk;
use crate::support::raw_http::{LAST_CHUNK, answer, chunk, head};

/// A page of the listing, after `cursor`, with what the quirk adds to the tools.
pub(super) fn page(mut tools: Vec<Value>, cursor: &Value, quirk: Quirk) -> Value {
    let tool = |name: String, schema: Value| json!({"name": name, "inputSchema": schema});
    let padded = |bytes: usize| json!({"type": "object", "description": "x".repeat(bytes)});
    match quirk {
        Quirk::EndlessPages => {
            let number: usize = cursor.as_str().and_then(|it| it.parse().ok()).unwrap_or(0);
            if number > 0 {
                tools.clear();
            }
            tools.push(tool(format!("page_{number}"), padded(200_000)));
            return json!({"tools": tools, "nextCursor": (number + 1).to_string()});
        }
        Quirk::ManyTools => {
            tools.extend((0..10_000).map(|n| tool(format!("more_{n}"), json!({"type": "object"}))));
        }
        Quirk::HostileSchemas => {
            tools.push(tool("deep".into(), deep(500)));
            tools.push(tool("wide".into(), json!({"enum": vec![0; 100_000]})));
            tools.push(tool("patterns".into(), patterns()));
            tools.extend(
                (0..100).map(|n| tool(format!("half_{n}"), json!({"enum": vec![n; 4_000]}))),
            );
        }
        Quirk::LongPage => tools.push(tool("long".into(), padded(9_000_000))),
        _ => {}
    }
    json!({"tools": tools})
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!({}), |inner, _| json!({"not": inner}))
}

fn patterns() -> Value {
    let slow = "(?:(?:[a-zäöü]{100}){100}){100}";
    let patterns: Map<String, Value> = (0..1000)
        .map(|n| (format!("{slow}{n}"), json!({})))
        .collect();
    json!({"properties": {"a": {"patternProperties": patterns}}})
}

/// 200 kB that take 30 MB.
pub(super) fn tree() -> Value {
    let structure = vec![0; 100_000];
    json!({"content": [{"type": "text", "text": "ok"}], "structuredContent": {"a": structure}})
}

pub(super) fn blocks() -> Value {
    let block = json!({"type": "text", "text": "x"});
    json!({"content": vec![block; 1500]})
}

/// An answer with this body whose end is ambiguous, and after it what the next request must not take for its answer.
pub(super) fn ambiguous(mode: &str, body: &str, leftover: &str) -> Vec<u8> {
    let json = [("content-type".to_owned(), "application/json".to_owned())];
    let leftover = answer(200, &json, leftover.as_bytes());
    let (length, more) = (body.len(), body.len() + leftover.len());
    let (lengths, body) = match mode {
        "both_lengths" => (
            format!("content-length: {more}\r\ntransfer-encoding: chunked\r\n\r\n"),
            [&chunk(body.as_bytes()), LAST_CHUNK].concat(),
        ),
        "two_lengths" => (
            format!("content-length: {length}\r\ncontent-length: {more}\r\n\r\n"),
            body.into(),
        ),
        "close_ignored" => (
            format!("connection: close\r\ncontent-length: {length}\r\n\r\n"),
            body.into(),
        ),
        _ => (format!("content-length: {length}\r\n\r\n"), body.into()),
    };
    [head(200, &json), lengths.into_bytes(), body, leftover].concat()
}
