//! An HTTP server that keeps what it is sent and answers as it is told.

use std::sync::Mutex;

use axum::{Router, body::to_bytes, extract::Request, response::IntoResponse};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::net::TcpListener;

use super::*;

/// A request that came in.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

type Answers = Box<dyn Fn(&Got) -> (u16, String) + Send + Sync>;

/// The server, which stops with the test's runtime.
pub(super) struct Server {
    pub(super) url: Url,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Server {
    pub(super) async fn start(
        answers: impl Fn(&Got) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        Self::with_coding(None, answers).await
    }

    /// Every answer says that it has this content coding.
    pub(super) async fn coded(coding: &'static str, status: u16) -> Self {
        Self::with_coding(Some(coding), move |_| (status, "\u{1f}".to_owned())).await
    }

    async fn with_coding(
        coding: Option<&'static str>,
        answers: impl Fn(&Got) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let answers: Arc<Answers> = Arc::new(Box::new(answers));
        let got = Arc::new(Mutex::new(Vec::new()));
        let kept = got.clone();
        let router = Router::new().fallback(move |request: Request| async move {
            let (head, body) = request.into_parts();
            let request = Got {
                line: format!("{} {}", head.method, head.uri),
                headers: head.headers,
                body: to_bytes(body, usize::MAX).await.unwrap(),
            };
            let (status, body) = answers(&request);
            kept.lock().unwrap().push(request);
            let mut headers =
                HeaderMap::from_iter([(header::ETAG, HeaderValue::from_static("\"x\""))]);
            headers
                .extend(coding.map(|it| (header::CONTENT_ENCODING, HeaderValue::from_static(it))));
            (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, got }
    }

    pub(super) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.got().into_iter().map(|got| got.line).collect()
    }
}
