//! A fake of Claude's Messages API: it validates requests as the real API does, and fails as a test demands.

mod binding;
mod blocks;
mod checks;
mod connection;
mod faults;
mod pairing;
mod reply;
mod script;
#[cfg(test)]
mod tests;
mod tools;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Instant,
};

use http::HeaderMap;
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use self::{binding::remove_breakpoints, reply::Reply};
use super::wait::until;

/// A request that the fake accepted.
#[derive(Clone)]
pub struct Asked {
    pub headers: HeaderMap,
    pub body: Value,
    pub at: Instant,
}

/// A running fake. Dropping it fails the test if a request was refused unexpectedly.
pub struct FakeClaude {
    url: String,
    inner: Arc<Inner>,
    accepting: JoinHandle<()>,
}

struct Inner {
    state: watch::Sender<State>,
    script: Mutex<Script>,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    refusals: Vec<String>,
    refusals_allowed: bool,
    open: usize,
    hung_up: usize,
    hang_ups_seen: usize,
}

type Answerer = Box<dyn Fn(&Value) -> Reply + Send>;

#[derive(Default)]
struct Script {
    queue: VecDeque<Reply>,
    answerer: Option<Answerer>,
    /// The contents of paused replies, which are accepted as the last message.
    paused: Vec<Vec<Value>>,
    unplayed_allowed: bool,
}

impl FakeClaude {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let inner = Arc::new(Inner {
            state: watch::Sender::default(),
            script: Mutex::default(),
        });
        let accepting = tokio::spawn(connection::accept(listener, inner.clone()));
        Self {
            url,
            inner,
            accepting,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next reply, after those already in the queue.
    pub fn push(&self, reply: Reply) {
        self.inner.script.lock().unwrap().queue.push_back(reply);
    }

    pub fn push_all(&self, replies: impl IntoIterator<Item = Reply>) {
        self.inner.script.lock().unwrap().queue.extend(replies);
    }

    /// Answers all requests when the queue is empty.
    pub fn on(&self, answerer: impl Fn(&Value) -> Reply + Send + 'static) {
        self.inner.script.lock().unwrap().answerer = Some(Box::new(answerer));
    }

    /// All requests accepted so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.state.borrow().asked.clone()
    }

    /// Their bodies.
    pub fn bodies(&self) -> Vec<Value> {
        self.asked().into_iter().map(|asked| asked.body).collect()
    }

    /// The body of the only request.
    pub fn body(&self) -> Value {
        let [body] = <[Value; 1]>::try_from(self.bodies()).expect("exactly one request");
        body
    }

    /// Waits for the n-th request.
    pub async fn asked_times(&self, n: usize) {
        let what = format!("Claude is asked {n} times");
        until(&what, &self.inner.state, |state| {
            (state.asked.len() >= n).then_some(())
        })
        .await;
    }

    /// Waits until a client closes its connection in the middle of a reply; each such event is seen once.
    pub async fn hung_up(&self) {
        let state = &self.inner.state;
        until("the client hangs up on Claude", state, |s| {
            (s.hung_up > s.hang_ups_seen).then_some(())
        })
        .await;
        state.send_modify(|state| state.hang_ups_seen += 1);
    }

    pub fn hang_ups(&self) -> usize {
        self.inner.state.borrow().hung_up
    }

    /// Replies being sent right now.
    pub fn open_streams(&self) -> usize {
        self.inner.state.borrow().open
    }

    pub async fn no_open_streams(&self) {
        until("no reply of Claude's is open", &self.inner.state, |s| {
            (s.open == 0).then_some(())
        })
        .await;
    }

    /// The requests that were refused.
    pub fn refusals(&self) -> Vec<String> {
        self.inner.state.borrow().refusals.clone()
    }

    pub fn allow_refusals(&self) {
        self.inner
            .state
            .send_modify(|state| state.refusals_allowed = true);
    }

    pub fn allow_unplayed(&self) {
        self.inner.script.lock().unwrap().unplayed_allowed = true;
    }
}

impl Drop for FakeClaude {
    fn drop(&mut self) {
        self.accepting.abort();
        if std::thread::panicking() {
            return;
        }
        let state = self.inner.state.borrow();
        assert!(
            state.refusals_allowed || state.refusals.is_empty(),
            "Claude refused: {:#?}",
            state.refusals
        );
        let script = self.inner.script.lock().unwrap();
        let unplayed = script.queue.len();
        assert!(
            script.unplayed_allowed || unplayed == 0,
            "{unplayed} replies were never asked for"
        );
    }
}
