//! Who is calling: `Verifier::verify(token) -> Caller`, and nothing else can make a [`Caller`].
//!
//! Pure: no HTTP, no clock but the one inside `jsonwebtoken`. Also mints tokens, for trying things by hand.

pub mod jwks;

use std::{sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::config::JwtConfig;

const LEEWAY_SECS: u64 = 30;
const MAX_SUB_CHARS: usize = 256;

/// The user a verified token speaks for. Only [`Verifier::verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    sub: Arc<str>,
}

impl Caller {
    /// The token's `sub`: the `user_id` of the tools.
    pub fn user_id(&self) -> &str {
        &self.sub
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn fake(sub: &str) -> Self {
        Self { sub: sub.into() }
    }
}

/// The token is not good. Which check failed is for nobody's eyes but the debug log's.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("the token is not valid")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("the token names critical extensions")]
    Critical,
    #[error("the token's subject is not usable")]
    Subject,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

/// Checks tokens against one HS256 key.
pub struct Verifier {
    key: DecodingKey,
    rules: Validation,
}

impl Verifier {
    pub fn new(config: &JwtConfig) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.leeway = LEEWAY_SECS;
        rules.validate_nbf = true;
        rules.validate_aud = config.audience.is_some();
        let mut required = vec!["exp", "sub"];
        if let Some(issuer) = &config.issuer {
            rules.set_issuer(&[issuer]);
            required.push("iss");
        }
        if let Some(audience) = &config.audience {
            rules.set_audience(&[audience]);
            required.push("aud");
        }
        rules.set_required_spec_claims(&required);
        Self {
            key: DecodingKey::from_secret(config.key.expose_secret().as_bytes()),
            rules,
        }
    }

    /// The caller, if the token is good in every respect.
    pub fn verify(&self, token: &str) -> Result<Caller, AuthError> {
        let token = jsonwebtoken::decode::<Claims>(token, &self.key, &self.rules)?;
        // RFC 7515 section 4.1.11: who does not understand a critical extension must refuse.
        if token.header.crit.is_some() {
            return Err(AuthError::Critical);
        }
        let sub = token.claims.sub;
        if !is_subject(&sub) {
            return Err(AuthError::Subject);
        }
        Ok(Caller { sub: sub.into() })
    }
}

/// 1 to 256 characters, no control characters.
pub fn is_subject(sub: &str) -> bool {
    (1..=MAX_SUB_CHARS).contains(&sub.chars().count()) && !sub.chars().any(char::is_control)
}

#[derive(Serialize)]
struct Minted<'a> {
    sub: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
}

/// A token for `sub` that [`Verifier::verify`] accepts for `ttl` from now.
pub fn mint(config: &JwtConfig, sub: &str, ttl: Duration) -> Result<String, AuthError> {
    if !is_subject(sub) {
        return Err(AuthError::Subject);
    }
    let iat = jsonwebtoken::get_current_timestamp();
    let claims = Minted {
        sub,
        iat,
        exp: iat.saturating_add(ttl.as_secs()),
        iss: config.issuer.as_deref(),
        aud: config.audience.as_deref(),
    };
    let key = EncodingKey::from_secret(config.key.expose_secret().as_bytes());
    Ok(jsonwebtoken::encode(
        &Header::new(Algorithm::HS256),
        &claims,
        &key,
    )?)
}

#[cfg(test)]
mod tests;
