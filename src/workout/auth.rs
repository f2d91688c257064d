//! Who is calling the workout server: the agent, or one user. Nothing else makes a [`Principal`] out of a token.

use std::sync::Arc;

use aws_lc_rs::hmac;
use http::HeaderMap;
use jsonwebtoken::{Algorithm, Header};
use secrecy::{ExposeSecret, SecretString};

use super::resource::Resource;
pub use crate::http::bearer::Refusal;
use crate::{
    auth::{
        Verifier,
        jwks::{OAuth, Pace},
    },
    config::WorkoutConfig,
    http::bearer,
};

/// Whom a request speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// May name the user of each call.
    Agent,
    /// Acts for itself alone.
    User(Arc<str>),
}

/// All the ways in, of which at least one is configured.
pub struct Gate {
    agent: Option<AgentToken>,
    jwt: Option<Verifier>,
    oauth: Option<OAuth>,
}

impl Gate {
    /// Fails only if there can be no HTTP client.
    pub fn new(
        config: &WorkoutConfig,
        resource: &Arc<Resource>,
        pace: Pace,
    ) -> Result<Self, reqwest::Error> {
        let issuer = config.oauth_issuer.as_ref();
        let oauth = issuer.map(|issuer| OAuth::new(&issuer.url, resource.clone(), pace));
        Ok(Self {
            agent: config.agent_token.as_ref().map(AgentToken::new),
            jwt: config.jwt.as_ref().map(Verifier::new),
            oauth: oauth.transpose()?,
        })
    }

    /// Who sent these headers. Exactly one bearer token, good in every respect, or a refusal.
    pub async fn admit(&self, headers: &HeaderMap) -> Result<Principal, Refusal> {
        let token = bearer::token(headers)?;
        if self.agent.as_ref().is_some_and(|agent| agent.is(token)) {
            return Ok(Principal::Agent);
        }
        let refused = Refusal { token_given: true };
        let header = jsonwebtoken::decode_header(token).map_err(|_| refused)?;
        let user = self.user(token, &header).await.ok_or(refused)?;
        Ok(Principal::User(user))
    }

    /// Each kind of key has algorithms of its own, so that a public key is never taken for a shared one.
    async fn user(&self, token: &str, header: &Header) -> Option<Arc<str>> {
        match header.alg {
            Algorithm::HS256 => match self.jwt.as_ref()?.verify(token) {
                Ok(caller) => Some(caller.user_id().into()),
                Err(error) => {
                    tracing::debug!(error = %error, "token refused");
                    None
                }
            },
            Algorithm::RS256 | Algorithm::ES256 => {
                match self.oauth.as_ref()?.verify(token, header).await {
                    Ok(user) => Some(user),
                    Err(error) => {
                        tracing::debug!(error = %error, "token refused");
                        None
                    }
                }
            }
            _ => None,
        }
    }
}

/// The agent's token, as a digest under a key that lives as long as the process: comparing digests takes a time that
/// tells nothing about the token, not even its length.
struct AgentToken {
    key: hmac::Key,
    digest: hmac::Tag,
}

impl AgentToken {
    fn new(token: &SecretString) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &rand::random::<[u8; 32]>());
        Self {
            digest: hmac::sign(&key, token.expose_secret().as_bytes()),
            key,
        }
    }

    fn is(&self, token: &str) -> bool {
        hmac::verify(&self.key, token.as_bytes(), self.digest.as_ref()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        let agent = AgentToken::new(&"a-token".into());
        assert!(agent.is("a-token"));
        for other in ["", "a-toke", "a-token ", "A-token", "a-token\0"] {
            assert!(!agent.is(other), "{other:?}");
        }
    }
}
