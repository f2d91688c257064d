//! Who is calling: `Verifier::verify(token) -> Caller`, and nothing else can make a [`Caller`].
//!
//! Pure: no HTTP, no clock but the one inside `jsonwebtoken`. Also mints tokens, for trying things by hand.

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
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "a signing key of more than thirty-two bytes";

    fn config() -> JwtConfig {
        JwtConfig {
            key: KEY.into(),
            issuer: None,
            audience: None,
        }
    }

    fn now() -> u64 {
        jsonwebtoken::get_current_timestamp()
    }

    fn sign_with(header: &Header, key: &str, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
    }

    fn sign(claims: &Value) -> String {
        sign_with(&Header::new(Algorithm::HS256), KEY, claims)
    }

    fn user(config: &JwtConfig, claims: &Value) -> Option<String> {
        Verifier::new(config)
            .verify(&sign(claims))
            .ok()
            .map(|caller| caller.user_id().to_owned())
    }

    #[test]
    fn a_good_token_names_its_caller_and_other_claims_are_ignored() {
        let claims = json!({"sub": "ann", "exp": now() + 60, "iat": "x", "iss": 5, "aud": ["y"], "jti": null});
        assert_eq!(user(&config(), &claims).as_deref(), Some("ann"));
    }

    #[test]
    fn a_minted_token_is_good_with_issuer_and_audience() {
        let config = JwtConfig {
            issuer: Some("api".into()),
            audience: Some("agent".into()),
            ..config()
        };
        let token = mint(&config, "ann", Duration::from_secs(60)).unwrap();
        assert_eq!(
            Verifier::new(&config).verify(&token).unwrap().user_id(),
            "ann"
        );
    }

    #[test]
    fn issuer_and_audience_must_be_there_and_match_when_set() {
        let both = JwtConfig {
            issuer: Some("api".into()),
            audience: Some("agent".into()),
            ..config()
        };
        let claims = |iss: Value, aud: Value| json!({"sub": "ann", "exp": now() + 60, "iss": iss, "aud": aud});
        assert!(user(&both, &claims(json!("api"), json!("agent"))).is_some());
        assert!(user(&both, &claims(json!("api"), json!(["other", "agent"]))).is_some());
        assert!(user(&both, &claims(json!("other"), json!("agent"))).is_none());
        assert!(user(&both, &claims(json!("api"), json!("other"))).is_none());
        assert!(user(&both, &json!({"sub": "ann", "exp": now() + 60})).is_none());
    }

    #[test]
    fn times_have_thirty_seconds_of_leeway_and_no_more() {
        let at =
            |exp: u64, nbf: u64| user(&config(), &json!({"sub": "ann", "exp": exp, "nbf": nbf}));
        assert!(at(now() - 25, 0).is_some());
        assert!(at(now() - 35, 0).is_none());
        assert!(at(now() + 60, now() + 25).is_some());
        assert!(at(now() + 60, now() + 40).is_none());
    }

    #[test]
    fn claims_that_are_missing_or_of_a_wrong_kind_are_refused() {
        let exp = now() + 60;
        for claims in [
            json!({"sub": "ann"}),
            json!({"exp": exp}),
            json!({"sub": "", "exp": exp}),
            json!({"sub": 7, "exp": exp}),
            json!({"sub": null, "exp": exp}),
            json!({"sub": "a\u{7}b", "exp": exp}),
            json!({"sub": "a\u{85}b", "exp": exp}),
            json!({"sub": "x".repeat(257), "exp": exp}),
            json!({"sub": "ann", "exp": "soon"}),
            json!({"sub": "ann", "exp": null}),
            json!({"sub": "ann", "exp": -5}),
            json!({"sub": "ann", "exp": exp, "nbf": "x"}),
            json!(["ann"]),
        ] {
            assert!(user(&config(), &claims).is_none(), "{claims}");
        }
        assert!(user(&config(), &json!({"sub": "ü".repeat(256), "exp": exp})).is_some());
    }

    #[test]
    fn only_hs256_with_our_key_and_without_critical_extensions_is_accepted() {
        let claims = json!({"sub": "ann", "exp": now() + 60});
        let verify = |token: &str| Verifier::new(&config()).verify(token).is_ok();
        assert!(verify(&sign(&claims)));
        assert!(!verify(&sign_with(
            &Header::new(Algorithm::HS512),
            KEY,
            &claims
        )));
        assert!(!verify(&sign_with(
            &Header::new(Algorithm::HS256),
            "another key",
            &claims
        )));
        let critical = Header {
            crit: Some(vec!["b64".into()]),
            ..Header::new(Algorithm::HS256)
        };
        assert!(!verify(&sign_with(&critical, KEY, &claims)));
        // {"alg":"none"}.{"sub":"ann","exp":4102444800}.
        assert!(!verify(
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9."
        ));
        for garbage in ["", ".", "..", "a.b.c", "é.é.é"] {
            assert!(!verify(garbage), "{garbage}");
        }
    }
}
