//! A workout with a lost response: Claude is told the outcome is unknown, and finds it in the log; a repeated call adds nothing.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::deployment::{Deployment, agent, sets};
use crate::{
    support::helpers::{last_content, unknown},
    support::{
        fake_claude::Reply,
        test_app::{Answer, TestApp, user},
        world::{World, on_both},
    },
};

/// A TCP proxy to the workout server that can drop the connection instead of an answer.
struct Wire {
    url: String,
    cuts: Arc<AtomicUsize>,
    running: JoinHandle<()>,
}

impl Wire {
    /// Drops the next answers that contain `Logged:`.
    async fn to(mcp: &str) -> Self {
        let server = mcp
            .trim_start_matches("http://")
            .trim_end_matches("/mcp")
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("bound"));
        let cuts = Arc::new(AtomicUsize::new(0));
        let left = cuts.clone();
        let running = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server is up");
                tokio::spawn(carry(client, server, left.clone()));
            }
        });
        Self { url, cuts, running }
    }

    fn breaks(&self, times: usize) {
        self.cuts.store(times, Ordering::SeqCst);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Copies in both directions until either ends. Holds an answer back until it is known whether to drop it.
async fn carry(client: TcpStream, server: TcpStream, cuts: Arc<AtomicUsize>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let asking = tokio::spawn(async move {
        let _ = copy(&mut from_client, &mut to_server).await;
    });
    let (mut answer, mut sent) = (Vec::new(), 0);
    while let Ok(n @ 1..) = from_server.read_buf(&mut answer).await {
        let _ = n;
        let may_be_lost = cuts.load(Ordering::SeqCst) > 0;
        if may_be_lost && holds(&answer, "Logged:") {
            cuts.fetch_sub(1, Ordering::SeqCst);
            break;
        }
        // The beginning of a tool's answer does not decide it yet.
        if !may_be_lost || !holds(&answer, "text/event-stream") || holds(&answer, "\"result\"") {
            if to_client.write_all(&answer[sent..]).await.is_err() {
                break;
            }
            sent = answer.len();
        }
    }
    asking.abort();
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|part| part == word.as_bytes())
}

fn squats() -> Value {
    json!({"name": "Legs", "exercises": [{"exercise_id": "squat", "sets": sets(3, 5, 100.0)}]})
}

/// Runs a turn of Ann with this request id, in which Claude calls the tools in sequence; returns the results.
async fn turn(app: &TestApp, request_id: &str, calls: &[(&str, &str, Value)]) -> Vec<Value> {
    let replies = calls
        .iter()
        .map(|(id, tool, input)| Reply::tool(id, tool, input.clone()));
    app.claude.push_all(replies.chain([Reply::text("There.")]));
    let before = app.claude.bodies().len();
    let request = app.post("ann").header("x-request-id", request_id);
    Answer::of(request.body(user("Log my squats.").to_string()))
        .await
        .ok();
    let bodies = app.claude.bodies();
    let results = bodies[before + 1..].iter().map(last_content);
    results.flatten().collect()
}

fn said(result: &Value) -> (bool, &str) {
    let text = result["content"][0]["text"].as_str().expect("a text");
    (result["is_error"] == true, text)
}

on_both!(
    a_workout_with_a_lost_response_is_logged_exactly_once,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let wire = Wire::to(&deployment.mcp).await;
        let app = agent(&wire.url).await;
        wire.breaks(1);
        let calls = [
            ("toolu_log", "create_workout", squats()),
            ("toolu_look", "list_workouts", json!({})),
        ];
        let told = turn(&app, "request-1", &calls).await;
        let [lost, listed] = told.as_slice() else {
            panic!("two results: {told:#?}")
        };
        let why = "the connection to the tool server broke";
        assert_eq!(said(lost), (true, &*unknown(why)));
        assert_eq!(wire.cuts.load(Ordering::SeqCst), 0);
        let (false, listed) = said(listed) else {
            panic!("{listed}")
        };
        assert_eq!(listed.matches(" Legs (id ").count(), 1, "{listed}");
        assert_eq!(listed.lines().count(), 2, "{listed}");

        // The same ids of a client and of Claude in another turn are another call.
        let told = turn(&app, "request-1", &calls).await;
        assert!(said(&told[0]).1.starts_with("Logged: "), "{told:?}");
        assert_eq!(said(&told[1]).1.matches("(id ").count(), 2, "{told:?}");
        let more = [("toolu_more", "create_workout", squats()), calls[1].clone()];
        let told = turn(&app, "request-1", &more).await;
        assert!(said(&told[0]).1.starts_with("Logged: "), "{told:?}");
        assert_eq!(said(&told[1]).1.matches("(id ").count(), 3, "{told:?}");
        let told = turn(&app, "request-2", &calls).await;
        assert_eq!(said(&told[1]).1.matches("(id ").count(), 4, "{told:?}");
    }
);

on_both!(
    equal_call_ids_of_two_users_are_different_calls,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let agent = deployment.as_agent().await;
        let meta =
            json!({"fitness.progstrength/turn_id": "r", "fitness.progstrength/tool_use_id": "t"});
        for (user, repeated) in [("ann", false), ("bob", false), ("ann", true), ("bob", true)] {
            let mut workout = squats();
            workout["user_id"] = user.into();
            let logged = agent.result("create_workout", workout, meta.clone()).await;
            let data = logged.structured_content.expect("data");
            assert_eq!(data["repeated"] == true, repeated, "{user}: {data:#}");
        }
        for user in ["ann", "bob"] {
            let listed = agent.call("list_workouts", json!({"user_id": user})).await;
            let listed = listed.expect("a list");
            assert_eq!(
                listed["workouts"].as_array().map(Vec::len),
                Some(1),
                "{user}"
            );
        }
    }
);

on_both!(
    eight_concurrent_copies_of_a_call_log_one_workout,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let agent = deployment.as_agent().await;
        let meta =
            json!({"fitness.progstrength/turn_id": "r", "fitness.progstrength/tool_use_id": "t"});
        let mut workout = squats();
        workout["user_id"] = "ann".into();
        let calls = (0..8).map(|_| agent.result("create_workout", workout.clone(), meta.clone()));
        let logged = futures_util::future::join_all(calls).await;
        let new = logged.iter().filter(|result| {
            let data = result.structured_content.as_ref().expect("data");
            data["repeated"] != true
        });
        assert_eq!(new.count(), 1, "{logged:#?}");
        let listed = agent.call("list_workouts", json!({"user_id": "ann"})).await;
        assert_eq!(
            listed.expect("a list")["workouts"].as_array().map(Vec::len),
            Some(1)
        );
    }
);
