//! OAuth access tokens (JWKS) on the workout server.

use std::time::Duration;

use prog_strength_agent::{auth::jwks::RefreshPolicy, workout::transport::Tuning};
use serde_json::{Value, json};

use crate::support::{
    answer::{now, token},
    issuer::{Discovery, Issuer, Signer},
    wait::{DEADLINE, pass},
    workout::WorkoutServer,
};

const OURS: &str = "http://mcp:8000/mcp";

/// No minimum interval between fetches by default.
fn tuning(max_age: Duration, min_interval: Duration) -> Tuning {
    Tuning {
        jwks_refresh: RefreshPolicy {
            max_age,
            min_interval,
        },
        ..Tuning::default()
    }
}

const LONG: Duration = Duration::from_secs(600);

async fn server(issuer: &Issuer, tuning: Tuning) -> WorkoutServer {
    WorkoutServer::with(&[("OAUTH_ISSUER", &issuer.url())], tuning).await
}

fn header(signer: &Signer, kid: &str) -> Value {
    json!({"typ": "JWT", "alg": signer.algorithm(), "kid": kid})
}

const SAM: &str = "User(\"sam\")";

#[tokio::test]
async fn a_token_of_the_issuer_for_this_resource_names_its_user() {
    let (rsa, ec) = (Signer::rsa(), Signer::ec());
    let issuer = Issuer::start(vec![rsa.jwk("r"), ec.jwk("e")]).await;
    let server = server(&issuer, Tuning::default()).await;
    let claims = issuer.claims("sam", OURS);
    for (signer, kid) in [(&rsa, "r"), (&ec, "e")] {
        let good = signer.sign(&header(signer, kid), &claims);
        assert_eq!(server.whoami(&good).await, SAM);
        let unnamed = signer.sign(&json!({"alg": signer.algorithm()}), &claims);
        assert_eq!(server.whoami(&unnamed).await, SAM);
    }
    assert_eq!(issuer.fetches(), 1);
    for (name, value) in [
        (
            "aud",
            json!(["https://other.example", "https://localhost/mcp/"]),
        ),
        ("iss", json!(format!("{}/", issuer.url()))),
        ("exp", json!(now() - 10)),
        ("nbf", json!(now() + 10)),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        let good = ec.sign(&header(&ec, "e"), &claims);
        assert_eq!(server.whoami(&good).await, SAM, "{name}");
    }
}

#[tokio::test]
async fn a_token_with_any_invalid_claim_header_or_signature_is_refused() {
    let ec = Signer::ec();
    let issuer = Issuer::start(vec![ec.jwk("e")]).await;
    let server = server(&issuer, Tuning::default()).await;
    let claims = issuer.claims("sam", OURS);
    for (name, value) in [
        ("aud", json!("authenticated")),
        ("aud", json!("http://evil.example/mcp")),
        ("aud", json!([])),
        ("aud", Value::Null),
        ("iss", json!("https://evil.example")),
        ("iss", json!([issuer.url()])),
        ("iss", Value::Null),
        ("exp", json!(now() - 60)),
        ("exp", Value::Null),
        ("nbf", json!(now() + 60)),
        ("sub", json!("")),
        ("sub", json!("a\u{7}b")),
        ("sub", json!(["sam"])),
        ("aud", json!([OURS, 1])),
        ("exp", json!("soon")),
        ("nbf", json!("now")),
        ("sub", Value::Null),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        if claims[name].is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        let bad = ec.sign(&header(&ec, "e"), &claims);
        assert_eq!(server.whoami(&bad).await, "401", "{claims}");
    }
    for bad in [
        json!({"alg": "ES256", "kid": "e", "crit": ["b64"], "b64": false}),
        json!({"alg": "ES384", "kid": "e"}),
        json!({"alg": "none", "kid": "e"}),
        json!({"alg": "RS256", "kid": "e"}),
        json!({"kid": "e"}),
    ] {
        assert_eq!(server.whoami(&ec.sign(&bad, &claims)).await, "401", "{bad}");
    }
    let forged = Signer::ec().sign(&header(&ec, "e"), &claims);
    assert_eq!(server.whoami(&forged).await, "401");
    let embedded = Signer::ec();
    let own_key = json!({"alg": "ES256", "kid": "e", "jwk": embedded.jwk("e")});
    assert_eq!(
        server.whoami(&embedded.sign(&own_key, &claims)).await,
        "401"
    );
}

