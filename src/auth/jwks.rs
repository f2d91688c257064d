//! Access tokens of an OAuth server (`OAUTH_ISSUER`; Supabase Auth is one): RS256 or ES256, for this resource alone.

mod cache;
mod discovery;
mod keys;

use std::sync::Arc;

use jsonwebtoken::{Header, Validation};
use serde::Deserialize;
use url::Url;

use self::{cache::Cache, discovery::Source};
use crate::auth::is_subject;
use crate::workout::resource::Resource;

pub use self::cache::Pace;

const LEEWAY_SECS: u64 = 30;

/// The token is not good. Which check failed is for nobody's eyes but the debug log's.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    #[error("the token is not valid")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("the token names critical extensions")]
    Critical,
    #[error("no key of the issuer's fits the token")]
    Key,
    #[error("the token is of another issuer")]
    Issuer,
    #[error("the token is for another resource")]
    Audience,
    #[error("the token's subject is not usable")]
    Subject,
}

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

/// Checks tokens against the keys that one issuer publishes.
pub struct OAuth {
    issuer: String,
    resource: Arc<Resource>,
    keys: Cache,
}

impl OAuth {
    pub fn new(issuer: &Url, resource: Arc<Resource>, pace: Pace) -> Result<Self, reqwest::Error> {
        Ok(Self {
            issuer: without_slash(issuer.as_str()).to_owned(),
            resource,
            keys: Cache::new(Source::new(issuer.clone())?, pace),
        })
    }

    /// The user, if the token is good in every respect. `header` is the token's own.
    pub async fn verify(&self, token: &str, header: &Header) -> Result<Arc<str>, Rejected> {
        // RFC 7515 section 4.1.11: who does not understand a critical extension must refuse.
        if header.crit.is_some() {
            return Err(Rejected::Critical);
        }
        let key = self.keys.find(header.alg, header.kid.as_deref()).await;
        let key = key.ok_or(Rejected::Key)?;
        let mut rules = Validation::new(key.algorithm);
        rules.leeway = LEEWAY_SECS;
        rules.validate_nbf = true;
        // Which audiences are ours no list can say; see `of_ours`.
        rules.validate_aud = false;
        rules.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key.public, &rules)?.claims;
        self.of_ours(claims)
    }

    fn of_ours(&self, claims: Claims) -> Result<Arc<str>, Rejected> {
        if without_slash(&claims.iss) != self.issuer {
            return Err(Rejected::Issuer);
        }
        let named = match &claims.aud {
            Audience::One(audience) => std::slice::from_ref(audience),
            Audience::Several(audiences) => audiences,
        };
        if !named.iter().any(|one| self.resource.is_named_by(one)) {
            return Err(Rejected::Audience);
        }
        if !is_subject(&claims.sub) {
            return Err(Rejected::Subject);
        }
        Ok(claims.sub.into())
    }
}

/// Issuers are written with and without a slash at the end, and mean the same.
fn without_slash(issuer: &str) -> &str {
    issuer.strip_suffix('/').unwrap_or(issuer)
}
