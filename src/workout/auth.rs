//! Authentication of the workout server's HTTP requests: a bearer token becomes an [`Identity`].

use std::sync::Arc;

use aws_lc_rs::hmac;
use http::HeaderMap;
use jsonwebtoken::Algorithm;
use secrecy::{ExposeSecret, SecretString};

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
        })
    }

    /// The identity of the one, valid bearer token in these headers.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Identity, Refusal> {
        let token = bearer::token(headers)?;
        if self.agent.as_ref().is_some_and(|agent| agent.is(token)) {
            return Ok(Identity::Agent);
        }
        let refusal = Refusal { token_given: true };
        let caller = self.user(token).await.ok_or(refusal)?;
        Ok(Identity::User(caller.into_subject()))
    }

    /// Each kind of key has its own algorithms, so that a public key is never used as a shared secret.
    async fn user(&self, text: &str) -> Option<Caller> {
        let is_ours = |audience: &str| self.resource.accepts_audience(audience);
        let token = Token::parse(text).ok()?;
        let verified = match token.algorithm() {
            Algorithm::HS256 => self.jwt.as_ref()?.verify(text),
            Algorithm::RS256 | Algorithm::ES256 => {
                self.oauth.as_ref()?.verify(&token, is_ours).await
            }
            _ => return None,
        };
        verified
            .inspect_err(|error| tracing::debug!(error = %error, "token refused"))
            .ok()
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
