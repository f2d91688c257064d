//! Fuzz target: what an issuer publishes is read or refused, and a key that is unusable does not spoil the others of its set.

use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde::de::IgnoredAny;

use super::{
    AuthError, Token,
    discovery::IssuerClient,
    keys::{KeySet, Lookup},
};
use crate::{fuzz::without_halves, process::json::mend_halves};

static SOURCE: LazyLock<IssuerClient> = LazyLock::new(|| {
    let issuer = "https://issuer.example".parse().expect("a URL");
    IssuerClient::new(issuer).expect("a client")
});
const GOOD: &str = "good";

/// The bytes are a discovery document, a JWK set, or a key.
pub fn keys(bytes: &[u8]) {
    let sent = String::from_utf8_lossy(bytes);
    let mut body = sent.as_bytes().to_vec();
    mend_halves(&mut body);
    assert_eq!(body, without_halves(&sent).as_bytes());
    if let Ok(url) = SOURCE.jwks_uri_in(&body) {
        assert_eq!(url.scheme(), "https");
    }
    usable(&body);
    if serde_json::from_slice::<IgnoredAny>(&body).is_ok() {
        let coordinate = BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
        let good = format!(
            r#"{{"kty":"EC","crv":"P-256","kid":"{GOOD}","x":"{coordinate}","y":"{coordinate}"}}"#
        );
        let key = String::from_utf8_lossy(&body);
        let keys = usable(format!(r#"{{"keys":[{key},{good}]}}"#).as_bytes());
        let found = keys.expect("a set").find(Algorithm::ES256, Some(GOOD));
        assert!(!matches!(found, Lookup::Missing), "{sent}");
    }
}

/// The keys of a set. None verifies a token that it has not signed.
fn usable(body: &[u8]) -> Option<KeySet> {
    let keys = KeySet::parse(body)?;
    for algorithm in [Algorithm::RS256, Algorithm::ES256] {
        for id in [None, Some("k"), Some(GOOD)] {
            let Lookup::Found(key) = keys.find(algorithm, id) else {
                continue;
            };
            assert_eq!(key.algorithm, algorithm);
            let header = BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm:?}"}}"#));
            let signature = BASE64_URL_SAFE_NO_PAD.encode([1; 64]);
            let token = format!("{header}.e30.{signature}");
            let token = Token::parse(&token).expect("a token");
            let verified = token.verify(&key.public, algorithm);
            assert!(matches!(
                verified,
                Err(AuthError::Signature | AuthError::Crypto(_))
            ));
        }
    }
    Some(keys)
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_pass() {
        crate::fuzz::replay("keys", super::keys);
    }
}
