//! An HTTP proxy that refuses every request and reports it.

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::mpsc,
};

pub struct Proxy {
    pub url: String,
    requests: mpsc::UnboundedReceiver<String>,
}

impl Proxy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (report, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mut stream, mut line) = (BufReader::new(stream), String::new());
                if stream.read_line(&mut line).await.is_ok() && report.send(line).is_err() {
                    break;
                }
                let refusal = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
                let _ = stream.write_all(refusal).await;
            }
        });
        Self { url, requests }
    }

    /// The first lines of the requests since this was asked before.
    pub fn asked(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}
