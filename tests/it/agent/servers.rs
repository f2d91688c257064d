//! Sessions of a run with servers by URL: their own headers, the guard, and nothing of the user.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use prog_strength_agent::{
    agent::{
        mcp::{AnswerMemory, Mcp, Server},
        metrics::Metrics,
        tools::{CallContext, Catalogue, Profile, ToolCall, ToolServer},
    },
    auth::{Caller, CallerToken, JwtSettings, Subject, Verifier, mint},
    config::connections::{HttpServer, ServerHeaders},
    upstream::guard::Guard,
};
use serde_json::json;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};

use crate::support::{
    mcp_server::McpServer,
    scripted_mcp::{ScriptedMcp, typed, with_headers},
    wait::{DEADLINE, within},
};

const CALL_TIMEOUT: Duration = Duration::from_secs(10);

fn open(url: &str, guard: Option<&Guard>) -> anyhow::Result<Arc<Mcp>> {
    let headers = [("Authorization", "Bearer s3cret"), ("X-Team", "strength")];
    let server = HttpServer {
        url: url.parse()?,
        headers: ServerHeaders::new(headers)?,
    };
    let server = Server::http("notes", &server, guard, CALL_TIMEOUT, AnswerMemory::new())?;
    Ok(Arc::new(Mcp::open(
        Arc::new(server),
        100_000.into(),
        Metrics::new(),
    )))
}

/// A verified caller with a token.
fn caller() -> (Caller, CallerToken) {
    let settings = JwtSettings {
        key: "0123456789abcdef0123456789abcdef".into(),
        issuer: None,
        audience: None,
    };
    let subject = Subject::parse("ann").unwrap();
    let token = mint(&settings, &subject, Duration::from_secs(60)).unwrap();
    Verifier::new(&settings).verify_and_keep(&token).unwrap()
}

/// A call of the server's first tool.
async fn prepared(mcp: &Mcp, caller: &Caller) -> ToolCall {
    let listed = mcp.tools(Instant::now() + DEADLINE).await.unwrap();
    let server = ToolServer {
        name: "notes".into(),
        profile: Profile::Foreign,
        prefixed: true,
    };
    let catalogue = Catalogue::of_server(&server, listed.tools.clone(), vec![]);
    let context = CallContext {
        caller,
        request_id: "request",
        turn_id: "execution",
        tool_use_id: "toolu_1",
        time_zone: Some("Europe/Berlin"),
    };
    let name = catalogue.specs()[0].name.clone();
    let prepared = catalogue.prepare(context, &name, r#"{"key":"value","user_id":"bob"}"#);
    prepared.unwrap().1.unwrap()
}

fn sent(headers: &HeaderMap) -> [Option<&str>; 2] {
    ["authorization", "x-team"].map(|name| headers.get(name).map(|value| value.to_str().unwrap()))
}

#[tokio::test]
async fn a_foreign_server_gets_its_own_headers_and_nothing_of_the_user() {
    let server = ScriptedMcp::start(|_, _| None).await;
    let mcp = open(server.url(), None).unwrap();
    let (caller, token) = caller();
    let call = prepared(&mcp, &caller).await;
    let outcome = within("the call", mcp.begin(call, Some(&token))).await;
    assert!(!outcome.is_error, "{outcome:?}");
    within("the end", mcp.close()).await;
    let headers = server.requests("POST", |request, _| {
        assert_eq!(
            sent(&request.headers),
            [Some("Bearer s3cret"), Some("strength")]
        );
    });
    assert_eq!(headers.len(), 4);
    let params = server.requests("tools/call", |_, message| message["params"].clone());
    let expected = json!({
        "name": "echo",
        "arguments": {"key": "value", "user_id": "bob"},
        "_meta": {
            "fitness.progstrength/turn_id": "execution",
            "fitness.progstrength/tool_use_id": "toolu_1",
        },
    });
    let mut params = params[0].clone();
    params["_meta"]
        .as_object_mut()
        .unwrap()
        .remove("progressToken");
    assert_eq!(params, expected);
}

#[tokio::test]
async fn a_session_of_a_run_is_closed_at_the_server() {
    let server = McpServer::start().await;
    let mcp = open(&server.url(), None).unwrap();
    mcp.tools(Instant::now() + DEADLINE).await.unwrap();
    within("the end", mcp.close()).await;
    assert_eq!(
        server.remembers(|it| (it.sessions, it.sessions_closed)),
        (1, 1)
    );
}

#[tokio::test]
async fn a_server_that_refuses_fails_at_once_and_its_failure_names_no_setting() {
    let server = ScriptedMcp::start(|_, _| Some(typed(401, "text/plain", "no"))).await;
    let mcp = open(server.url(), None).unwrap();
    let failure = within("the failure", mcp.tools(Instant::now() + 2 * DEADLINE)).await;
    assert_eq!(
        failure.unwrap_err().to_string(),
        "the handshake failed: HTTP 401"
    );
    mcp.close().await;
}

#[tokio::test]
async fn a_server_that_is_not_reachable_yet_is_tried_until_the_deadline() {
    let mut server = McpServer::start().await;
    server.stop().await;
    let mcp = open(&server.url(), None).unwrap();
    let failure = mcp.tools(Instant::now() + Duration::from_secs(1)).await;
    let failure = failure.unwrap_err().to_string();
    assert!(
        failure.starts_with("the handshake failed: no connection ("),
        "{failure}"
    );
    let ((), tools) = tokio::join!(
        async {
            sleep(Duration::from_millis(300)).await;
            server.restart().await;
        },
        mcp.tools(Instant::now() + DEADLINE)
    );
    assert!(tools.is_ok(), "{tools:?}");
    mcp.close().await;
}

#[tokio::test]
async fn a_guarded_session_reaches_allowed_addresses_alone_and_follows_no_redirect() {
    let server = ScriptedMcp::start(|_, _| None).await;
    let allowed = Guard::new(["127.0.0.0/8".parse().unwrap()]);
    let mcp = open(server.url(), Some(&allowed)).unwrap();
    assert!(mcp.tools(Instant::now() + DEADLINE).await.is_ok());
    mcp.close().await;
    assert!(open(server.url(), Some(&Guard::new([]))).is_err());

    let moved = server.url().to_owned();
    let redirecting =
        ScriptedMcp::start(move |_, _| Some(with_headers(307, &[("location", &moved)], b""))).await;
    let before = server.requests("POST", |_, _| ()).len();
    let mcp = open(redirecting.url(), Some(&allowed)).unwrap();
    let failure = mcp
        .tools(Instant::now() + DEADLINE)
        .await
        .unwrap_err()
        .to_string();
    assert!(failure.contains("HTTP 307, a redirect to"), "{failure}");
    mcp.close().await;
    assert_eq!(server.requests("POST", |_, _| ()).len(), before);
}

#[tokio::test]
async fn a_guarded_name_of_a_private_address_is_not_dialled() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let guard = Guard::new([]).with_lookup(Arc::new(|_| {
        Box::pin(async { Ok(vec!["127.0.0.1".parse().unwrap()]) })
    }));
    let mcp = open(&format!("https://rebound.example:{port}/mcp"), Some(&guard)).unwrap();
    let failure = within("the failure", mcp.tools(Instant::now() + 2 * DEADLINE)).await;
    assert_eq!(
        failure.unwrap_err().to_string(),
        "the handshake failed: no connection (its address is not public)"
    );
    mcp.close().await;
    let dialled = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
    assert!(dialled.is_err());
}
