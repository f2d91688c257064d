//! A faulty MCP server: each of its tools is named after the fault that it causes.
//!
//! `ro_…` tools claim to be read-only, `idem_…` ones idempotent; a name that ends in `_once` goes wrong only the first time.

mod answers;
mod hostile;

use std::{collections::HashMap, sync::Arc};

use http::HeaderMap;
use serde_json::Value;
use tokio::{
    io::BufReader,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use super::{raw_http::read_request, wait::until};

/// Faults before any tool is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quirk {
    None,
    /// The list of tools never ends.
    LoopingCursor,
    /// One tool of the list has a text for its schema.
    MalformedTool,
    /// One tool's hint is not a boolean.
    MalformedHint,
    /// The server speaks an unknown future protocol version.
    FutureVersion,
    /// The server speaks one that rmcp knows and the service does not.
    NewerVersion,
    /// The server speaks an older protocol.
    OldVersion,
    InitializeHangs,
    InitializeFails,
    InitializeIsHtml,
    ListFails,
    /// Every page of the list has a next one, and 200 kB.
    EndlessPages,
    /// The list has 10,000 tools more.
    ManyTools,
    /// The list has tools with huge, deep and slow schemas.
    HostileSchemas,
    /// The list has one page of 9 MB.
    LongPage,
    /// Calls are answered as event streams.
    Streams,
    /// A connection over which a call was answered is closed as soon as it is used again.
    HangsUp,
    /// The server knows no sessions.
    Stateless,
}

pub const MODES: [&str; 48] = [
    "ok",
    "http500",
    "http400_json",
    "http401_json",
    "http403_json",
    "http429_json",
    "http500_json",
    "http500_no_id",
    "http500_other_id",
    "http400_other_id",
    "other_id",
    "http503",
    "http429",
    "http401",
    "http401_plain",
    "http403",
    "http400",
    "http404",
    "bad_json",
    "wrong_shape",
    "html",
    "http202",
    "wrong_id",
    "null_id",
    "hang",
    "cut",
    "partial",
    "sse_cut",
    "redirect",
    "unknown_content",
    "input_required",
    "stream",
    "too_long",
    "too_long_stream",
    "long",
    "long_stream",
    "charset",
    "http500_result",
    "http500_plain",
    "http500_too_long",
    "tree",
    "tree_stream",
    "blocks",
    "extra_bytes",
    "both_lengths",
    "two_lengths",
    "close_ignored",
    "reset_after_100",
];

#[derive(Default)]
struct Record {
    executions: HashMap<String, usize>,
    /// The tools called over each connection.
    connections: Vec<Vec<String>>,
    /// How many of them have ended.
    ended: usize,
    /// Of the last call of each tool.
    headers: HashMap<String, HeaderMap>,
    cancelled: usize,
    initialized: usize,
    /// The protocol versions that were asked for.
    versions: Vec<Value>,
    lists: usize,
}

pub struct BadMcp {
    url: String,
    record: Arc<watch::Sender<Record>>,
    accepting: JoinHandle<()>,
}

impl BadMcp {
    pub async fn start(quirk: Quirk) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("bound"));
        let record = Arc::new(watch::Sender::<Record>::default());
        let accepting = tokio::spawn(accept(listener, quirk, record.clone()));
        Self {
            url,
            record,
            accepting,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// How often the tool was asked to act.
    pub fn executions(&self, tool: &str) -> usize {
        self.record
            .borrow()
            .executions
            .get(tool)
            .copied()
            .unwrap_or(0)
    }

    /// The tools called over each connection that served for calls.
    pub fn connections(&self) -> Vec<Vec<String>> {
        let connections = self.record.borrow().connections.clone();
        connections.into_iter().filter(|c| !c.is_empty()).collect()
    }

    pub async fn all_connections_ended(&self) {
        until("all connections end", &self.record, |record| {
            (record.ended == record.connections.len()).then_some(())
        })
        .await;
    }

    /// With which the tool was called last.
    pub fn headers(&self, tool: &str) -> HeaderMap {
        self.record.borrow().headers[tool].clone()
    }

    pub fn sessions(&self) -> usize {
        self.record.borrow().initialized
    }

    /// The protocol version of each `initialize`.
    pub fn versions(&self) -> Vec<Value> {
        self.record.borrow().versions.clone()
    }

    pub fn lists(&self) -> usize {
        self.record.borrow().lists
    }

    pub async fn tried_to_initialize(&self, times: usize) {
        until("the service tries to initialize", &self.record, |r| {
            (r.initialized >= times).then_some(())
        })
        .await;
    }

    pub async fn saw_a_cancellation(&self) {
        until("a call is cancelled", &self.record, |record| {
            (record.cancelled > 0).then_some(())
        })
        .await;
    }
}

impl Drop for BadMcp {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, quirk: Quirk, record: Arc<watch::Sender<Record>>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let record = record.clone();
        connections.spawn(async move {
            let _ = serve(socket, quirk, &record).await;
            record.send_modify(|record| record.ended += 1);
        });
    }
}

async fn serve(
    socket: TcpStream,
    quirk: Quirk,
    record: &watch::Sender<Record>,
) -> std::io::Result<()> {
    let (reader, mut writer) = socket.into_split();
    let mut reader = BufReader::new(reader);
    let mut connection = 0;
    record.send_modify(|record| {
        connection = record.connections.len();
        record.connections.push(Vec::new());
    });
    while let Some(request) = read_request(&mut reader).await? {
        let message = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        if quirk == Quirk::HangsUp && !record.borrow().connections[connection].is_empty() {
            break;
        }
        if message["method"] == "tools/call" {
            let tool = message["params"]["name"].as_str().unwrap_or_default();
            record.send_modify(|record| {
                record.connections[connection].push(tool.to_owned());
                record
                    .headers
                    .insert(tool.to_owned(), request.headers.clone());
            });
        }
        let what = answers::respond(&request, &message, quirk, record);
        if !what.play(&mut writer).await? {
            break;
        }
    }
    Ok(())
}
