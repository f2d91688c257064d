//! An MCP server with one tool, of which a test replaces single answers by others.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::raw_http::{Request, answer, read_request};

type Script = dyn Fn(&Request, &Value) -> Option<Vec<u8>> + Send + Sync;

pub struct ScriptedMcp {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    accepting: JoinHandle<()>,
}

impl ScriptedMcp {
    /// `script` gets each request with its message; `None` gives the usual answer.
    pub async fn start(
        script: impl Fn(&Request, &Value) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("bound"));
        let requests = Arc::default();
        let accepting = tokio::spawn(accept(listener, Arc::new(script), Arc::clone(&requests)));
        Self {
            url,
            requests,
            accepting,
        }
    }

    /// Answers each request of this MCP method so, and others as usual.
    pub async fn answering(
        method: &'static str,
        respond: impl Fn(&Value) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |_, message| (message["method"] == method).then(|| respond(message))).await
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The requests with this MCP or HTTP method, each made by `look`.
    pub fn requests<T>(&self, method: &str, look: impl Fn(&Request, &Value) -> T) -> Vec<T> {
        let requests = self.requests.lock().expect("no panic");
        let requests = requests.iter().map(|it| (it, message(it)));
        requests
            .filter(|(it, message)| it.method == method || message["method"] == method)
            .map(|(it, message)| look(it, &message))
            .collect()
    }
}

impl Drop for ScriptedMcp {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn message(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap_or_default()
}

async fn accept(listener: TcpListener, script: Arc<Script>, requests: Arc<Mutex<Vec<Request>>>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        connections.spawn(serve(socket, script.clone(), requests.clone()));
    }
}

async fn serve(
    socket: TcpStream,
    script: Arc<Script>,
    requests: Arc<Mutex<Vec<Request>>>,
) -> std::io::Result<()> {
    let (reader, mut writer) = socket.into_split();
    let mut reader = BufReader::new(reader);
    while let Some(request) = read_request(&mut reader).await? {
        let message = message(&request);
        let bytes = script(&request, &message).unwrap_or_else(|| usual(&request, &message));
        requests.lock().expect("no panic").push(request);
        writer.write_all(&bytes).await?;
    }
    Ok(())
}

/// What a sound server answers.
pub fn usual(request: &Request, message: &Value) -> Vec<u8> {
    match (request.method.as_str(), message["method"].as_str()) {
        ("GET", _) => typed(405, "text/plain", "no"),
        ("DELETE", _) => typed(200, "text/plain", ""),
        (_, Some("initialize")) => {
            let result = json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                "serverInfo": {"name": "scripted", "version": "1"}});
            result_of(message, &result)
        }
        (_, Some("tools/list")) => result_of(message, &json!({"tools": [echo()]})),
        (_, Some("tools/call")) => result_of(message, &text("ok")),
        _ => typed(202, "text/plain", ""),
    }
}

pub fn echo() -> Value {
    json!({"name": "echo", "inputSchema": {"type": "object", "properties": {"key": {"type": "string"}}}})
}

pub fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

/// A JSON answer with the result.
pub fn result_of(message: &Value, result: &Value) -> Vec<u8> {
    typed(
        200,
        "application/json",
        &reply(message, &result.to_string()),
    )
}

/// A JSON-RPC response with this JSON for its result.
pub fn reply(message: &Value, result: &str) -> String {
    let id = &message["id"];
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)
}

/// The same as an event stream.
pub fn streamed(reply: &str) -> Vec<u8> {
    typed(200, "text/event-stream", &format!("data: {reply}\n\n"))
}

pub fn typed(status: u16, media_type: &str, body: &str) -> Vec<u8> {
    with_headers(status, &[("content-type", media_type)], body.as_bytes())
}

pub fn with_headers(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    answer(status, &headers.collect::<Vec<_>>(), body)
}
