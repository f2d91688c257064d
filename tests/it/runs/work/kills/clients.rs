//! Clients that post prompts, again until they have an answer, and wait for the end of the work before the next one.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::seq::IndexedRandom;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::{fleet::Urls, outside::Outside};
use crate::runs::support::{RunsApp, with_json};

const OWNERS: [&str; 4] = ["ann", "bob", "eve", "sam"];
/// More than are worked on at once.
const CLIENTS: usize = 24;
const RETRY_AFTER: Duration = Duration::from_millis(10);
/// Beyond all kills, by which a run may be interrupted again and again on a slow machine.
const PATIENCE: Duration = Duration::from_secs(1200);

/// A run that a client was told to exist.
pub(super) struct Posted {
    pub(super) owner: &'static str,
    /// Its prompt, and its `requestId`.
    pub(super) name: String,
    pub(super) id: String,
    /// How often the client has asked for it.
    pub(super) tries: usize,
}

pub(super) struct Clients {
    shared: Arc<Shared>,
    running: Vec<JoinHandle<Vec<Posted>>>,
}

struct Shared {
    http: reqwest::Client,
    urls: Urls,
    callback_url: String,
    answered: Arc<watch::Sender<HashSet<String>>>,
    runs: usize,
    begun: AtomicUsize,
    over: AtomicBool,
}

impl Clients {
    /// They post at least `runs` prompts, and do not stop before they are told to.
    pub(super) fn start(outside: &Outside, urls: Urls, runs: usize) -> Self {
        let shared = Arc::new(Shared {
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client"),
            urls,
            callback_url: format!("{}/callback", outside.callbacks.url),
            answered: outside.answered.clone(),
            runs,
            begun: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let owners = OWNERS.into_iter().cycle().take(CLIENTS);
        let running = owners.map(|owner| tokio::spawn(shared.clone().post_all(owner)));
        Self {
            running: running.collect(),
            shared,
        }
    }

    pub(super) async fn end(self) -> Vec<Posted> {
        self.shared.over.store(true, Ordering::SeqCst);
        let mut posted = Vec::new();
        for client in self.running {
            posted.extend(client.await.expect("no panic"));
        }
        posted
    }
}

impl Shared {
    async fn post_all(self: Arc<Self>, owner: &'static str) -> Vec<Posted> {
        let mut posted = Vec::new();
        loop {
            let number = self.begun.fetch_add(1, Ordering::SeqCst);
            if number >= self.runs && self.over.load(Ordering::SeqCst) {
                return posted;
            }
            let name = format!("{owner}-{number}");
            let (id, tries) = self.post(owner, &name).await;
            let mut answered = self.answered.subscribe();
            let last_reply = answered.wait_for(|answered| answered.contains(&name));
            let waited = timeout(PATIENCE, last_reply).await;
            assert!(waited.is_ok(), "{name} has no last reply");
            posted.push(Posted {
                owner,
                name,
                id,
                tries,
            });
        }
    }

    /// The id of the run, and how often it was asked for.
    async fn post(&self, owner: &str, name: &str) -> (String, usize) {
        let body = json!({"prompt": name, "requestId": name, "async": true, "callbackUrl": self.callback_url});
        let started = Instant::now();
        for tries in 1.. {
            if let Some(id) = self.try_post(owner, &body).await {
                return (id, tries);
            }
            assert!(started.elapsed() < PATIENCE, "{name} is not accepted");
            sleep(RETRY_AFTER).await;
        }
        unreachable!("it has returned or panicked");
    }

    /// None if the process dies, or cannot take it at the moment.
    async fn try_post(&self, owner: &str, body: &Value) -> Option<String> {
        let url = self.urls.borrow().choose(&mut rand::rng())?.clone();
        let request = self.http.post(format!("{url}/webhook"));
        let request = with_json(request.bearer_auth(RunsApp::token(owner)), body);
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return None;
        }
        assert_eq!(status, StatusCode::ACCEPTED, "{text}");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        Some(answer["executionId"].as_str().expect("an id").to_owned())
    }
}
