//! How connections are made: TCP, and TLS for https.

use std::time::Duration;

use http::Uri;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

/// A path that was forgotten on the way (by a NAT, say) is found out: an idle one by probes, one in use by what is not
/// acknowledged. Then the call can still be tried again.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
const KEEP_ALIVE_AGAIN: Duration = Duration::from_secs(15);
const KEEP_ALIVE_TRIES: u32 = 3;
#[cfg(target_os = "linux")]
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection takes no longer than `timeout`, of which each address of the server has a part.
pub(super) fn connector(
    endpoint: &Uri,
    timeout: Duration,
) -> anyhow::Result<HttpsConnector<HttpConnector>> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(timeout));
    tcp.set_keepalive(Some(KEEP_ALIVE));
    tcp.set_keepalive_interval(Some(KEEP_ALIVE_AGAIN));
    tcp.set_keepalive_retries(Some(KEEP_ALIVE_TRIES));
    #[cfg(target_os = "linux")]
    tcp.set_tcp_user_timeout(Some(STALL_TIMEOUT));
    Ok((tcp, tls(endpoint)?).into())
}

/// The certificate authorities of the system are loaded for https only: that takes milliseconds and megabytes.
fn tls(endpoint: &Uri) -> Result<ClientConfig, rustls::Error> {
    let provider = aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?;
    let config = if endpoint.scheme_str() == Some("https") {
        config.try_with_platform_verifier()?
    } else {
        config.with_root_certificates(RootCertStore::empty())
    };
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use hyper_rustls::MaybeHttpsStream;
    use socket2::SockRef;
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_connection_sends_at_once_and_finds_out_that_its_path_is_dead() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let endpoint: Uri = format!("http://{at}/").parse().unwrap();
        let connected = connector(&endpoint, STALL_TIMEOUT)
            .unwrap()
            .oneshot(endpoint)
            .await;
        let MaybeHttpsStream::Http(stream) = connected.unwrap() else {
            panic!("TLS");
        };
        let socket = SockRef::from(stream.inner());
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEP_ALIVE);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), KEEP_ALIVE_AGAIN);
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), KEEP_ALIVE_TRIES);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(STALL_TIMEOUT));
    }
}
