//! A choice of connections of an embedder's.

use std::sync::Arc;

use ::http::Method;
use axum::Extension;
use prog_strength_agent::{
    agent::metrics::Metrics,
    config::RunsConfig,
    http::lifecycle::Lifecycle,
    runs::{
        engine::{Engine, EngineSettings},
        files::{FileStore, Location},
        http::{
            app::{App, Parts},
            choice::Connections,
            router::router_with,
        },
        metrics::RunMetrics,
        progress::Progress,
        store::Store,
        work::{Worker, WorkerParts},
    },
    telemetry::Telemetry,
    upstream::guard::Guard,
};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::RunsApp;
use crate::{
    runs::support::with_json,
    support::{answer::Answer, process::Directory, test_app::JWT_KEY},
};

/// The service of a program that lets requests use these connections alone; returns its URL.
async fn serve(folder: &Directory, choice: Connections) -> String {
    let database = format!("sqlite:{}/runs.db", folder.0.display());
    let operators = json!({"web": {"url": "https://mcp.example.com/"}}).to_string();
    let env = [
        ("ANTHROPIC_API_KEY", "sk-test"),
        ("JWT_SIGNING_KEY", JWT_KEY),
        ("DATABASE_URL", &database),
        ("MCP_CONNECTIONS", &operators),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Arc::new(RunsConfig::from_iter(env).expect("a sound configuration"));
    let store = Store::open(&config.database_url).await.expect("a database");
    let files = Location::Local(folder.0.join("files"));
    let files = FileStore::open(files).await.expect("a folder");
    let (guard, progress) = (Guard::new([]), Progress::default());
    let (mut registry, agent_metrics) = (Registry::default(), Metrics::new());
    let parts = WorkerParts {
        store: store.clone(),
        progress: progress.clone(),
        files: files.clone(),
        keys: None,
        guard: guard.clone(),
        folder: folder.0.join("work"),
        metrics: RunMetrics::register(&mut registry),
        agent_metrics: agent_metrics.clone(),
        telemetry: Telemetry::default(),
        on_end: Box::new(|| {}),
    };
    let worker = Worker::new(&config, parts).expect("a worker");
    let settings = EngineSettings::from(&*config);
    let parts = Parts {
        engine: Engine::start(store.clone(), worker.clone(), settings),
        store,
        worker,
        progress,
        files,
        keys: None,
        guard,
        registry,
        agent_metrics,
        lifecycle: Lifecycle::default(),
        telemetry: Telemetry::default(),
    };
    let router = router_with(App::new(config, parts), Extension(choice));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn a_choice_holds_for_runs_and_for_the_steps_of_skills() {
    let folder = Directory::new();
    let choice = Connections::new(["prog_strength".to_owned()]);
    let url = serve(&folder, choice).await;
    let send = async |method: Method, path: &str, body: &Value| {
        let request = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let request = request.request(method, format!("{url}{path}"));
        let request = request.bearer_auth(RunsApp::token("sam"));
        Answer::of(with_json(request, body)).await
    };
    let named = json!({"prompt": "hello", "async": true, "connections": ["web"]});
    let answer = send(Method::POST, "/webhook", &named).await;
    assert_eq!(answer.error(), (422, "unknown_connection"));
    let skill = json!({
        "name": "one", "description": "", "trigger": {"type": "manual"},
        "steps": [{"prompt": "look"}, {"prompt": "write", "connections": []}],
    });
    let made = send(Method::POST, "/skills", &skill).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let chosen = json!(["prog_strength"]);
    let steps = &made.body["steps"];
    assert_eq!(
        (&steps[0]["connections"], &steps[1]["connections"]),
        (&chosen, &json!([]))
    );
    let path = format!("/skills/{}", made.body["id"].as_str().expect("an id"));
    let change = json!({"steps": [{"prompt": "look again"}]});
    let changed = send(Method::PATCH, &path, &change).await.ok();
    assert_eq!(changed["steps"][0]["connections"], chosen);
}
