//! A fake OAuth issuer: discovery documents, keys and tokens, and the paths that were requested.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::answer::now;

/// A key pair that signs tokens.
pub enum Signer {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
}

impl Signer {
    pub fn rsa() -> Self {
        Self::Rsa(Box::new(
            RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"),
        ))
    }

    pub fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
        }
    }

    pub fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Rsa(pair) => {
                let key = pair.public_key();
                json!({"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256",
                    "n": encode(key.modulus().big_endian_without_leading_zero()),
                    "e": encode(key.exponent().big_endian_without_leading_zero())})
            }
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "kid": kid, "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])})
            }
        }
    }

    /// The public key, in the encodings that a confused verifier might use as an HMAC secret.
    pub fn public_bytes(&self) -> Vec<Vec<u8>> {
        let der = match self {
            Self::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Self::Ec(pair) => pair.public_key().as_ref().to_vec(),
        };
        let text = base64::prelude::BASE64_STANDARD.encode(&der);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
        vec![
            der,
            pem.into_bytes(),
            self.jwk("k")["n"].to_string().into_bytes(),
        ]
    }

    /// A token with any header and any claims.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let parts = [header, claims].map(|part| encode(part.to_string().as_bytes()));
        let message = parts.join(".");
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    message.as_bytes(),
                    &mut signature,
                )
                .expect("a signature");
                signature
            }
            Self::Ec(pair) => {
                let signature = pair.sign(&random, message.as_bytes()).expect("a signature");
                signature.as_ref().to_vec()
            }
        };
        format!("{message}.{}", encode(&signature))
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The discovery documents that are served beside the keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Discovery {
    OpenId,
    OAuth,
    None,
}

/// A request to an endpoint.
#[derive(Clone, Debug)]
pub struct Posted {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

struct Published {
    issuer: String,
    /// More members of the discovery document.
    announced: Value,
    posted: Vec<Posted>,
    /// The answer to every POST.
    reply: (u16, String),
    /// How long a POST waits for it.
    delay: Duration,
    keys: Vec<Value>,
    discovery: Discovery,
    up: bool,
    /// Never answers.
    hangs: bool,
    /// The requested paths, in order.
    asked: Vec<String>,
}

pub struct Issuer {
    published: Arc<Mutex<Published>>,
    accepting: JoinHandle<()>,
}

impl Issuer {
    pub async fn start(keys: Vec<Value>) -> Self {
        Self::with(Discovery::OpenId, keys).await
    }

    pub async fn with(discovery: Discovery, keys: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let published = Arc::new(Mutex::new(Published {
            issuer: format!("http://{address}/auth/v1"),
            announced: json!({}),
            posted: vec![],
            reply: (200, "{}".to_owned()),
            delay: Duration::ZERO,
            keys,
            discovery,
            up: true,
            hangs: false,
            asked: vec![],
        }));
        let router = Router::new().fallback(answer).with_state(published.clone());
        let accepting =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self {
            published,
            accepting,
        }
    }

    pub fn url(&self) -> String {
        self.published.lock().expect("sound").issuer.clone()
    }

    pub fn publish(&self, keys: Vec<Value>) {
        self.published.lock().expect("sound").keys = keys;
    }

    /// Adds members to the discovery document.
    pub fn announce(&self, members: Value) {
        self.published.lock().expect("sound").announced = members;
    }

    /// Announces endpoints below `/oauth` at this origin.
    pub fn announce_endpoints(&self) {
        let origin = self.url().replace("/auth/v1", "/oauth");
        self.announce(json!({
            "authorization_endpoint": format!("{origin}/authorize?tenant=1"),
            "token_endpoint": format!("{origin}/token"),
            "registration_endpoint": format!("{origin}/register"),
            "code_challenge_methods_supported": ["S256"],
        }));
    }

    /// Sets the answer to every POST.
    pub fn reply(&self, status: u16, body: impl Into<String>) {
        self.published.lock().expect("sound").reply = (status, body.into());
    }

    /// Lets every POST wait for its answer.
    pub fn delay(&self, delay: Duration) {
        self.published.lock().expect("sound").delay = delay;
    }

    pub fn posted(&self) -> Vec<Posted> {
        self.published.lock().expect("sound").posted.clone()
    }

    pub fn set_up(&self, up: bool) {
        self.published.lock().expect("sound").up = up;
    }

    /// Lets every request wait for ever.
    pub fn hang(&self) {
        self.published.lock().expect("sound").hangs = true;
    }

    pub fn asked(&self) -> Vec<String> {
        self.published.lock().expect("sound").asked.clone()
    }

    /// How often the keys were fetched.
    pub fn fetches(&self) -> usize {
        let asked = self.asked();
        asked.iter().filter(|path| path.contains("jwks")).count()
    }

    /// Valid claims for this resource.
    pub fn claims(&self, sub: &str, aud: &str) -> Value {
        json!({"iss": self.url(), "sub": sub, "aud": aud, "iat": now(), "exp": now() + 600})
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer(State(published): State<Arc<Mutex<Published>>>, request: Request) -> Response {
    if published.lock().expect("sound").hangs {
        let path = request.uri().path().to_owned();
        published.lock().expect("sound").asked.push(path);
        return std::future::pending().await;
    }
    if request.method() == Method::POST {
        return answer_post(&published, request).await;
    }
    let mut published = published.lock().expect("sound");
    let path = request.uri().path().to_owned();
    published.asked.push(path.clone());
    if !published.up {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let issuer = &published.issuer;
    let usual = "/auth/v1/.well-known/jwks.json";
    let (document, keys) = match published.discovery {
        Discovery::OpenId => ("/auth/v1/.well-known/openid-configuration", "/jwks"),
        Discovery::OAuth => ("/.well-known/oauth-authorization-server/auth/v1", "/jwks"),
        Discovery::None => ("", usual),
    };
    let body = if path == document {
        let origin = issuer.trim_end_matches("/auth/v1");
        let mut document = json!({"issuer": issuer, "jwks_uri": format!("{origin}/jwks")});
        let announced = published.announced.as_object().expect("an object");
        let members = document.as_object_mut().expect("an object");
        members.extend(announced.clone());
        document
    } else if path == keys {
        json!({"keys": published.keys})
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    axum::Json(body).into_response()
}

async fn answer_post(published: &Mutex<Published>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let (reply, delay) = {
        let mut published = published.lock().expect("sound");
        published.posted.push(Posted {
            path: parts.uri.to_string(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        });
        (published.reply.clone(), published.delay)
    };
    tokio::time::sleep(delay).await;
    let (status, body) = reply;
    let headers = [
        ("content-type", "application/json"),
        ("www-authenticate", "Basic realm=\"issuer\""),
        ("set-cookie", "session=secret"),
        ("location", "http://127.0.0.1:1/"),
    ];
    let status = StatusCode::from_u16(status).expect("a status");
    (status, headers, body).into_response()
}
