//! The command `dev`: everything in one process.

mod approvals;
mod runs;
mod shutdown;
mod stand_in;
mod startup_failures;

use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{
    answer::{Answer, user},
    fake_claude::{FakeClaude, Reply},
    process::{Directory, Ended, Process},
    sse::{Event, Sse},
    wait::{until, within},
};

/// A running `dev`, after its greeting.
struct Dev {
    process: Process,
    url: String,
    runs: String,
    data: PathBuf,
    token: String,
    greeting: String,
    http: reqwest::Client,
}

impl Dev {
    async fn start(directory: &Directory, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let arguments = [&["dev"], arguments].concat();
        let env = [&[("AGENT_PORT", "0")], env].concat();
        let process = Process::start(&directory.0, &arguments, &env);
        let greeting = until("the greeting", &process.out, |written| {
            let curl = written.lines.iter().any(|line| line.contains("curl -sN"));
            let whole = curl && written.lines.last().is_some_and(String::is_empty);
            whole.then(|| written.lines.join("\n"))
        })
        .await;
        let after = |label: &str, end: char| {
            let rest = greeting.split_once(label).expect(label).1.trim_start();
            rest.split(end).next().unwrap().trim_end().to_owned()
        };
        Self {
            url: after("  Page", '\n').trim_end_matches('/').to_owned(),
            runs: after("  Runs", '(').trim_end_matches('/').to_owned(),
            data: after("  Data", '(').into(),
            token: after("Bearer", '\''),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            greeting,
            process,
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.http.get(self.at(path));
        let with = |request: reqwest::RequestBuilder, (name, value): &(&str, &str)| {
            request.header(*name, *value)
        };
        Answer::of(headers.iter().fold(request, with)).await
    }

    async fn ask(&self, words: &str) -> Vec<Event> {
        self.chat(&user(words)).await
    }

    async fn chat(&self, body: &Value) -> Vec<Event> {
        let mut body = body.clone();
        body["stream"] = true.into();
        let request = self.http.post(self.at("/chat")).bearer_auth(&self.token);
        let sent = within("an answer", request.json(&body).send()).await;
        Sse::new(sent.expect("an answer")).rest().await
    }

    async fn says(&self, words: &str) -> String {
        let events = self.ask(words).await;
        let texts = events.iter().filter(|event| event.kind == "text_delta");
        texts
            .map(|event| event.data["text"].as_str().unwrap())
            .collect()
    }

    async fn interrupted(self) -> Ended {
        self.process.signal(Signal::INT);
        self.process.ended().await
    }
}

#[tokio::test]
async fn greeting_names_page_claude_data_and_a_curl_line() {
    let directory = Directory::new();
    let dev = Dev::start(&directory, &[], &[]).await;
    let port = dev.url.rsplit(':').next().unwrap();
    let (data, token, runs) = (dev.data.display(), &dev.token, &dev.runs);
    assert_eq!(
        dev.greeting,
        format!(
            "Prog Strength runs. Ctrl-C ends it.

  Page    http://localhost:{port}/
  Runs    {runs}/ (the page shows them; gone when this ends)
  Claude  the offline stand-in: rules, not Claude (set ANTHROPIC_API_KEY for the real one)
  Data    {data} (gone when this ends; --data FILE keeps it)
          user \"demo\": seven months of training, made up
  curl    curl -sN http://localhost:{port}/chat -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
           -d '{{\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"what weight should I use for squats today?\"}}]}}'
"
        )
    );
}

#[tokio::test]
async fn question_of_the_curl_line_is_answered_from_demo_training() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let events = dev.ask("what weight should I use for squats today?").await;
    let called = events
        .iter()
        .find(|event| event.kind == "tool_use")
        .unwrap();
    assert_eq!(called.data["name"], "suggest_next_weight");
    let result = events.iter().find(|e| e.kind == "tool_result").unwrap();
    assert_eq!(result.data["is_error"], false, "{}", result.data);
    let weight = result.data["structured"]["weight"].as_f64().unwrap();
    let done = events.last().unwrap();
    let answer = done.data["content"][0]["text"].as_str().unwrap();
    assert!(answer.contains(&weight.to_string()), "{answer}");
    assert_eq!(done.data["model"], "offline-stand-in");
}

