//! Proxies from the environment.

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::mpsc,
};

use crate::support::{
    service::{Service, sams_token},
    test_app::user,
};

/// Refuses every request, and reports its first line.
struct Proxy {
    url: String,
    requests: mpsc::UnboundedReceiver<String>,
}

impl Proxy {
    async fn start() -> Self {
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
}

/// The first line of what a proxy gets of a chat with Claude at `base`, if anything.
async fn asked_through_a_proxy(base: &str, no_proxy: &str) -> Option<String> {
    let mut proxy = Proxy::start().await;
    let settings = [
        ("HTTP_PROXY", proxy.url.as_str()),
        ("HTTPS_PROXY", &proxy.url),
        ("NO_PROXY", no_proxy),
        ("ANTHROPIC_BASE_URL", base),
        ("CLAUDE_MAX_RETRIES", "0"),
    ];
    // Ready, so the MCP server on loopback is reached without the proxy.
    let service = Service::start(&[], &settings).await;
    let (status, _) = service.chat(&sams_token(), "x", &user("hi")).await;
    assert_eq!(status, 502);
    proxy.requests.try_recv().ok()
}

#[tokio::test]
async fn requests_to_claude_use_the_proxy_from_the_environment() {
    for (base, expected) in [
        (
            "http://claude.invalid",
            "POST http://claude.invalid/v1/messages HTTP/1.1\r\n",
        ),
        (
            "https://claude.invalid",
            "CONNECT claude.invalid:443 HTTP/1.1\r\n",
        ),
    ] {
        let asked = asked_through_a_proxy(base, "").await;
        assert_eq!(asked.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn hosts_in_no_proxy_and_local_hosts_are_reached_directly() {
    let base = "http://claude.invalid";
    assert_eq!(asked_through_a_proxy(base, "claude.invalid").await, None);
    // As `http://mcp:8000`, the default of PROG_STRENGTH_MCP_URL.
    for base in ["http://127.0.0.1:9", "http://no-such-container:9"] {
        assert_eq!(asked_through_a_proxy(base, "").await, None, "{base}");
    }
}
