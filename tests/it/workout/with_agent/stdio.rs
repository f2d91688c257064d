//! `mcp --stdio`, with hand-written lines.

use serde_json::{Value, json};

use super::process::Process;
use crate::support::world::World;

/// A client that writes arbitrary lines, and reads line by line.
struct Lines {
    process: Process,
    read: usize,
}

impl Lines {
    fn start(database: &str, env: &[(&str, &str)]) -> Self {
        Self {
            process: Process::start(&["--stdio"], database, env),
            read: 0,
        }
    }

    fn say(&mut self, message: &Value) {
        self.process.write(&message.to_string());
    }

    /// The next message.
    async fn next(&mut self) -> Value {
        let line = self.process.line(self.read).await;
        self.read += 1;
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    async fn ask(&mut self, id: u32, method: &str, params: Value) -> Value {
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let answer = self.next().await;
        assert_eq!(
            (&answer["jsonrpc"], &answer["id"]),
            (&json!("2.0"), &json!(id)),
            "{answer:#}"
        );
        answer
    }

    async fn begin(&mut self) {
        let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "hand", "version": "1"}});
        let answer = self.ask(0, "initialize", hello).await;
        assert_eq!(
            answer["result"]["protocolVersion"], "2025-11-25",
            "{answer:#}"
        );
        assert_eq!(
            answer["result"]["serverInfo"]["name"],
            "prog-strength-workouts"
        );
        self.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    }

    /// The text of a call's result, and its error flag.
    async fn call(&mut self, id: u32, tool: &str, arguments: Value) -> (bool, String) {
        let answer = self
            .ask(
                id,
                "tools/call",
                json!({"name": tool, "arguments": arguments}),
            )
            .await;
        let text = answer["result"]["content"][0]["text"].as_str();
        let text = text.unwrap_or_else(|| panic!("{answer:#}"));
        (answer["result"]["isError"] == true, text.to_owned())
    }

    /// Ends it by closing its input; returns its unread output and its log.
    async fn end(mut self) -> (Vec<String>, Vec<String>) {
        self.process.close_input();
        let (ended, _) = self.process.ended().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        (ended.out[self.read..].to_vec(), ended.err)
    }
}

fn squats() -> Value {
    json!({"name": "Legs", "exercises": [
        {"exercise_id": "squat", "sets": [{"reps": 5, "weight": 225, "unit": "lb"}]}]})
}

/// A new database that no server has open.
async fn database() -> World {
    let world = World::sqlite().await;
    world.db.close().await;
    world
}

#[tokio::test]
async fn a_stdio_session_acts_for_the_configured_user() {
    let world = database().await;
    let mut ann = Lines::start(&world.url, &[("WORKOUT_USER_ID", "ann")]);
    ann.begin().await;
    let tools = ann.ask(1, "tools/list", json!({})).await;
    assert_eq!(tools["result"]["tools"].as_array().map(Vec::len), Some(22));
    assert!(!tools.to_string().contains("user_id"));
    let (failed, logged) = ann.call(2, "create_workout", squats()).await;
    assert!(
        !failed && logged.contains("\n  Barbell Back Squat: 5 @ 225 lb\n"),
        "{logged}"
    );
    let error = "user_id: names somebody else; you can act for yourself alone";
    let of_bob = ann
        .call(3, "list_workouts", json!({"user_id": "bob"}))
        .await;
    assert_eq!(of_bob, (true, error.to_owned()));
    let (_, listed) = ann.call(4, "list_workouts", json!({})).await;
    let names = "\nlogged as Barbell Back Squat, from \"squat\"";
    assert_eq!(format!("Logged: {listed}{names}"), logged);
    ann.end().await;
    for (env, found) in [
        (&[("WORKOUT_USER_ID", "ann")][..], &*listed),
        (&[("WORKOUT_USER_ID", "bob")], "no workouts"),
        (&[], "no workouts"),
    ] {
        let mut named = Lines::start(&world.url, env);
        named.begin().await;
        let said = named.call(1, "list_workouts", json!({})).await;
        assert_eq!(said, (false, found.to_owned()), "{env:?}");
        named.end().await;
    }
}

#[tokio::test]
async fn the_default_stdio_user_is_local() {
    let world = database().await;
    let mut unnamed = Lines::start(&world.url, &[]);
    unnamed.begin().await;
    let (failed, _) = unnamed.call(1, "create_workout", squats()).await;
    assert!(!failed);
    unnamed.end().await;
    assert_eq!(super::identity::owners(&world.url).await, ["local"]);
}

#[tokio::test]
async fn invalid_messages_are_skipped_invalid_requests_rejected_and_the_session_continues() {
    let world = database().await;
    let mut ann = Lines::start(&world.url, &[]);
    ann.begin().await;
    for broken in [
        "this is no JSON",
        "{\"jsonrpc\": \"2.0\", \"id\": 1,",
        "",
        "\u{0}",
    ] {
        ann.process.write(broken);
    }
    for other in [
        "[]",
        "{}",
        "{\"jsonrpc\": \"2.0\", \"id\": [1], \"method\": \"ping\"}",
    ] {
        ann.process.write(other);
        let refused =
            json!({"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid request"}});
        assert_eq!(ann.next().await, refused, "{other}");
    }
    let unknown = ann.ask(2, "workouts/burn", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32601, "{unknown:#}");
    let unknown = ann
        .ask(3, "tools/call", json!({"name": "drop_tables"}))
        .await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown:#}");
    let wrong = ann
        .call(4, "create_workout", json!({"exercises": "squats"}))
        .await;
    assert!(wrong.0, "{wrong:?}");
    let (failed, listed) = ann.call(5, "list_workouts", json!({})).await;
    assert_eq!((failed, &*listed), (false, "no workouts"));
    ann.end().await;
}

#[tokio::test]
async fn stdout_has_only_messages_and_stderr_the_log() {
    let world = database().await;
    let mut ann = Lines::start(
        &world.url,
        &[("RUST_LOG", "debug"), ("WORKOUT_USER_ID", "ann")],
    );
    ann.begin().await;
    ann.call(1, "create_workout", squats()).await;
    let (rest, log) = ann.end().await;
    // Every line before was read as the answer to a request.
    assert_eq!(rest, Vec::<String>::new());
    let calls: Vec<&String> = log
        .iter()
        .filter(|line| line.contains("\"call\""))
        .collect();
    assert_eq!(calls.len(), 1, "{log:#?}");
    let line: Value = serde_json::from_str(calls[0]).expect("JSON");
    assert_eq!(
        (&line["tool"], &line["user"]),
        (&json!("create_workout"), &json!("ann"))
    );
}

#[tokio::test]
async fn sigterm_ends_a_stdio_session() {
    let world = database().await;
    let mut ann = Lines::start(&world.url, &[]);
    ann.begin().await;
    ann.process.terminate();
    let (ended, _) = ann.process.ended().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
