//! Claude over https: who is believed to be Claude.

use crate::support::{
    fake_claude::{FakeClaude, Reply},
    process::Directory,
    service::{Service, sams_token},
    test_app::user,
    tls::TlsFront,
};

/// The service, with a Claude behind TLS whose certificate is for `name`; the system trusts `trusted`, or that.
async fn behind_tls(name: &str, trusted: Option<&str>) -> (Service, TlsFront) {
    let claude = FakeClaude::start().await;
    let front = TlsFront::of(claude.url(), name).await;
    let directory = Directory::new();
    let file = directory.0.join("trusted.pem");
    std::fs::write(&file, trusted.unwrap_or(&front.certificate)).expect("a file");
    let file = file.to_string_lossy().into_owned();
    let settings = [
        ("ANTHROPIC_BASE_URL", front.url.as_str()),
        ("SSL_CERT_FILE", &file),
        ("CLAUDE_MAX_RETRIES", "0"),
    ];
    let service = Service::start_with(claude, directory, &[], &settings).await;
    (service, front)
}

async fn is_refused(service: &Service) {
    let (status, body) = service.chat(&sams_token(), "x", &user("hi")).await;
    assert_eq!((status, &body["code"]), (502, &"model_error".into()));
    assert!(service.claude.asked().is_empty());
}

#[tokio::test]
async fn a_server_whose_certificate_the_system_trusts_is_asked_over_one_connection() {
    let (service, front) = behind_tls("localhost", None).await;
    for _ in 0..3 {
        service.claude.push(Reply::text("hi"));
        let (status, body) = service.chat(&sams_token(), "x", &user("hi")).await;
        assert_eq!((status, &body["content"][0]["text"]), (200, &"hi".into()));
    }
    assert_eq!(front.connections(), 1);
}

#[tokio::test]
async fn a_server_whose_certificate_nobody_vouches_for_is_told_nothing() {
    let other = TlsFront::of("http://127.0.0.1:9", "localhost").await;
    let (service, _front) = behind_tls("localhost", Some(&other.certificate)).await;
    is_refused(&service).await;
}

#[tokio::test]
async fn a_server_with_the_certificate_of_another_is_told_nothing() {
    let (service, _front) = behind_tls("elsewhere.example", None).await;
    is_refused(&service).await;
}
