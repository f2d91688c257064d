//! Proxies from the environment.

use crate::support::{
    proxy::Proxy,
    service::{Service, sams_token},
    test_app::user,
};

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
    proxy.asked().pop()
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
