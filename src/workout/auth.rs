//! Authentication of the workout server's HTTP requests: a bearer token becomes an [`Identity`].

mod refusals;

use std::sync::Arc;

use aws_lc_rs::hmac;
use http::HeaderMap;
use jsonwebtoken::Algorithm;
use secrecy::{ExposeSecret, SecretString};

use self::refusals::{Reason, Refusals};
use super::{identity::Identity, protected_resource::ProtectedResource};
pub use crate::http::bearer::Refusal;
use crate::{
    auth::{
        Caller, Token, Verifier,
        jwks::{JwksVerifier, RefreshPolicy},
    },
    config::WorkoutConfig,
    http::bearer,
};

/// The kinds of token that are accepted; at least one is configured.
pub struct Authenticator {
    agent: Option<AgentToken>,
    jwt: Option<Verifier>,
    oauth: Option<JwksVerifier>,
    resource: Arc<ProtectedResource>,
    refusals: Refusals,
}

impl Authenticator {
    /// Fails only if no HTTP client can be built.
    pub fn new(
        config: &WorkoutConfig,
        resource: Arc<ProtectedResource>,
        refresh: RefreshPolicy,
    ) -> Result<Self, reqwest::Error> {
        let issuer = config.oauth_issuer.as_ref();
        let oauth = issuer.map(|issuer| JwksVerifier::new(&issuer.url, refresh));
        Ok(Self {
            agent: config.agent_token.as_ref().map(AgentToken::new),
            jwt: config.jwt.as_ref().map(Verifier::new),
            oauth: oauth.transpose()?,
            resource,
            refusals: Refusals::default(),
        })
    }

    /// The identity of the one, valid bearer token in these headers.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Identity, Refusal> {
        let token = bearer::token(headers)?;
        if self.agent.as_ref().is_some_and(|agent| agent.is(token)) {
            return Ok(Identity::Agent);
        }
        let caller = self.user(token).await.map_err(|reason| {
            self.refusals.log(&reason, &self.resource);
            Refusal { token_given: true }
        })?;
        Ok(Identity::User(caller.into_subject()))
    }

    /// Each kind of key has its own algorithms, so that a public key is never used as a shared secret.
    async fn user(&self, text: &str) -> Result<Caller, Reason> {
        let token = Token::parse(text).map_err(|_| Reason::NoJwt)?;
        let is_ours = |audience: &str| self.resource.accepts_audience(audience);
        let verified = match (token.algorithm(), &self.jwt, &self.oauth) {
            (Algorithm::HS256, Some(jwt), _) => jwt.verify(text),
            (Algorithm::HS256, None, _) => return Err(Reason::NoKey),
            (Algorithm::RS256 | Algorithm::ES256, _, Some(oauth)) => {
                oauth.verify(&token, is_ours).await
            }
            (Algorithm::RS256 | Algorithm::ES256, _, None) => return Err(Reason::NoIssuer),
            _ => return Err(Reason::Algorithm),
        };
        verified.map_err(Reason::Invalid)
    }
}

/// The agent's token as a digest under a random key: the time that a comparison takes tells nothing about the token, not
/// even its length.
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
    fn only_the_whole_token_matches() {
        let agent = AgentToken::new(&"a-token".into());
        assert!(agent.is("a-token"));
        for other in ["", "a-toke", "a-token ", "A-token", "a-token\0"] {
            assert!(!agent.is(other), "{other:?}");
        }
    }
}
