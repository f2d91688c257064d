//! Hostile shapes for `mcp`, the workout server.

use std::{net::SocketAddr, time::Duration};

use futures_util::{
    FutureExt,
    future::join_all,
    stream::{self, StreamExt},
};

use super::{
    post::{Answer, Post},
    shape::{Expects, Scene, Service, Shape},
    target::token,
};
use crate::wire::header;

pub const AGENT_TOKEN: &str = "the-agents-token-of-32-characters";
const SESSION: &str = "mcp-session-id";
const PATIENCE: Duration = Duration::from_secs(20);

/// A session with the workout server.
pub struct Client {
    address: SocketAddr,
    token: String,
    session: String,
}

impl Client {
    pub fn none(address: SocketAddr) -> Self {
        Self {
            address,
            token: String::new(),
            session: String::new(),
        }
    }

    /// Opens a session with these capabilities; also returns the answer.
    pub async fn open(address: SocketAddr, token: String, capabilities: &str) -> (Self, Answer) {
        let mut client = Self::none(address);
        client.token = token;
        let params = format!(
            r#"{{"protocolVersion":"2025-11-25","capabilities":{capabilities},"clientInfo":{{"name":"bench","version":"1"}}}}"#
        );
        let answer = client.ask(&message("initialize", &params, Some(1))).await;
        let session = header(&answer.head, SESSION.as_bytes()).unwrap_or_default();
        client.session = String::from_utf8_lossy(session).into_owned();
        if answer.status == 200 {
            client
                .ask(&message("notifications/initialized", "{}", None))
                .await;
        }
        (client, answer)
    }

    pub async fn call(&self, tool: &str, arguments: &str, id: u32) -> Answer {
        let params = format!(r#"{{"name":"{tool}","arguments":{arguments}}}"#);
        self.ask(&message("tools/call", &params, Some(id))).await
    }

    /// Sends a message.
    async fn ask(&self, message: &str) -> Answer {
        self.post(message).send(self.address, PATIENCE).await
    }

    fn post(&self, message: &str) -> Post {
        let post = Post::new("/mcp", &self.token, message.to_owned())
            .header("accept", "application/json, text/event-stream");
        if self.session.is_empty() {
            post
        } else {
            post.header(SESSION, &self.session)
        }
    }
}

fn message(method: &str, params: &str, id: Option<u32>) -> String {
    let id = id.map(|id| format!(r#""id":{id},"#)).unwrap_or_default();
    format!(r#"{{"jsonrpc":"2.0",{id}"method":"{method}","params":{params}}}"#)
}

/// A list of objects with one number each.
fn tiny_values(bytes: usize) -> String {
    format!("[{}]", vec![r#"{"a":0}"#; bytes / 8].join(","))
}

/// 59 kB of capabilities.
fn capabilities() -> String {
    let names = (0..59_000 / 11).map(|n| format!(r#""{n:05}":{{}}"#));
    format!(
        r#"{{"experimental":{{{}}}}}"#,
        names.collect::<Vec<_>>().join(",")
    )
}

async fn sessions(scene: &Scene<'_>, users: usize, each: usize, capabilities: &str) {
    let address = scene.target.address();
    let opening = (0..users * each).map(async |n| {
        let token = token(&format!("offender-{}", n % users));
        Client::open(address, token, capabilities).await.1
    });
    let answers = stream::iter(opening).buffer_unordered(16);
    answers.for_each(async |answer| scene.note(&answer)).await;
}

/// Sends messages of one user, 32 at once.
async fn flood(scene: &Scene<'_>, messages: impl Iterator<Item = String>) {
    let client = scene.target.client("offender").await;
    let messages: Vec<String> = messages.collect();
    let answers = stream::iter(&messages).map(|message| client.ask(message));
    let answers = answers.buffer_unordered(32);
    answers.for_each(async |answer| scene.note(&answer)).await;
}

fn shape<S>(name: &str, expects: Expects, send: S) -> Shape
where
    S: for<'a> Fn(&'a Scene<'a>) -> futures_util::future::LocalBoxFuture<'a, ()> + 'static,
{
    Shape::new(Service::Mcp, name, expects, send)
}

pub fn shapes() -> Vec<Shape> {
    let mut all = vec![
        shape(
            "16 messages of 1 MB of {\"a\":0} at once",
            Expects::Refusals,
            |scene| {
                async {
                    let client = scene.target.client("offender").await;
                    let arguments = format!(r#"{{"x":{}}}"#, tiny_values((1 << 20) - 1000));
                    let calls = (0..16).map(|id| client.call("list_workouts", &arguments, id));
                    join_all(calls).await.iter().for_each(|it| scene.note(it));
                }
                .boxed_local()
            },
        ),
        shape(
            "50 sessions of a user with 59 kB of capabilities",
            Expects::Answers,
            |scene| async { sessions(scene, 1, 50, &capabilities()).await }.boxed_local(),
        ),
        shape("the same of 20 users", Expects::Answers, |scene| {
            async { sessions(scene, 20, 50, &capabilities()).await }.boxed_local()
        })
        .crowd(),
        shape(
            "40 users with all sessions they get",
            Expects::SomeRefusals,
            |scene| async { sessions(scene, 40, 51, "{}").await }.boxed_local(),
        )
        .crowd(),
    ];
    all.extend(floods());
    all
}

/// Many messages in one session.
fn floods() -> [Shape; 5] {
    [
        shape(
            "12 requests with one JSON-RPC id",
            Expects::Answers,
            |scene| {
                async {
                    let client = scene.target.client("offender").await;
                    let calls = (0..12).map(|_| client.call("list_exercises", "{}", 7));
                    join_all(calls).await.iter().for_each(|it| scene.note(it));
                }
                .boxed_local()
            },
        ),
        shape("1,000 completions", Expects::SomeRefusals, |scene| {
            let params = r#"{"ref":{"type":"ref/prompt","name":"plan_week"},"argument":{"name":"goal","value":"s"}}"#;
            let messages = (0..1000).map(|id| message("completion/complete", params, Some(id)));
            flood(scene, messages).boxed_local()
        }),
        shape("1,000 notifications", Expects::SomeRefusals, |scene| {
            let messages =
                (0..1000).map(|_| message("notifications/roots/list_changed", "{}", None));
            flood(scene, messages).boxed_local()
        }),
        shape(
            "1,000 messages with an unknown method",
            Expects::SomeRefusals,
            |scene| {
                let messages = (0..1000).map(|id| message("no/such/method", "{}", Some(id)));
                flood(scene, messages).boxed_local()
            },
        ),
        shape(
            "200 unfinished messages of 1 MB",
            Expects::Refusals,
            |scene| {
                async {
                    let client = scene.target.client("offender").await;
                    let params = format!(r#"{{"x":{}}}"#, tiny_values((1 << 20) - 1000));
                    let post = client
                        .post(&message("tools/call", &params, Some(1)))
                        .unfinished(100);
                    let sent = (0..200).map(|_| post.send(scene.target.address(), scene.patience));
                    join_all(sent).await.iter().for_each(|it| scene.note(it));
                }
                .boxed_local()
            },
        )
        .long(),
    ]
}
