//! An HTTP server that takes a moment for each request and keeps what it was sent: a file store, and a receiver of callbacks.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use tokio::{net::TcpListener, sync::watch, time::sleep};

use crate::support::wait::until;

const ANSWER_MS: RangeInclusive<u64> = 40..=80;

#[derive(Clone)]
pub(super) struct Received {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) at: Timestamp,
}

/// It stops with the test's runtime.
pub(super) struct Recorder {
    pub(super) url: String,
    kept: Arc<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Without those that read.
    received: watch::Sender<Vec<Received>>,
    answered: AtomicUsize,
}

impl Recorder {
    pub(super) async fn start() -> Self {
        let kept = Arc::<Kept>::default();
        let app = Router::new().fallback(answer).with_state(kept.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, kept }
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.kept.received.borrow().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.kept.received.borrow().len()
    }

    /// The requests whose clients were gone before they had an answer.
    pub(super) fn cut_off(&self) -> usize {
        self.count() - self.kept.answered.load(Ordering::SeqCst)
    }

    /// Waits for a further request.
    pub(super) async fn next(&self, what: &str) {
        let before = self.count();
        let more = |received: &Vec<_>| (received.len() > before).then_some(());
        until(what, &self.kept.received, more).await;
    }
}

/// Keeps the body, and gives it to who asks for the same path.
async fn answer(
    State(kept): State<Arc<Kept>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    if method == Method::GET {
        let received = kept.received.borrow();
        let found = received.iter().rfind(|it| it.path == path);
        return match found {
            Some(found) => found.body.clone().into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    let received = Received {
        path,
        headers,
        body,
        at: Timestamp::now(),
    };
    kept.received.send_modify(|all| all.push(received));
    sleep(Duration::from_millis(rand::random_range(ANSWER_MS))).await;
    kept.answered.fetch_add(1, Ordering::SeqCst);
    [("etag", "\"1\"")].into_response()
}
