//! A TLS proxy in front of a plain HTTP server.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// Accepts TLS connections (ALPN `http/1.1`) with its own certificate, and forwards their bytes.
pub struct TlsFront {
    pub url: String,
    /// The self-signed certificate, as PEM.
    pub certificate: String,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl TlsFront {
    /// For the server at `url`, plain HTTP. The certificate is for `name`.
    pub async fn of(url: &str, name: &str) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("key and certificate fit");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let behind = url.trim_start_matches("http://").to_owned();
        let connections = Arc::new(AtomicUsize::new(0));
        let accepting = accept(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            behind,
            connections.clone(),
        );
        Self {
            url: format!("https://localhost:{port}"),
            certificate: cert.pem(),
            connections,
            accepting: tokio::spawn(accepting),
        }
    }

    /// How many were made so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    tls: TlsAcceptor,
    behind: String,
    connections: Arc<AtomicUsize>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, behind, connections) = (tls.clone(), behind.clone(), connections.clone());
        tokio::spawn(async move {
            let mut outside = tls.accept(stream).await?;
            if outside.get_ref().1.alpn_protocol() != Some(b"http/1.1") {
                return Err(io::Error::other("no protocol was agreed on"));
            }
            connections.fetch_add(1, Ordering::Relaxed);
            let mut inside = TcpStream::connect(behind).await?;
            copy_bidirectional(&mut outside, &mut inside).await
        });
    }
}