#[tokio::test]
async fn only_the_own_page_gets_the_token() {
    let dev = Dev::start(&Directory::new(), &[], &[("CORS_ALLOWED_ORIGINS", "*")]).await;
    let told = dev.get("/page/config.json", &[]).await.ok();
    assert_eq!(
        told,
        json!({"version": env!("CARGO_PKG_VERSION"), "claude": {"kind": "stand_in", "model": "offline-stand-in"},
            "token": dev.token, "demo": true, "max_photo_bytes": 5_242_880, "runs": dev.runs})
    );
    let same = [("sec-fetch-site", "same-origin"), ("host", "localhost:1")];
    assert_eq!(
        dev.get("/page/config.json", &same).await.ok()["token"],
        dev.token
    );
    for other in [
        ("origin", "http://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("host", "evil.example"),
        ("host", "localhost.evil.example:8001"),
    ] {
        let told = dev.get("/page/config.json", &[other]).await.ok();
        assert_eq!(told["token"], Value::Null, "{other:?}");
    }
}

#[tokio::test]
async fn dev_listens_on_loopback_whatever_agent_host_says() {
    let dev = Dev::start(&Directory::new(), &[], &[("AGENT_HOST", "0.0.0.0")]).await;
    let port: u16 = dev.url.rsplit(':').next().unwrap().parse().unwrap();
    // All of 127.0.0.0/8 is this machine, and only what listens everywhere answers at all of it.
    let elsewhere = tokio::net::TcpStream::connect(("127.0.0.2", port)).await;
    assert!(elsewhere.is_err());
    assert_eq!(dev.get("/health", &[]).await.status, 200);
}

#[tokio::test]
async fn kept_data_survives_a_restart_and_fresh_resets_it() {
    let directory = Directory::new();
    // As awkward as a path may be.
    let folder = directory.0.join("a b?c#d%20é&mode=x");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("my: log.db").display().to_string();
    let logged = "log bench 1x1 at 187.5 lb";
    let last = "show my last workouts";

    let dev = Dev::start(&directory, &["--data", &file], &[]).await;
    assert!(
        dev.greeting.contains(&format!("{file} (kept)")),
        "{}",
        dev.greeting
    );
    assert!(dev.says(logged).await.contains("187.5"));
    assert_eq!(dev.interrupted().await.code, Some(0));

    let dev = Dev::start(&directory, &["--data", &file], &[]).await;
    assert!(
        dev.greeting.contains("training from before"),
        "{}",
        dev.greeting
    );
    assert!(dev.says(last).await.contains("187.5"));
    assert_eq!(dev.interrupted().await.code, Some(0));

    let dev = Dev::start(&directory, &["--data", &file, "--fresh"], &[]).await;
    assert!(dev.greeting.contains("made up anew"), "{}", dev.greeting);
    assert!(!dev.says(last).await.contains("187.5"));
    assert_eq!(dev.interrupted().await.code, Some(0));
}

#[tokio::test]
async fn real_claude_is_used_when_a_key_is_set() {
    let claude = FakeClaude::start().await;
    claude.push(Reply::text("It is really me."));
    let env = [
        ("ANTHROPIC_API_KEY", "sk-mine"),
        ("ANTHROPIC_BASE_URL", claude.url()),
        ("CLAUDE_MODEL", "claude-opus-5"),
    ];
    let dev = Dev::start(&Directory::new(), &[], &env).await;
    let named = format!("  Claude  claude-opus-5 at {}\n", claude.url());
    assert!(dev.greeting.contains(&named), "{}", dev.greeting);
    assert_eq!(dev.says("hi").await, "It is really me.");
    let told = dev.get("/page/config.json", &[]).await.ok();
    assert_eq!(
        told["claude"],
        json!({"kind": "anthropic", "model": "claude-opus-5"})
    );
    let ended = dev.interrupted().await;
    assert!(!ended.err.join("\n").contains("stand-in"), "{ended:?}");
}

#[tokio::test]
async fn settings_of_other_services_are_ignored() {
    let env = [
        (
            "JWT_SIGNING_KEY",
            "the production key, which dev has no use for",
        ),
        ("JWT_ISSUER", "somebody"),
        ("JWT_AUDIENCE", "something"),
        ("DATABASE_URL", "postgres://nobody:nothing@127.0.0.1:1/none"),
        ("PROG_STRENGTH_MCP_URL", "http://127.0.0.1:1/mcp"),
        ("PROG_STRENGTH_MCP_TOKEN", "other"),
        ("MCP_ALLOWED_HOSTS", "mcp"),
        ("MCP_PORT", "1"),
        ("OAUTH_ISSUER", "http://127.0.0.1:1/"),
        ("MCP_RATE_LIMIT_PER_HOUR", "1"),
        ("AGENT_PAGE", "off"),
    ];
    let dev = Dev::start(&Directory::new(), &[], &env).await;
    for _ in 0..3 {
        let events = dev.ask("what exercises do I have for chest?").await;
        assert_eq!(events.last().unwrap().kind, "done", "{events:?}");
    }
    let answer = dev.http.post(dev.at("/chat")).json(&user("hi"));
    let claims = json!({"sub": "demo", "exp": 4_000_000_000_u64});
    let forged =
        crate::support::answer::token("the production key, which dev has no use for", &claims);
    let answer = Answer::of(answer.bearer_auth(forged)).await;
    assert_eq!(answer.error(), (401, "unauthorized"));
}

#[tokio::test]
async fn conversation_with_the_stand_in_is_named_by_the_users_words() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let request = dev.http.post(dev.at("/title")).bearer_auth(&dev.token);
    let answer = Answer::of(request.json(&user("how is my bench press?"))).await;
    assert_eq!(answer.ok(), json!({"title": "how is my bench press?"}));
}

#[tokio::test]
async fn signing_key_of_other_services_is_not_warned_about() {
    let directory = Directory::with_env_file("JWT_SIGNING_KEY=\"not closed\n");
    let ended = Dev::start(&directory, &[], &[]).await.interrupted().await;
    let said = [ended.out, ended.err].concat().join("\n");
    assert!(
        said.contains("MCP session is up") && !said.contains("JWT_SIGNING_KEY"),
        "{said}"
    );
}