#[tokio::test]
async fn with_a_public_url_the_audience_must_be_exactly_that() {
    let ec = Signer::ec();
    let issuer = Issuer::start(vec![ec.jwk("e")]).await;
    let settings = [
        ("OAUTH_ISSUER", &*issuer.url()),
        ("MCP_PUBLIC_URL", "https://mcp.example.com/mcp"),
    ];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    for (audience, expected) in [("https://mcp.example.com/mcp", SAM), (OURS, "401")] {
        let token = ec.sign(&header(&ec, "e"), &issuer.claims("sam", audience));
        assert_eq!(server.whoami(&token).await, expected, "{audience}");
    }
}

#[tokio::test]
async fn a_set_audience_replaces_the_url_and_is_compared_exactly() {
    let ec = Signer::ec();
    let issuer = Issuer::start(vec![ec.jwk("e")]).await;
    let settings = [
        ("OAUTH_ISSUER", &*issuer.url()),
        ("MCP_PUBLIC_URL", "https://mcp.example.com/mcp"),
        ("OAUTH_AUDIENCE", " authenticated "),
    ];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    for (audience, expected) in [
        (json!("authenticated"), SAM),
        (json!(["x", "authenticated"]), SAM),
        (json!("Authenticated"), "401"),
        (json!("authenticated elsewhere"), "401"),
        (json!("https://mcp.example.com/mcp"), "401"),
        (json!(OURS), "401"),
        (json!([]), "401"),
    ] {
        let mut claims = issuer.claims("sam", OURS);
        claims["aud"] = audience.clone();
        let token = ec.sign(&header(&ec, "e"), &claims);
        assert_eq!(server.whoami(&token).await, expected, "{audience}");
    }
}

#[tokio::test]
async fn a_token_signed_with_a_public_key_as_secret_is_refused() {
    let (rsa, ec) = (Signer::rsa(), Signer::ec());
    let issuer = Issuer::start(vec![rsa.jwk("r"), ec.jwk("e")]).await;
    let without_jwt = [("OAUTH_ISSUER", &*issuer.url()), ("JWT_SIGNING_KEY", "")];
    for server in [
        server(&issuer, Tuning::default()).await,
        WorkoutServer::with(&without_jwt, Tuning::default()).await,
    ] {
        let claims = issuer.claims("sam", OURS);
        let good = rsa.sign(&header(&rsa, "r"), &claims);
        assert_eq!(server.whoami(&good).await, SAM);
        for signer in [&rsa, &ec] {
            for secret in signer.public_bytes() {
                let key = jsonwebtoken::EncodingKey::from_secret(&secret);
                for kid in [None, Some("r"), Some("e")] {
                    let header = jsonwebtoken::Header {
                        kid: kid.map(Into::into),
                        ..Default::default()
                    };
                    let forged = jsonwebtoken::encode(&header, &claims, &key).expect("a token");
                    assert_eq!(server.whoami(&forged).await, "401");
                }
            }
        }
    }
}

#[tokio::test]
async fn unknown_key_ids_cause_at_most_one_fetch_per_interval() {
    let (old, new) = (Signer::ec(), Signer::ec());
    let issuer = Issuer::start(vec![old.jwk("old")]).await;
    let pause = Duration::from_secs(10);
    let server = server(&issuer, tuning(LONG, pause)).await;
    let claims = issuer.claims("sam", OURS);
    let known = old.sign(&header(&old, "old"), &claims);
    assert_eq!(server.whoami(&known).await, SAM);
    pass(pause).await;
    issuer.publish(vec![old.jwk("old"), new.jwk("new")]);
    let rotated = new.sign(&header(&new, "new"), &claims);
    assert_eq!(server.whoami(&rotated).await, SAM);
    assert_eq!(issuer.fetches(), 2);
    // Concurrently.
    let unknown = new.sign(&header(&new, "unknown-key"), &claims);
    let many = (0..20).map(|_| server.whoami(&unknown));
    for refused in futures_util::future::join_all(many).await {
        assert_eq!(refused, "401");
    }
    assert_eq!(server.whoami(&known).await, SAM);
    assert_eq!(issuer.fetches(), 2);
    pass(pause).await;
    let many = (0..20).map(|_| server.whoami(&unknown));
    for refused in futures_util::future::join_all(many).await {
        assert_eq!(refused, "401");
    }
    assert_eq!(issuer.fetches(), 3);
}

