//! The workout server: any message.

use std::{future::pending, net::SocketAddr};

use prog_strength_agent::{
    config::WorkoutConfig,
    process::memory::json::{VALUE_COST, count_values},
    workout::{
        db,
        serve::{over_http, server_state},
    },
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    CONSTANT, FACTOR,
    agent::{KEY, token},
    alone,
    measure::{measured, request},
    mutation::{Mutation, mutation, size},
};

const CASES: u32 = 160;
/// The largest message.
const MAX_BYTES: usize = 1 << 20;
const ACCEPT: &str = "accept: application/json, text/event-stream\r\n";

static METHODS: [&str; 3] = ["tools/call", "initialize", "no/such/method"];

/// The arguments of a call, of about a size.
type Make = fn(usize) -> String;

static ARGUMENTS: [(&str, Make); 8] = [
    ("objects with a number", |size| {
        format!(r#"{{"x":[{}0]}}"#, r#"{"a":0},"#.repeat(size / 8))
    }),
    ("numbers", |size| {
        format!(r#"{{"x":[{}0]}}"#, "0,".repeat(size / 2))
    }),
    ("nested lists", |size| {
        format!(
            r#"{{"x":{}{}}}"#,
            "[".repeat(size / 2),
            "]".repeat(size / 2)
        )
    }),
    ("keys", |size| {
        let keys = (0..size / 13).map(|n| format!(r#""{n:07}":0"#));
        format!("{{{}}}", keys.collect::<Vec<_>>().join(","))
    }),
    ("repeated keys", |size| {
        format!(r#"{{{}"a":0}}"#, r#""user_id":0,"#.repeat(size / 12))
    }),
    ("a long text", |size| {
        format!(r#"{{"x":"{}"}}"#, r"\u0001".repeat(size / 6))
    }),
    ("JSON in a text", |size| {
        format!(r#"{{"exercises":"[{}{{}}]"}}"#, "{},".repeat(size / 3))
    }),
    ("a workout", |size| {
        let set = r#"{"reps":5,"weight":80,"unit":"kg"}"#;
        let sets = vec![set; size / (set.len() + 1) + 1].join(",");
        format!(r#"{{"exercises":[{{"exercise_id":"barbell-bench-press","sets":[{sets}]}}]}}"#)
    }),
];

#[test]
fn any_message_to_the_workout_server_allocates_at_most_what_is_charged_for_it() {
    let _alone = alone();
    let runtime = Runtime::new().expect("a runtime");
    let (server, _folder) = runtime.block_on(start());
    let token = token();
    let session = runtime.block_on(session(server, &token));
    let headers = format!("{ACCEPT}mcp-session-id: {session}\r\n");
    let case = (
        prop::sample::select(ARGUMENTS.as_slice()),
        prop::sample::select(METHODS.as_slice()),
        size(MAX_BYTES - 1024),
        mutation(),
    );
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 20,
        ..ProptestConfig::with_cases(CASES)
    };
    let check = |((name, make), method, size, mutation): ((&str, Make), &str, usize, Mutation)| {
        let arguments = make(size);
        let mut message = format!(
            r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{{"name":"create_workout","arguments":{arguments}}}}}"#
        )
        .into_bytes();
        drop(arguments);
        mutation.apply(&mut message);
        let length = message.len();
        let tree = VALUE_COST * count_values(&message);
        let headers = if method == "initialize" {
            ACCEPT
        } else {
            &headers
        };
        let request = request("/mcp", &token, headers, &message);
        drop(message);
        let measured = measured(server, &request);
        let charged = if measured.status >= 400 { 0 } else { tree };
        let bound = FACTOR * length + charged + CONSTANT;
        prop_assert!(
            measured.peak <= bound,
            "{} bytes for {length} bytes of {name}, answered with {}",
            measured.peak,
            measured.status
        );
        Ok(())
    };
    TestRunner::new(config)
        .run(&case, check)
        .expect("the bound holds");
}

async fn start() -> (SocketAddr, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}/workouts.db", folder.path().display());
    let env = [
        ("DATABASE_URL", database.as_str()),
        ("JWT_SIGNING_KEY", KEY),
        ("MCP_RATE_LIMIT_PER_HOUR", "0"),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = WorkoutConfig::from_iter(false, env).expect("good settings");
    let db = db::open(&config.database_url).await.expect("a database");
    let state = server_state(&config, db).await.expect("a catalogue");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { over_http(&config, state, listener, pending()).await });
    (address, folder)
}

/// The id of a new session.
async fn session(server: SocketAddr, token: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build();
    let client = client.expect("a client");
    let post = |message: serde_json::Value| {
        client
            .post(format!("http://{server}/mcp"))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(message.to_string())
    };
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let answer = post(initialize).send().await.expect("an answer");
    let session = answer.headers()["mcp-session-id"].to_str();
    let session = session.expect("an id").to_owned();
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let sent = post(initialized).header("mcp-session-id", &session).send();
    sent.await.expect("an answer");
    session
}
