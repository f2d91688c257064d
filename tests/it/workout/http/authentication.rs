//! Authentication of the agent and of users.

use http::Method;
use prog_strength_agent::workout::transport::Tuning;
use serde_json::json;

use super::DOCUMENT;
use crate::support::{
    answer::{Answer, now, token},
    test_app::JWT_KEY,
    workout::{AGENT_TOKEN, WorkoutServer, initialize, user_token},
};

#[tokio::test]
async fn the_agent_authenticates_with_its_token_and_a_user_with_a_jwt() {
    let server = WorkoutServer::start().await;
    assert_eq!(server.whoami(AGENT_TOKEN).await, "Agent");
    assert_eq!(server.whoami(&user_token("sam")).await, "User(\"sam\")");
}

#[tokio::test]
async fn a_401_names_the_resource_metadata() {
    let server = WorkoutServer::start().await;
    let document = format!("{}{DOCUMENT}", server.url);
    let none = Answer::of(server.anonymous(&initialize())).await;
    assert_eq!(none.error(), (401, "unauthorized"));
    assert_eq!(
        none.header("www-authenticate"),
        Some(&*format!("Bearer resource_metadata=\"{document}\""))
    );
    let wrong = server.initialize("another-token").await;
    assert_eq!(wrong.error(), (401, "unauthorized"));
    let challenge = format!("Bearer resource_metadata=\"{document}\", error=\"invalid_token\"");
    assert_eq!(wrong.header("www-authenticate"), Some(&*challenge));
    assert_eq!(
        wrong.header("content-type"),
        Some("application/problem+json")
    );
    for method in [Method::GET, Method::DELETE] {
        let request = server.request(method, "/mcp");
        assert_eq!(Answer::of(request).await.error(), (401, "unauthorized"));
    }
}

#[tokio::test]
async fn an_invalid_token_is_a_401() {
    let server = WorkoutServer::start().await;
    let exp = now() + 600;
    for bad in [
        token(JWT_KEY, &json!({"sub": "sam", "exp": now() - 60})),
        token(JWT_KEY, &json!({"sub": "sam"})),
        token(JWT_KEY, &json!({"sub": "", "exp": exp})),
        token(JWT_KEY, &json!({"exp": exp})),
        token(
            JWT_KEY,
            &json!({"sub": "sam", "exp": exp, "nbf": now() + 60}),
        ),
        token("another key", &json!({"sub": "sam", "exp": exp})),
        // {"alg":"none"}.{"sub":"ann","exp":4102444800}.
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.".into(),
        format!("{AGENT_TOKEN}x"),
        AGENT_TOKEN[1..].to_owned(),
        AGENT_TOKEN.to_uppercase(),
    ] {
        assert_eq!(server.whoami(&bad).await, "401", "{bad}");
    }
    let expired_within_leeway = token(JWT_KEY, &json!({"sub": "sam", "exp": now() - 10}));
    assert_ne!(server.whoami(&expired_within_leeway).await, "401");
}

#[tokio::test]
async fn issuer_and_audience_of_a_jwt_are_checked() {
    let settings = [("JWT_ISSUER", "api"), ("JWT_AUDIENCE", "agent")];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    let mut claims = json!({"sub": "sam", "exp": now() + 600, "iss": "api", "aud": "agent"});
    assert_ne!(server.whoami(&token(JWT_KEY, &claims)).await, "401");
    for wrong in [json!("other"), json!(["api"]), json!(["api", "x"])] {
        let mut claims = claims.clone();
        claims["iss"] = wrong;
        assert_eq!(server.whoami(&token(JWT_KEY, &claims)).await, "401");
    }
    claims["aud"] = "other".into();
    assert_eq!(server.whoami(&token(JWT_KEY, &claims)).await, "401");
}

#[tokio::test]
async fn an_unconfigured_kind_of_token_is_a_401() {
    let unset = [("JWT_SIGNING_KEY", "")];
    let server = WorkoutServer::with(&unset, Tuning::default()).await;
    assert_eq!(server.whoami(&user_token("sam")).await, "401");
    assert_eq!(
        server
            .whoami(&token("", &json!({"sub": "sam", "exp": now() + 600})))
            .await,
        "401"
    );
    let unset = [("PROG_STRENGTH_MCP_TOKEN", "")];
    let server = WorkoutServer::with(&unset, Tuning::default()).await;
    assert_eq!(server.whoami(AGENT_TOKEN).await, "401");
    let empty = server.post("", &initialize());
    assert_eq!(Answer::of(empty).await.error().0, 401);
}

#[tokio::test]
async fn the_scheme_is_case_insensitive_and_two_headers_are_a_401() {
    let server = WorkoutServer::start().await;
    let lower = server
        .anonymous(&initialize())
        .header("authorization", format!("bEaReR  {AGENT_TOKEN}"));
    assert_eq!(Answer::of(lower).await.status, 200);
    let two = server
        .post(AGENT_TOKEN, &initialize())
        .header("authorization", format!("Bearer {AGENT_TOKEN}"));
    let two = Answer::of(two).await;
    assert_eq!(two.error(), (401, "unauthorized"));
    assert!(
        two.header("www-authenticate")
            .unwrap()
            .contains("invalid_token")
    );
    let basic = server
        .anonymous(&initialize())
        .header("authorization", format!("Basic {AGENT_TOKEN}"));
    assert_eq!(Answer::of(basic).await.status, 401);
}