#[tokio::test]
async fn cached_keys_stay_valid_while_the_issuer_is_down() {
    let ec = Signer::ec();
    let issuer = Issuer::start(vec![ec.jwk("e")]).await;
    let server = server(&issuer, tuning(Duration::ZERO, Duration::ZERO)).await;
    let good = ec.sign(&header(&ec, "e"), &issuer.claims("sam", OURS));
    assert_eq!(server.whoami(&good).await, SAM);
    issuer.set_up(false);
    let asked = issuer.asked().len();
    let until = tokio::time::Instant::now() + DEADLINE;
    while issuer.asked().len() < asked + 2 {
        assert_eq!(server.whoami(&good).await, SAM);
        assert!(tokio::time::Instant::now() < until, "never asked again");
    }
    assert_eq!(server.whoami(&good).await, SAM);
}

#[tokio::test]
async fn stale_keys_are_fetched_again_and_a_withdrawn_key_is_refused() {
    let ec = Signer::ec();
    let issuer = Issuer::start(vec![ec.jwk("e")]).await;
    let server = server(&issuer, tuning(Duration::ZERO, Duration::ZERO)).await;
    let good = ec.sign(&header(&ec, "e"), &issuer.claims("sam", OURS));
    assert_eq!(server.whoami(&good).await, SAM);
    issuer.publish(vec![]);
    let until = tokio::time::Instant::now() + DEADLINE;
    while server.initialize(&good).await.status != 401 {
        assert!(tokio::time::Instant::now() < until, "still good");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_unreachable_issuer_fails_its_own_tokens_and_no_others() {
    let ec = Signer::ec();
    let issuer = Issuer::start(vec![ec.jwk("e")]).await;
    issuer.set_up(false);
    let server = server(&issuer, tuning(LONG, Duration::ZERO)).await;
    let good = ec.sign(&header(&ec, "e"), &issuer.claims("sam", OURS));
    assert_eq!(server.whoami(&good).await, "401");
    let shared = token(
        crate::support::test_app::JWT_KEY,
        &json!({"sub": "sam", "exp": now() + 600}),
    );
    assert_eq!(server.whoami(&shared).await, SAM);
    issuer.set_up(true);
    assert_eq!(server.whoami(&good).await, SAM);
}

#[tokio::test]
async fn requests_share_one_fetch_from_an_issuer_that_does_not_answer() {
    // The deadline of a fetch, and a second for the rest.
    const LIMIT: Duration = Duration::from_secs(11);
    let ec = Signer::ec();
    let issuer = Issuer::start(vec![ec.jwk("e")]).await;
    issuer.hang();
    let server = server(&issuer, Tuning::default()).await;
    let good = ec.sign(&header(&ec, "e"), &issuer.claims("sam", OURS));
    let began = tokio::time::Instant::now();
    let many = futures_util::future::join_all((0..20).map(|_| server.whoami(&good)));
    let (refused, ()) = tokio::join!(tokio::time::timeout(LIMIT, many), pass(LIMIT));
    assert_eq!(refused.expect("answers in time"), vec!["401"; 20]);
    let asked = issuer.asked().len();
    // The failure holds for the interval after it.
    assert_eq!(server.whoami(&good).await, "401");
    assert_eq!((issuer.asked().len(), asked), (1, 1));
    assert!(began.elapsed() < LIMIT + Duration::from_secs(1));
}

#[tokio::test]
async fn keys_are_discovered_by_openid_oauth_metadata_or_conventional_path() {
    let openid = "/auth/v1/.well-known/openid-configuration";
    let oauth = "/.well-known/oauth-authorization-server/auth/v1";
    for (discovery, asked) in [
        (Discovery::OpenId, vec![openid, "/jwks"]),
        (Discovery::OAuth, vec![openid, oauth, "/jwks"]),
        (
            Discovery::None,
            vec![openid, oauth, "/auth/v1/.well-known/jwks.json"],
        ),
    ] {
        let ec = Signer::ec();
        let issuer = Issuer::with(discovery, vec![ec.jwk("e")]).await;
        let server = server(&issuer, Tuning::default()).await;
        let good = ec.sign(&header(&ec, "e"), &issuer.claims("sam", OURS));
        assert_eq!(server.whoami(&good).await, SAM, "{discovery:?}");
        assert_eq!(issuer.asked(), asked);
    }
}
