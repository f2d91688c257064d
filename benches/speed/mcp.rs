//! Fake MCP server (streamable HTTP, 2025-11-25): checks the user of every call and counts the calls.

use std::{
    collections::{HashMap, HashSet},
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use memchr::memmem;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::{
    bytes::{DIGITS, Number, member, number_behind, rider_of},
    tape::{Tape, Upstream},
    wire::{Wire, empty_answer, header, json_answer},
};

const TOOLS: &str = include_str!("tools.json");
const SLOW: Duration = Duration::from_millis(50);
const SESSION: &str = "mcp-session-id";
const FAILED: &str = r#"{"content":[{"type":"text","text":"no such exercise"}],"isError":true}"#;

pub struct Mcp {
    pub address: SocketAddr,
    tape: Arc<Tape>,
    catalogue: String,
    /// A tool result: JSON in a JSON string, as of the real server.
    result: String,
    /// Number of calls per turn.
    runs: Mutex<HashMap<Number, u32>>,
    /// Number of calls for a user other than the turn's.
    wrong: AtomicUsize,
    sessions: Mutex<HashSet<String>>,
    opened: AtomicUsize,
}

impl Mcp {
    pub async fn start(tape: Arc<Tape>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let tools: Value = serde_json::from_str(TOOLS).expect("JSON");
        let mcp = Arc::new(Self {
            address: listener.local_addr().expect("bound"),
            tape,
            catalogue: json!({"tools": tools}).to_string(),
            result: result(),
            runs: Mutex::default(),
            wrong: AtomicUsize::new(0),
            sessions: Mutex::default(),
            opened: AtomicUsize::new(0),
        });
        tokio::spawn(accept(listener, mcp.clone()));
        mcp
    }

    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Removes and returns the number of calls of the turn.
    pub fn runs(&self, number: Number) -> u32 {
        let mut runs = self.runs.lock().expect("no panic");
        runs.remove(&number).unwrap_or(0)
    }

    /// Number of calls for a wrong user.
    pub fn wrong(&self) -> usize {
        self.wrong.load(Ordering::Relaxed)
    }

    async fn converse(&self, stream: TcpStream) -> io::Result<()> {
        // The agent opens a connection for each write. Without this, thousands would stay in TIME_WAIT until the machine
        // runs out of ports.
        stream.set_zero_linger()?;
        let mut wire = Wire::new(stream)?;
        while wire.receive().await? {
            self.tape.note(Upstream::Mcp, wire.whole());
            let answer = self.answer(&wire).await;
            if answer.is_empty() {
                break;
            }
            wire.send(&answer).await?;
        }
        Ok(())
    }

    /// Forgets all sessions, as a restart does.
    pub fn restart(&self) {
        self.sessions.lock().expect("no panic").clear();
    }

    /// Number of open sessions.
    pub fn sessions(&self) -> usize {
        self.sessions.lock().expect("no panic").len()
    }

    /// Empty: the connection is closed instead.
    async fn answer(&self, wire: &Wire) -> Vec<u8> {
        let (head, body) = (wire.head(), wire.body());
        if head.starts_with(b"GET") {
            return empty_answer("405 Method Not Allowed");
        }
        let method = member(body, "method").unwrap_or_default();
        if method == b"\"initialize\"" {
            return self.initialize(body);
        }
        let session = String::from_utf8_lossy(header(head, SESSION.as_bytes()).unwrap_or_default());
        if !self.sessions.lock().expect("no panic").contains(&*session) {
            return empty_answer("404 Not Found");
        }
        if head.starts_with(b"DELETE") {
            self.sessions.lock().expect("no panic").remove(&*session);
            return empty_answer("200 OK");
        }
        match (method, member(body, "id")) {
            (b"\"tools/list\"", Some(id)) => result_of(id, &self.catalogue),
            (b"\"tools/call\"", Some(id)) => self.call(id, body).await,
            (_, Some(id)) => result_of(id, "{}"),
            (_, None) => empty_answer("202 Accepted"),
        }
    }

    fn initialize(&self, body: &[u8]) -> Vec<u8> {
        let session = format!("s-{}", self.opened.fetch_add(1, Ordering::Relaxed));
        let id = String::from_utf8_lossy(member(body, "id").unwrap_or_default()).into_owned();
        let result = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"bench","version":"1"}}"#;
        let answer = json_answer(
            "200 OK",
            &format!("{SESSION}: {session}\r\n"),
            &format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
        );
        self.sessions.lock().expect("no panic").insert(session);
        answer
    }

    async fn call(&self, id: &[u8], body: &[u8]) -> Vec<u8> {
        let number = number_behind(body, b"toolu_").unwrap_or_default();
        let is = |tool: &[u8]| memmem::find(body, tool).is_some();
        // The turn's last digit selects the fault of a write.
        let (executed, answer) = match number[DIGITS - 1] {
            b'0' if is(b"\"create_workout\"") => (false, Vec::new()),
            b'1' if is(b"\"create_workout\"") => (true, Vec::new()),
            b'2' if is(b"\"create_workout\"") => (false, empty_answer("500 Internal Server Error")),
            b'3' if is(b"\"create_workout\"") => (false, result_of(id, FAILED)),
            _ => (true, result_of(id, &self.result)),
        };
        if executed {
            self.note(number, body);
        }
        if is(b"\"training_volume\"") {
            sleep(SLOW).await;
        }
        answer
    }

    /// The user of the turn must be named both in the arguments and in `_meta`.
    fn note(&self, number: Number, body: &[u8]) {
        *self
            .runs
            .lock()
            .expect("no panic")
            .entry(number)
            .or_default() += 1;
        let rider = rider_of(&number);
        let named = |key: &str| {
            let claim = format!("{key}\":\"{rider}\"");
            memmem::find(body, claim.as_bytes()).is_some()
        };
        if !named("\"user_id") || !named("fitness.progstrength/user_id") {
            self.wrong.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn accept(listener: TcpListener, mcp: Arc<Mcp>) {
    while let Ok((stream, _)) = listener.accept().await {
        let mcp = mcp.clone();
        tokio::spawn(async move { drop(mcp.converse(stream).await) });
    }
}

fn result_of(id: &[u8], result: &str) -> Vec<u8> {
    let id = String::from_utf8_lossy(id);
    let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
    json_answer("200 OK", "", &body)
}

fn result() -> String {
    let set = json!({"reps": 5, "weight": 92.5, "unit": "kg", "rpe": 8.5});
    let workout = |n: u32| {
        json!({"id": format!("wk_{n:04}"), "name": "Push day", "performed_at": "2026-05-04T17:30:00-06:00",
            "exercises": [{"exercise_id": "barbell-bench-press", "sets": [set, set, set], "notes": null}]})
    };
    let text = json!({"workouts": [workout(1), workout(2), workout(3)]}).to_string();
    json!({"content": [{"type": "text", "text": text}], "isError": false}).to_string()
}
