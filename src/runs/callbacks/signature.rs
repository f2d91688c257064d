//! Signatures of Standard Webhooks: HMAC-SHA256 over id, timestamp and body.

use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderMap;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::{config::CallbackSecret, http::header::single};

pub(super) const ID: &str = "webhook-id";
pub(super) const TIMESTAMP: &str = "webhook-timestamp";
pub(super) const SIGNATURE: &str = "webhook-signature";
/// How far a sender's clock, and a request's way, may be off, in seconds.
const TOLERANCE_SECS: u64 = 300;
const SECRET_PREFIX: &str = "whsec_";
/// Before each symmetric signature.
const VERSION: &str = "v1,";

/// Signs with each of some secrets.
pub struct Signer(Vec<Key>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({} keys)", self.0.len())
    }
}

impl Signer {
    pub fn new(secrets: &[CallbackSecret]) -> Self {
        Self(secrets.iter().map(key).collect())
    }

    /// The value of `webhook-signature`: one signature for each secret. `id` has no `.` in it.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let signed = signed_text(id, &at.as_second().to_string(), body);
        let signatures = self.0.iter().map(|key| {
            let signature = BASE64_STANDARD.encode(hmac::sign(key, &signed));
            format!("{VERSION}{signature}")
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

/// Why a request is not verified. For the debug log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    #[error("a header is missing, or there twice")]
    Headers,
    #[error("the timestamp is no number of seconds, or too far from now")]
    Timestamp,
    #[error("no signature is right")]
    Signature,
    /// The signature is right: the sender may be told.
    #[error("the id has a `.`, which could move the border between id and timestamp")]
    Id,
}

/// The `webhook-id` of a request that is signed with the secret and not older or newer than five minutes.
pub fn verify<'a>(
    secret: &CallbackSecret,
    headers: &'a HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<&'a str, Unverified> {
    let header = |name| single(headers, name).ok_or(Unverified::Headers);
    let (id, timestamp, signatures) = (header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?);
    if id.is_empty() {
        return Err(Unverified::Headers);
    }
    let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: Option<i64> = timestamp.parse().ok().filter(|_| digits);
    let seconds = seconds.ok_or(Unverified::Timestamp)?;
    if seconds.abs_diff(now.as_second()) > TOLERANCE_SECS {
        return Err(Unverified::Timestamp);
    }
    let (key, signed) = (key(secret), signed_text(id, timestamp, body));
    let is_right = |signature: &str| {
        let signature = signature.strip_prefix(VERSION);
        let bytes = signature.and_then(|text| BASE64_STANDARD.decode(text).ok());
        bytes.is_some_and(|bytes| hmac::verify(&key, &signed, &bytes).is_ok())
    };
    match signatures.split(' ').any(is_right) {
        true if id.contains('.') => Err(Unverified::Id),
        true => Ok(id),
        false => Err(Unverified::Signature),
    }
}

/// A secret of 32 random bytes.
pub fn new_secret() -> SecretString {
    let text = BASE64_STANDARD.encode(rand::random::<[u8; 32]>());
    format!("{SECRET_PREFIX}{text}").into()
}

fn key(secret: &CallbackSecret) -> Key {
    Key::new(HMAC_SHA256, secret.0.expose_secret())
}

fn signed_text(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests;
