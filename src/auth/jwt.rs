//! Verifies the API's HS256 tokens (JWT, RFC 7519), and mints tokens for the commands `token` and `dev`.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::{AuthError, Caller, CallerToken, Subject, Token};

/// RFC 7518 section 3.2: an HS256 key has at least 256 bits.
const MIN_KEY_BYTES: usize = 32;

/// The shared key, and the issuer and audience that tokens must name when these are set.
#[derive(Debug, Clone)]
pub struct JwtSettings {
    pub key: SecretString,
    pub issuer: Option<String>,
    pub audience: Option<String>,
}

impl JwtSettings {
    pub fn key_is_short(&self) -> bool {
        self.key.expose_secret().len() < MIN_KEY_BYTES
    }
}

/// Verifies tokens with one HS256 key.
pub struct Verifier {
    key: DecodingKey,
    issuer: Option<String>,
    audience: Option<String>,
}

impl Verifier {
    pub fn new(settings: &JwtSettings) -> Self {
        Self {
            key: DecodingKey::from_secret(settings.key.expose_secret().as_bytes()),
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
        }
    }

    /// The caller, if every check passes.
    pub fn verify(&self, token: &str) -> Result<Caller, AuthError> {
        let claims = Token::parse(token)?.verify(&self.key, Algorithm::HS256)?;
        if self.issuer.is_some() && claims.issuer != self.issuer {
            return Err(AuthError::Issuer);
        }
        if let Some(audience) = &self.audience
            && !claims.audiences.contains(audience)
        {
            return Err(AuthError::Audience(claims.audiences_shown()));
        }
        Ok(Caller(claims.sub))
    }

    /// As [`Self::verify`], with the token, for requests on behalf of the caller.
    pub fn verify_and_keep(&self, token: &str) -> Result<(Caller, CallerToken), AuthError> {
        Ok((self.verify(token)?, CallerToken(token.into())))
    }
}

#[derive(Serialize)]
struct MintedClaims<'a> {
    sub: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
}

/// A token that [`Verifier::verify`] accepts for `ttl` from now.
pub fn mint(settings: &JwtSettings, sub: &Subject, ttl: Duration) -> Result<String, AuthError> {
    let iat = jsonwebtoken::get_current_timestamp();
    let claims = MintedClaims {
        sub: sub.as_str(),
        iat,
        exp: iat.saturating_add(ttl.as_secs()),
        iss: settings.issuer.as_deref(),
        aud: settings.audience.as_deref(),
    };
    let key = EncodingKey::from_secret(settings.key.expose_secret().as_bytes());
    let header = Header::new(Algorithm::HS256);
    Ok(jsonwebtoken::encode(&header, &claims, &key)?)
}

/// A token for requests on behalf of a caller whose own token was not kept. Valid for `ttl` from now.
pub fn mint_caller_token(
    settings: &JwtSettings,
    caller: &Caller,
    ttl: Duration,
) -> Result<CallerToken, AuthError> {
    mint(settings, &caller.0, ttl).map(|token| CallerToken(token.into()))
}

#[cfg(test)]
mod tests;
