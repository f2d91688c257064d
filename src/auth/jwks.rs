//! Verifies access tokens (RS256, ES256) of an OAuth issuer with the keys that it publishes as a JWK set.

mod cache;
mod discovery;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod keys;

use std::sync::Arc;

use url::Url;

use self::cache::KeyCache;
pub use self::cache::RefreshPolicy;
pub(crate) use self::discovery::IssuerClient;
use super::{AuthError, Caller, Token};

/// Verifies tokens with the published keys of one issuer.
pub struct JwksVerifier {
    issuer: String,
    keys: Arc<KeyCache>,
}

impl JwksVerifier {
    pub fn new(issuer: &Url, refresh: RefreshPolicy) -> Result<Self, reqwest::Error> {
        Ok(Self {
            issuer: without_slash(issuer.as_str()).to_owned(),
            keys: KeyCache::new(IssuerClient::new(issuer.clone())?, refresh),
        })
    }

    /// The caller, if every check passes. `is_ours` must accept one of the token's audiences.
    pub async fn verify(
        &self,
        token: &Token<'_>,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<Caller, AuthError> {
        let key = self.keys.find(token.algorithm(), token.key_id()).await;
        let key = key.ok_or(AuthError::Key)?;
        let claims = token.verify(&key.public, key.algorithm)?;
        let issuer = claims.issuer.as_deref().map(without_slash);
        if issuer != Some(&self.issuer) {
            return Err(AuthError::Issuer);
        }
        if !claims.audiences.iter().any(|name| is_ours(name)) {
            return Err(AuthError::Audience(claims.audiences_shown()));
        }
        Ok(Caller(claims.sub))
    }
}

/// Issuers with and without a slash at the end are the same.
fn without_slash(issuer: &str) -> &str {
    issuer.strip_suffix('/').unwrap_or(issuer)
}
