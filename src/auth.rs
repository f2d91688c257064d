//! Authentication: verifies bearer tokens. A verified token becomes a [`Caller`], which only this module makes, and may be
//! kept as a [`CallerToken`].
//!
//! - [`Subject`]: a user's id.
//! - [`Token`]: a token's header, signature and claims.
//! - [`Verifier`], [`mint`]: HS256 tokens of the API. Pure: no HTTP, no clock except `jsonwebtoken`'s.
//! - [`jwks`]: RS256 and ES256 tokens of an OAuth issuer, verified with the keys that it publishes.

pub mod jwks;
mod jwt;
mod subject;
mod token;

use secrecy::{ExposeSecret, SecretString};

pub use jwt::{JwtSettings, Verifier, mint, mint_caller_token};
pub use subject::{InvalidSubject, Subject};
pub use token::Token;
#[cfg(any(test, fuzzing))]
pub use token::fuzz;

/// The user that a verified token identifies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller(Subject);

impl Caller {
    pub fn into_subject(self) -> Subject {
        self.0
    }

    /// The user on whose behalf work goes on that a request with a verified token began. Never for what a request says.
    pub fn stored(subject: Subject) -> Self {
        Self(subject)
    }

    /// The token's `sub`: the `user_id` of the tools.
    pub fn user_id(&self) -> &str {
        self.0.as_str()
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn fake(sub: &str) -> Self {
        Self(Subject::parse(sub).expect("a subject"))
    }
}

/// The token that has identified a caller. Only verification makes one.
#[derive(Clone, Debug)]
pub struct CallerToken(SecretString);

impl CallerToken {
    /// The token itself, for the `Authorization` of a request on behalf of the caller.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Why a token is not accepted. For the log; the client only gets a 401.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("it is not a signed JWT, or one of its claims is not what it must be")]
    Malformed,
    #[error("the token names an unknown algorithm")]
    Algorithm,
    #[error("the token's signature is wrong")]
    Signature,
    /// The key does not fit, or the token cannot be made.
    #[error("the token cannot be processed")]
    Crypto(#[from] jsonwebtoken::errors::Error),
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    Early,
    #[error("the token names critical extensions")]
    Critical,
    #[error("the issuer publishes no key that fits the token")]
    Key,
    #[error("the token is from another issuer")]
    Issuer,
    /// The audience that it names.
    #[error("the token is for another audience: {0}")]
    Audience(String),
    #[error("the token's subject is not usable")]
    Subject(#[from] InvalidSubject),
}
