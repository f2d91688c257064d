//! A receiver of callbacks: an HTTP server that keeps what it was sent.
#![allow(unreachable_pub, reason = "support")]

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, body::Bytes, http::HeaderMap, response::Response, routing::post};
use tokio::{
    net::TcpListener,
    sync::{Mutex, watch},
};

use crate::support::wait::until;

#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub struct Receiver {
    address: SocketAddr,
    received: watch::Sender<Vec<Received>>,
    /// How many of them `next` has given.
    given: Mutex<usize>,
}

impl Receiver {
    /// `answer`: status and `Retry-After` for the request of this number, from 0.
    pub async fn start(
        answer: impl Fn(usize) -> (u16, Option<&'static str>) + Send + Sync + 'static,
    ) -> Self {
        Self::answering(move |number| {
            let (status, retry_after) = answer(number);
            let response = Response::builder().status(status);
            match retry_after {
                Some(value) => response.header("retry-after", value),
                None => response,
            }
        })
        .await
    }

    pub async fn redirecting(to: String) -> Self {
        Self::answering(move |_| Response::builder().status(307).header("location", &to)).await
    }

    async fn answering(
        answer: impl Fn(usize) -> axum::http::response::Builder + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let received = watch::Sender::new(Vec::new());
        let (sender, answer) = (received.clone(), Arc::new(answer));
        let handler = move |headers: HeaderMap, body: Bytes| async move {
            let mut number = 0;
            sender.send_modify(|all: &mut Vec<Received>| {
                number = all.len();
                all.push(Received { headers, body });
            });
            answer(number)
                .body(axum::body::Body::empty())
                .expect("a response")
        };
        let app = Router::new().route("/hook", post(handler));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            address,
            received,
            given: Mutex::new(0),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next request, which may still come.
    pub async fn next(&self) -> Received {
        let mut given = self.given.lock().await;
        let request = until("a callback", &self.received, |all| all.get(*given).cloned()).await;
        *given += 1;
        request
    }

    pub fn count(&self) -> usize {
        self.received.borrow().len()
    }

    /// The `webhook-id` of each request.
    pub fn ids(&self) -> Vec<String> {
        let received = self.received.borrow();
        let ids = received.iter().map(|it| it.headers["webhook-id"].to_str());
        ids.map(|id| id.expect("text").to_owned()).collect()
    }
}
