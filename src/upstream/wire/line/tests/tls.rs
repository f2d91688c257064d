//! What TLS holds back.

use std::io::Write;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, ServerConnection,
    pki_types::{PrivateKeyDer, ServerName},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

/// Whether a connection is kept when this is in one segment with the end of its answer.
async fn is_kept(behind: fn(&mut ServerConnection)) -> bool {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut trusted = RootCertStore::empty();
    trusted.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder()
        .with_root_certificates(trusted)
        .with_no_client_auth();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut tls = TlsAcceptor::from(Arc::new(server))
            .accept(tcp)
            .await
            .unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{}") {
            tls.read_buf(&mut request).await.unwrap();
        }
        let connection = tls.get_mut().1;
        connection.writer().write_all(ANSWER).unwrap();
        behind(connection);
        tls.flush().await.unwrap();
        tls
    });
    let tcp = TokioIo::new(TokioIo::new(TcpStream::connect(at).await.unwrap()));
    let name = ServerName::try_from("localhost").unwrap();
    let tls = TlsConnector::from(Arc::new(client)).connect(name, tcp);
    let line = Line::on(tls.await.unwrap());
    let server = to(&format!("http://{at}/"));
    let answer = line
        .ask(server.clone(), &[], Bytes::from_static(b"{}").into())
        .await;
    let answer: Vec<Bytes> = answer.unwrap().into_body().try_collect().await.unwrap();
    assert_eq!(answer.concat(), b"hi");
    drop(serving.await.unwrap());
    server.idle().len() == 1
}

#[tokio::test]
async fn a_connection_is_kept_only_if_tls_holds_nothing_back() {
    assert!(is_kept(|_| ()).await);
    assert!(!is_kept(|tls| tls.writer().write_all(ANSWER).unwrap()).await);
    assert!(!is_kept(|tls| tls.send_close_notify()).await);
}
