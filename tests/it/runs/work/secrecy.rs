//! What is written of a run besides its rows: log lines without contents, and no secret anywhere.

use std::{fs, path::Path};

use ::http::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::{
    stdio::{SERVER, python},
    world::World,
};
use crate::{
    runs::support::{CALLBACK_SECRET, KEYS, RunsApp, with_json},
    support::{
        answer::Answer,
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::{read, tool},
        process::Process,
        test_app::JWT_KEY,
        wait::{Gate, until, within},
    },
};

const ENDED: &str = "a run has ended";

/// A service as a process, and what asks it.
struct Service {
    process: Process,
    url: String,
    http: reqwest::Client,
}

impl Service {
    async fn start(world: &World) -> Self {
        let process = world.process();
        let listening = process.logged("listening").await;
        let address = listening["address"].as_str().expect("an address");
        let http = reqwest::Client::builder().no_proxy().build();
        Self {
            url: format!("http://{address}"),
            process,
            http: http.expect("a client"),
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self
            .http
            .request(Method::POST, format!("{}{path}", self.url));
        let request = request.bearer_auth(RunsApp::token("sam"));
        let answer = Answer::of(with_json(request, body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.body
    }

    /// All lines about ended runs, once there are so many.
    async fn ended(&self, count: usize) -> Vec<Value> {
        until("the lines", &self.process.out, |written| {
            let lines = written.lines.iter();
            let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let ended: Vec<_> = lines.filter(|line| line["message"] == ENDED).collect();
            (ended.len() >= count).then_some(ended)
        })
        .await
    }
}

#[tokio::test]
async fn each_end_of_a_run_is_one_line_with_these_fields_alone() {
    let mut world = World::sqlite().await;
    world.set("RUNS_CONCURRENCY", "1");
    // Longer than a loaded machine takes to begin a run.
    world.set("RUNS_QUEUE_TTL_SECS", "6");
    let service = Service::start(&world).await;
    let begin = async |id: &str| {
        let body = json!({"prompt": "go", "async": true, "requestId": id});
        let begun = service.post("/webhook", &body).await;
        begun["executionId"].clone()
    };
    let cancel = async |id: &str| {
        let path = format!("/runs/by-request/{id}/cancel");
        service.post(&path, &Value::Null).await
    };
    let look = Reply::tool("toolu_1", "list_files", json!({}));
    world.claude.push_all([
        look.usage(10, 5, 3, 2),
        Reply::text("done").usage(20, 6, 0, 4),
        Reply::error(400, "invalid_request_error", "no"),
        Reply::hang_before_headers(),
    ]);
    let mut expected = Vec::new();
    let mut expect = |id: &Value, status: &str, attempt: u32, rounds: u32, tokens: u32| {
        expected.push(
            json!({"executionId": id, "sub": "sam", "trigger": "api", "status": status,
            "attempt": attempt, "rounds": rounds, "tokens": tokens}),
        );
    };
    expect(&begin("one").await, "completed", 1, 2, 50);
    service.ended(1).await;
    expect(&begin("two").await, "failed", 1, 0, 0);
    service.ended(2).await;
    let holds_up = begin("three").await;
    world.claude.asked_times(4).await;
    expect(&begin("four").await, "cancelled", 0, 0, 0);
    cancel("four").await;
    service.ended(3).await;
    expect(&begin("five").await, "expired", 0, 0, 0);
    service.ended(4).await;
    expect(&holds_up, "cancelled", 1, 0, 0);
    cancel("three").await;
    // Of a run that has ended, nothing more is told.
    for id in ["one", "two", "three", "four", "five"] {
        cancel(id).await;
    }
    service.ended(5).await;
    service.process.signal(Signal::TERM);
    let mut lines = Vec::new();
    for line in service.process.ended().await.out {
        let mut line: Value = serde_json::from_str(&line).expect("JSON");
        let fields = line.as_object_mut().expect("an object");
        if fields.remove("message") == Some(ENDED.into()) {
            for usual in ["timestamp", "level", "target", "span"] {
                fields.remove(usual);
            }
            lines.push(line);
        }
    }
    assert_eq!(lines, expected);
}

/// Runs with marked contents and secrets, to their ends; the log, at this level.
async fn told_in_confidence(world: &mut World, level: &str) -> Vec<String> {
    let secret = |of: &str| format!("Bearer SECRET-{of}");
    let foreign = async |of: &str| {
        let server = McpServer::start().await;
        server.set_tools(vec![tool("big", &json!({"type": "object"}), &read())]);
        server.require_token(&format!("SECRET-{of}"));
        server
    };
    let servers = [
        foreign("operator").await,
        foreign("stored").await,
        foreign("inline").await,
    ];
    let connection = |at: usize, of: &str| json!({"url": servers[at].url(), "headers": {"Authorization": secret(of)}});
    let odd = json!({"command": python(), "args": [SERVER], "env": {"TOKEN": "SECRET-variable"}});
    let operators = json!({"operators": connection(0, "operator"), "odd": odd});
    for (name, value) in [
        ("RUST_LOG", level),
        ("ANTHROPIC_API_KEY", "SECRET-api-key"),
        ("PROG_STRENGTH_MCP_TOKEN", "SECRET-mcp-token"),
        ("RUNS_ENCRYPTION_KEYS", KEYS),
        ("CALLBACK_SECRET", CALLBACK_SECRET),
        ("OUTBOUND_ALLOW", "127.0.0.1"),
        ("RUNS_INLINE_CONNECTIONS", "http"),
        ("MCP_CONNECTIONS", &operators.to_string()),
    ] {
        world.set(name, value);
    }
    let (service, gate) = (Service::start(world).await, Gate::new());
    let mut stored = connection(1, "stored");
    stored["name"] = "mine".into();
    service.post("/connections", &stored).await;
    let hook =
        json!({"name": "hook", "steps": [{"prompt": "TEXT-step"}], "trigger": {"type": "webhook"}});
    let hook = service.post("/skills", &hook).await;
    let input = json!({"letter": "TEXT-result", "bytes": 20});
    world.claude.push_all([
        Reply::error(529, "overloaded_error", "TEXT-upstream").header("retry-after-ms", "1"),
        Reply::empty()
            .thinking("TEXT-thought", "TEXT-signature")
            .and_text("TEXT-said")
            .and_tool("toolu_1", "operators__big", input.clone())
            .and_tool("toolu_2", "mine__big", input.clone())
            .and_tool("toolu_3", "inline__big", input.clone())
            .and_tool("toolu_4", "odd__echo", json!({"text": "TEXT-spoken"}))
            .and_tool("toolu_5", "odd__crash", json!({"key": "TEXT-input"}))
            .and_tool("toolu_6", "no_such_tool", json!({"key": "TEXT-input"}))
            .and_tool(
                "toolu_7",
                "write_file",
                json!({"path": "TEXT-name.md", "content": "TEXT-file"}),
            )
            .and_tool(
                "toolu_8",
                "edit_file",
                json!({"path": "TEXT-none", "old_text": "TEXT-old", "new_text": "x"}),
            )
            .and_tool(
                "toolu_9",
                "prog_strength__whoami",
                json!({"note": "TEXT-input"}),
            ),
        Reply::text("TEXT-answer").gate_at(1, &gate),
    ]);
    let body = json!({
        "prompt": "TEXT-prompt", "systemPrompt": "TEXT-system", "metadata": {"a": "TEXT-metadata"}, "async": true,
        "connections": ["prog_strength", "operators", "odd", "mine"], "callbackUrl": "http://127.0.0.1:9/?token=SECRET-url",
        "inlineConnections": {"inline": connection(2, "inline")},
    });
    service.post("/webhook", &body).await;
    world.claude.asked_times(3).await;
    // While the run needs them, and afterwards.
    let hook_secret = hook["secret"].as_str().expect("a secret");
    let hook_secret = hook_secret.strip_prefix("whsec_").expect("its prefix");
    for _ in 0..2 {
        search(
            &world.folder.0,
            &[
                "SECRET-operator",
                "SECRET-stored",
                "SECRET-inline",
                "SECRET-variable",
                hook_secret,
            ],
        );
        gate.open_for_good();
        service.ended(1).await;
    }
    service.process.signal(Signal::TERM);
    // Not vacuously: all of it did pass through the service.
    let passed = Value::from(world.claude.bodies()).to_string();
    for word in [
        "prompt", "system", "thought", "said", "result", "input", "file",
    ] {
        assert!(passed.contains(&format!("TEXT-{word}")), "{word}");
    }
    // By the process, which writes it to its standard error too.
    assert!(passed.contains(r#"{"type":"text","text":"TEXT-spoken"}"#));
    for server in &servers {
        assert_eq!(server.called(), ["big"]);
    }
    let ended = within("the end", service.process.ended()).await;
    assert_eq!((ended.code, &ended.err[..]), (Some(0), &[][..]));
    for line in &ended.out {
        for secret in [
            "SECRET",
            JWT_KEY,
            &CALLBACK_SECRET[6..],
            &KEYS[3..],
            hook_secret,
        ] {
            assert!(!line.contains(secret), "{secret} is in {line}");
        }
    }
    ended.out
}

/// Looks for the texts in all files of the folder: the database with its write-ahead log, files, work.
fn search(folder: &Path, texts: &[&str]) {
    let mut folders = vec![folder.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let content = fs::read(entry.path()).unwrap_or_default();
            bytes += content.len();
            let content = String::from_utf8_lossy(&content);
            for text in texts {
                assert!(
                    !content.contains(text),
                    "{text} is in {}",
                    entry.path().display()
                );
            }
        }
    }
    assert!(bytes > 100_000, "{bytes}");
}

#[tokio::test]
async fn no_secret_is_written_to_the_disk_or_to_a_line_of_any_level_and_no_content_above_trace() {
    for level in ["debug", "trace"] {
        let mut world = World::sqlite().await;
        let lines = told_in_confidence(&mut world, level).await;
        if level == "debug" {
            let told = lines.iter().find(|line| line.contains("TEXT-"));
            assert_eq!(told, None);
            assert!(lines.iter().any(|line| line.contains("DEBUG")));
        }
    }
}
