//! Verifies access tokens (RS256, ES256) of an OAuth issuer with the keys that it publishes as a JWK set.

mod cache;
mod discovery;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod keys;

use std::sync::Arc;

use jsonwebtoken::Header;
use serde::Deserialize;
use url::Url;

pub use self::cache::RefreshPolicy;
use self::{cache::KeyCache, discovery::KeySource};
use super::{AuthError, Caller, Subject, decode, validation};

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// Verifies tokens with the published keys of one issuer.
pub struct JwksVerifier {
    issuer: String,
    keys: Arc<KeyCache>,
}

impl JwksVerifier {
    pub fn new(issuer: &Url, refresh: RefreshPolicy) -> Result<Self, reqwest::Error> {
        Ok(Self {
            issuer: without_slash(issuer.as_str()).to_owned(),
            keys: KeyCache::new(KeySource::new(issuer.clone())?, refresh),
        })
    }

    /// The caller, if every check passes. `header` is the header of `token`; `is_ours` must accept one of its audiences.
    pub async fn verify(
        &self,
        token: &str,
        header: &Header,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<Caller, AuthError> {
        let key = self.keys.find(header.alg, header.kid.as_deref()).await;
        let key = key.ok_or(AuthError::Key)?;
        let rules = validation(key.algorithm, &["exp", "iss", "sub", "aud"]);
        let claims: Claims = decode(token, &key.public, &rules)?;
        if without_slash(&claims.iss) != self.issuer {
            return Err(AuthError::Issuer);
        }
        if !claims.aud.names().iter().any(|name| is_ours(name)) {
            return Err(AuthError::Audience);
        }
        Ok(Caller(Subject::parse(&claims.sub)?))
    }
}

/// Issuers with and without a slash at the end are the same.
fn without_slash(issuer: &str) -> &str {
    issuer.strip_suffix('/').unwrap_or(issuer)
}
