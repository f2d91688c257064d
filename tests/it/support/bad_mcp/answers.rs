//! The faulty answers of the server.

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::tcp::OwnedWriteHalf, sync::watch};

use super::{MODES, Quirk, Record, hostile};
use crate::support::raw_http::{Request, answer, head};

/// Of an answer, this is more than is read.
const TOO_LONG: usize = 8 * 1024 * 1024;

pub(super) enum What {
    Answer(u16, &'static str, String),
    WithHeader(u16, &'static str, String),
    Raw(Vec<u8>),
    /// The same, but the connection stays open.
    RawOpen(Vec<u8>),
    Hang,
}

impl What {
    /// `false` when the connection is to be closed.
    pub(super) async fn play(self, writer: &mut OwnedWriteHalf) -> std::io::Result<bool> {
        let json = |more: &str| {
            let mut headers = vec![("content-type".into(), "application/json".into())];
            headers.extend(
                more.split_once(": ")
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
            headers
        };
        let bytes = match self {
            Self::Answer(status, kind, body) => answer(
                status,
                &[("content-type".into(), kind.into())],
                body.as_bytes(),
            ),
            Self::WithHeader(status, header, body) => {
                answer(status, &json(header), body.as_bytes())
            }
            Self::Raw(bytes) => {
                writer.write_all(&bytes).await?;
                return Ok(false);
            }
            Self::RawOpen(bytes) => bytes,
            Self::Hang => std::future::pending().await,
        };
        writer.write_all(&bytes).await?;
        Ok(true)
    }
}

pub(super) fn respond(
    request: &Request,
    message: &Value,
    quirk: Quirk,
    record: &watch::Sender<Record>,
) -> What {
    let id = message["id"].clone();
    match (
        request.method.as_str(),
        message["method"].as_str().unwrap_or_default(),
    ) {
        ("GET", _) => What::Answer(405, "text/plain", "no".into()),
        ("DELETE", _) => What::Answer(200, "text/plain", String::new()),
        (_, "initialize") => {
            let version = &message["params"]["protocolVersion"];
            record.send_modify(|record| {
                record.initialized += 1;
                record.versions.push(version.clone());
            });
            initialize(&id, version, quirk)
        }
        (_, "notifications/cancelled") => {
            record.send_modify(|record| record.cancelled += 1);
            What::Answer(202, "text/plain", String::new())
        }
        (_, "tools/list") => {
            record.send_modify(|record| record.lists += 1);
            list(&id, &message["params"]["cursor"], quirk)
        }
        (_, "tools/call") => {
            let tool = message["params"]["name"].as_str().unwrap_or_default();
            match call(&id, tool, record) {
                What::Answer(200, _, body) if quirk == Quirk::Streams => streamed(&body),
                what => what,
            }
        }
        _ if id.is_null() => What::Answer(202, "text/plain", String::new()),
        _ => json_answer(
            &json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "not found"}}),
        ),
    }
}

fn initialize(id: &Value, asked: &Value, quirk: Quirk) -> What {
    let version = match quirk {
        Quirk::InitializeHangs => return What::Hang,
        Quirk::InitializeFails => return What::Answer(500, "text/plain", "oops".into()),
        Quirk::InitializeIsHtml => return What::Answer(200, "text/html", "<html>".into()),
        Quirk::FutureVersion => "2030-01-01",
        Quirk::NewerVersion => "2026-07-28",
        Quirk::OldVersion => "2025-03-26",
        _ => asked.as_str().unwrap_or_default(),
    };
    let result = json!({"protocolVersion": version, "capabilities": {"tools": {"listChanged": true}},
        "serverInfo": {"name": "bad", "version": "1"}});
    if quirk == Quirk::Stateless {
        return json_result(id, &result);
    }
    What::WithHeader(200, "mcp-session-id: s-1", reply(id, &result))
}

fn list(id: &Value, cursor: &Value, quirk: Quirk) -> What {
    let schema = json!({"type": "object", "properties": {"key": {"type": "string"}}});
    let tool = |name: String, hints: Value| json!({"name": name, "inputSchema": schema, "annotations": hints});
    let mut tools = Vec::new();
    for name in MODES
        .iter()
        .flat_map(|mode| [(*mode).to_owned(), format!("{mode}_once")])
    {
        tools.push(tool(format!("ro_{name}"), json!({"readOnlyHint": true})));
        tools.push(tool(
            format!("idem_{name}"),
            json!({"idempotentHint": true}),
        ));
        tools.push(tool(name, json!({})));
    }
    match quirk {
        Quirk::ListFails => What::Answer(500, "text/plain", "oops".into()),
        Quirk::LoopingCursor => json_result(id, &json!({"tools": tools, "nextCursor": "again"})),
        Quirk::MalformedTool => {
            tools.push(json!({"name": "no_schema", "inputSchema": "none"}));
            json_result(id, &json!({"tools": tools}))
        }
        Quirk::MalformedHint => {
            tools.push(tool("odd_hint".into(), json!({"readOnlyHint": "yes"})));
            json_result(id, &json!({"tools": tools}))
        }
        _ => json_result(id, &hostile::page(tools, cursor, quirk)),
    }
}

