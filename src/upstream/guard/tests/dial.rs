//! URLs whose names are judged by their addresses, against a server of this machine.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use http::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const DEADLINE: Duration = Duration::from_secs(5);

/// Counts its connections; every request is redirected to the same port of `target`.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(target: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::<AtomicUsize>::default();
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, SeqCst);
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                let response = format!(
                    "HTTP/1.1 302 Found\r\nlocation: http://{target}:{port}/second\r\ncontent-length: 0\r\n\r\n"
                );
                let _ = stream.write_all(response.as_bytes()).await;
            }
        });
        Self { port, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

/// Gives these answers one after the other, and the last one again.
fn answers<const N: usize>(answers: [&[&str]; N]) -> (Lookup, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let answers = answers.map(|ips| {
        ips.iter()
            .map(|ip| ip.parse().unwrap())
            .collect::<Vec<IpAddr>>()
    });
    let names = asked.clone();
    let lookup: Lookup = Arc::new(move |name| {
        let mut names = names.lock().unwrap();
        let answer = answers[names.len().min(N - 1)].clone();
        names.push(name);
        Box::pin(async move { Ok(answer) })
    });
    (lookup, asked)
}

async fn get(guard: &Guard, url: &str) -> reqwest::Result<reqwest::Response> {
    let client = GuardedClient::new(guard.clone(), DEADLINE).unwrap();
    let url = guard.judge(url).unwrap();
    client.request(Method::GET, &url).unwrap().send().await
}

#[tokio::test]
async fn names_of_private_addresses_are_never_dialled() {
    let server = Server::start("x").await;
    for ip in [
        "127.0.0.1",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "fe80::1",
        "fd00::1",
        "100.64.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "224.0.0.1",
    ] {
        let (lookup, asked) = answers([&[ip]]);
        let guard = guard("").with_lookup(lookup);
        let url = format!("https://rebound.example:{}/", server.port);
        let error = get(&guard, &url).await.unwrap_err();
        assert!(is_refusal(&error) && error.is_connect(), "{ip}: {error:?}");
        assert_eq!(*asked.lock().unwrap(), ["rebound.example"]);
    }
    let url = format!("https://localhost:{}/", server.port);
    assert!(is_refusal(&get(&guard(""), &url).await.unwrap_err()));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_dialled() {
    let server = Server::start("x").await;
    // The second answer, to a lookup of the connector's, would lead elsewhere.
    let (lookup, asked) = answers([&["127.0.0.1", "10.0.0.1"], &["10.0.0.1"]]);
    let guard = guard("127.0.0.0/8").with_lookup(lookup);
    let url = format!("http://changes.example:{}/", server.port);
    let response = get(&guard, &url).await.unwrap();
    let dialled = format!("127.0.0.1:{}", server.port).parse().unwrap();
    assert_eq!(response.remote_addr(), Some(dialled));
    assert_eq!(asked.lock().unwrap().len(), 1);
    let error = get(&guard, &url).await.unwrap_err();
    assert!(is_refusal(&error), "{error:?}");
    assert_eq!((asked.lock().unwrap().len(), server.connections()), (2, 1));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = Server::start("127.0.0.1").await;
    let guard = guard("127.0.0.1");
    let url = format!("http://127.0.0.1:{}/first", server.port);
    let response = get(&guard, &url).await.unwrap();
    assert_eq!(response.status(), 302);
    let url = guard.judge(&url).unwrap();
    let client = guard.builder_for(&url).unwrap().build().unwrap();
    assert_eq!(client.get(url).send().await.unwrap().status(), 302);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_named_host_may_have_any_address_on_its_port_alone() {
    let server = Server::start("x").await;
    let (lookup, _) = answers([&["127.0.0.1"]]);
    let named = guard(&format!("hooks.internal:{}", server.port)).with_lookup(lookup.clone());
    let url = format!("http://hooks.internal:{}/", server.port);
    assert_eq!(get(&named, &url).await.unwrap().status(), 302);
    let other = guard("hooks.internal:1").with_lookup(lookup);
    let url = format!("https://hooks.internal:{}/", server.port);
    assert!(is_refusal(&get(&other, &url).await.unwrap_err()));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn http_reaches_no_public_address_by_a_name_that_is_not_allowed() {
    let (lookup, _) = answers([&["1.1.1.1"]]);
    let guard = guard("10.0.0.0/8").with_lookup(lookup);
    let error = get(&guard, "http://public.example/").await.unwrap_err();
    assert!(is_refusal(&error), "{error:?}");
}

#[tokio::test]
async fn every_request_is_checked() {
    let client = GuardedClient::new(guard(""), DEADLINE).unwrap();
    for (url, refused) in [
        ("https://127.0.0.1/", Refused::Address),
        ("http://example.org/", Refused::Scheme),
        ("https://a:b@example.org/", Refused::UserInfo),
    ] {
        let request = client.request(Method::POST, &url.parse().unwrap());
        assert_eq!(request.err(), Some(refused), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_never_ends_is_given_up() {
    let lookup: Lookup = Arc::new(|_| Box::pin(std::future::pending()));
    let guard = guard("").with_lookup(lookup);
    let error = get(&guard, "https://silent.example/").await.unwrap_err();
    assert!(error.is_connect() || error.is_timeout(), "{error:?}");
    assert!(!is_refusal(&error));
}
