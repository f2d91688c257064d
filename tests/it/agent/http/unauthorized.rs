//! Missing and invalid tokens.

use super::*;

const NO_TOKEN: &str = "Bearer";
const BAD_TOKEN: &str = "Bearer error=\"invalid_token\"";

fn unauthorized() -> Value {
    let detail = "A valid bearer token is needed: Authorization: Bearer <JWT>.";
    problem(401, "Unauthorized", "unauthorized", detail)
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
}

#[tokio::test]
async fn every_failure_of_the_token_is_the_same_401() {
    let app = TestApp::start().await;
    let good = json!({"sub": "sam", "exp": now() + 3600});
    let signed = |claims: Value| format!("Bearer {}", token(JWT_KEY, &claims));
    let cases = [
        ("Basic c2FtOnNlY3JldA==".to_owned(), NO_TOKEN),
        ("Bearer".to_owned(), NO_TOKEN),
        ("Bearer ".to_owned(), NO_TOKEN),
        (token(JWT_KEY, &good), NO_TOKEN),
        ("Bearer garbage".to_owned(), BAD_TOKEN),
        ("Bearer a.b.c".to_owned(), BAD_TOKEN),
        (
            format!("Bearer {} {}", token(JWT_KEY, &good), token(JWT_KEY, &good)),
            BAD_TOKEN,
        ),
        (
            format!(
                "Bearer {}",
                token("another key, also 32 bytes long..", &good)
            ),
            BAD_TOKEN,
        ),
        (format!("Bearer {}", unsigned(&good)), BAD_TOKEN),
        (
            signed(json!({"sub": "sam", "exp": now() - 3600})),
            BAD_TOKEN,
        ),
        (signed(json!({"sub": "sam"})), BAD_TOKEN),
        (signed(json!({"exp": now() + 3600})), BAD_TOKEN),
        (signed(json!({"sub": "", "exp": now() + 3600})), BAD_TOKEN),
        (signed(json!({"sub": 7, "exp": now() + 3600})), BAD_TOKEN),
        (
            signed(json!({"sub": "sam", "exp": now() + 3600, "nbf": now() + 600})),
            BAD_TOKEN,
        ),
    ];
    for (authorization, challenge) in cases {
        let request = app
            .request(Method::POST, "/chat")
            .header("authorization", &authorization)
            .header("content-type", "application/json")
            .body(user("hello").to_string());
        let answer = Answer::of(request).await;
        assert_eq!(
            answer.header("www-authenticate"),
            Some(challenge),
            "{authorization}"
        );
        assert_problem(&answer, &unauthorized());
    }
}

#[tokio::test]
async fn a_request_without_a_token_gets_the_same_401() {
    let app = TestApp::start().await;
    let request = app
        .request(Method::POST, "/chat")
        .header("content-type", "application/json")
        .body(user("hello").to_string());
    let answer = Answer::of(request).await;
    assert_eq!(answer.header("www-authenticate"), Some(NO_TOKEN));
    assert_problem(&answer, &unauthorized());
}

#[tokio::test]
async fn two_authorization_headers_are_a_401_even_if_both_are_valid() {
    let app = TestApp::start().await;
    let request = app
        .post("sam")
        .header("authorization", format!("Bearer {}", app.token("sam")))
        .body(user("hello").to_string());
    let answer = Answer::of(request).await;
    assert_eq!(answer.header("www-authenticate"), Some(BAD_TOKEN));
    assert_problem(&answer, &unauthorized());
}

#[tokio::test]
async fn the_scheme_is_compared_case_insensitively() {
    let app = TestApp::start().await;
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let request = app
            .request(Method::POST, "/chat")
            .header("authorization", format!("{scheme} {}", app.token("sam")))
            .header("content-type", "application/json")
            .body("{}");
        assert_eq!(Answer::of(request).await.error(), (422, "invalid_request"));
    }
}

#[tokio::test]
async fn unknown_claims_of_a_token_are_ignored() {
    let app = TestApp::start().await;
    let claims = json!({"sub": "sam", "exp": now() - 20, "nbf": now() + 20, "iss": "someone", "aud": ["x"], "role": {}});
    let request = app
        .request(Method::POST, "/chat")
        .bearer_auth(token(JWT_KEY, &claims))
        .header("content-type", "application/json")
        .body("{}");
    assert_eq!(Answer::of(request).await.error(), (422, "invalid_request"));
}

#[tokio::test]
async fn an_issuer_or_audience_of_a_wrong_type_is_a_401() {
    let builder = TestApp::builder().env("JWT_ISSUER", "api");
    let app = builder.env("JWT_AUDIENCE", "agent").start().await;
    let good = json!({"sub": "sam", "exp": now() + 600, "iss": "api", "aud": ["x", "agent"]});
    let status = async |claim: &str, value: Value| {
        let mut claims = good.clone();
        claims[claim] = value;
        let request = app
            .request(Method::POST, "/chat")
            .bearer_auth(token(JWT_KEY, &claims))
            .header("content-type", "application/json");
        Answer::of(request.body("{}")).await.status
    };
    assert_eq!(status("iss", json!("api")).await, 422);
    for wrong in [json!(["api"]), json!(["api", "x"]), json!({}), json!(1)] {
        assert_eq!(status("iss", wrong.clone()).await, 401, "iss {wrong}");
    }
    for wrong in [json!(["agent", 1]), json!({"agent": "agent"}), json!(1)] {
        assert_eq!(status("aud", wrong.clone()).await, 401, "aud {wrong}");
    }
}

#[tokio::test]
async fn a_401_is_decided_before_the_body_is_read() {
    let app = TestApp::start().await;
    let mut stream = connection(&app).await;
    let head = "POST /chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let (head, mut body) = read_answer(&mut stream).await;
    assert!(head.starts_with("http/1.1 401 "), "{head}");
    body["request_id"] = "<id>".into();
    assert_eq!(body, unauthorized());
}