fn call(id: &Value, tool: &str, record: &watch::Sender<Record>) -> What {
    record.send_modify(|record| *record.executions.entry(tool.to_owned()).or_default() += 1);
    let times = record.borrow().executions[tool];
    let mode = tool.trim_start_matches("ro_").trim_start_matches("idem_");
    let error = |id: &Value| {
        json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32603, "message": "internal trouble"}}).to_string()
    };
    let mode = match mode.strip_suffix("_once") {
        Some(_) if times > 1 => "ok",
        Some(mode) => mode,
        None => mode,
    };
    match mode {
        "http500" => What::Answer(500, "text/plain", "oops".into()),
        "http400_json" => What::Answer(400, "application/json", error(id)),
        "http401_json" => What::Answer(401, "application/json", error(id)),
        "http403_json" => What::Answer(403, "application/json", error(id)),
        "http429_json" => What::Answer(429, "application/json", error(id)),
        "http500_json" => What::Answer(500, "application/json", error(id)),
        "http500_no_id" => What::Answer(500, "application/json", error(&Value::Null)),
        "http503" => What::WithHeader(503, "retry-after: 7", "busy".into()),
        "http429" => What::WithHeader(429, "retry-after: 7", "slow down".into()),
        "http401" => What::WithHeader(401, "www-authenticate: Bearer realm=\"x\"", "{}".into()),
        "http401_plain" => What::Answer(401, "text/plain", "no".into()),
        "http403" => What::Answer(403, "text/plain", "no".into()),
        "http400" => What::Answer(400, "text/plain", "bad".into()),
        "http404" => What::Answer(404, "text/plain", "nope".into()),
        "redirect" => What::WithHeader(307, "location: http://elsewhere.example/", String::new()),
        "bad_json" => What::Answer(200, "application/json", "{not json".into()),
        "wrong_shape" => json_result(id, &json!({"foo": 1})),
        "input_required" => json_result(
            id,
            &json!({"resultType": "input_required", "inputRequests": {}, "requestState": "s"}),
        ),
        "html" => What::Answer(200, "text/html", "<html>".into()),
        "http202" => What::Answer(202, "text/plain", String::new()),
        "wrong_id" => json_result(&json!(99_999), &json!({"content": []})),
        "http500_other_id" => What::Answer(500, "application/json", error(&json!("server-error"))),
        "http400_other_id" => What::Answer(400, "application/json", error(&json!("server-error"))),
        "other_id" => What::Answer(200, "application/json", error(&json!(99_999))),
        "null_id" => What::Answer(200, "application/json", error(&Value::Null)),
        "hang" => What::Hang,
        "cut" => What::Raw(Vec::new()),
        "partial" => What::Raw(
            [
                head(200, &[("content-type".into(), "application/json".into())]),
                b"content-length: 500\r\n\r\n{\"json".to_vec(),
            ]
            .concat(),
        ),
        "sse_cut" => What::Raw(
            [
                head(200, &[("content-type".into(), "text/event-stream".into())]),
                b"connection: close\r\n\r\n: hi\n\n".to_vec(),
            ]
            .concat(),
        ),
        "unknown_content" => json_result(
            id,
            &json!({"content": [{"type": "video", "data": "x"}, {"type": "text", "text": "beside a video"}]}),
        ),
        "long" => json_result(id, &text(&"x".repeat(1024 * 1024))),
        "long_stream" => {
            // Longer than an event may be, but no event is.
            let note = json!({"jsonrpc": "2.0", "method": "notifications/message",
                "params": {"level": "info", "data": "x".repeat(100_000)}});
            let notes = format!("{note}\n\ndata: ").repeat(TOO_LONG / 100_000 + 1);
            streamed(&format!("{notes}{}", reply(id, &text("ok"))))
        }
        "charset" => What::Answer(
            200,
            "application/json; charset=utf-8",
            reply(id, &text("ok")),
        ),
        "http500_result" => What::Answer(500, "application/json", reply(id, &text("ok"))),
        "http500_plain" => What::Answer(500, "text/plain", error(id)),
        "http500_too_long" => {
            What::Answer(500, "application/json", error(id) + &" ".repeat(64 * 1024))
        }
        "stream" => streamed(&reply(id, &text("ok"))),
        "too_long" => json_result(id, &text(&"x".repeat(TOO_LONG))),
        "too_long_stream" => streamed(&reply(id, &text(&"x".repeat(TOO_LONG)))),
        "tree" => json_result(id, &hostile::tree()),
        "tree_stream" => streamed(&reply(id, &hostile::tree())),
        "blocks" => json_result(id, &hostile::blocks()),
        "reset_after_100" => What::Raw(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
        "extra_bytes" | "both_lengths" | "two_lengths" | "close_ignored" => {
            let next = json!(id.as_i64().unwrap_or_default() + 1);
            let leftover = reply(&next, &text("the leftover"));
            What::RawOpen(hostile::ambiguous(mode, &reply(id, &text("ok")), &leftover))
        }
        _ => json_result(id, &text("ok")),
    }
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn streamed(message: &str) -> What {
    What::Answer(200, "text/event-stream", format!("data: {message}\n\n"))
}

fn reply(id: &Value, result: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
}

fn json_result(id: &Value, result: &Value) -> What {
    What::Answer(200, "application/json", reply(id, result))
}

fn json_answer(message: &Value) -> What {
    What::Answer(200, "application/json", message.to_string())
}
