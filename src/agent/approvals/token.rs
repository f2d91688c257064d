//! Approval tokens: what a user confirms, signed. `base64url(payload) "." base64url(HMAC-SHA256 of the first part)`.

use std::fmt;

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, Salt},
    hmac::{self, HMAC_SHA256},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::answer::MAX_TOKEN_BYTES;
use crate::agent::tools::{CallContext, Digest, ToolCall};

/// The `info` of HKDF: the key signs nothing else.
const LABEL: &[u8] = b"prog-strength-agent approvals v1";
const VERSION: u8 = 1;

/// The key that signs tokens.
pub(super) struct Signer(hmac::Key);

/// One call of one user, and the time until which it may be confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claims {
    pub(super) v: u8,
    pub(super) sub: String,
    /// The call's tool-use id.
    pub(super) id: String,
    /// The name on the server.
    pub(super) tool: String,
    /// Of the arguments as they are sent.
    pub(super) args: Digest,
    /// Of the tool's definition.
    pub(super) def: Digest,
    /// The turn id of the turn that asks.
    pub(super) turn: String,
    /// In seconds since 1970.
    pub(super) exp: i64,
}

impl Claims {
    /// A call that is made in this context. It can not be confirmed any more: `exp` is to be set.
    pub(super) fn new(call: &ToolCall, context: CallContext<'_>) -> Self {
        Self {
            v: VERSION,
            sub: context.caller.user_id().to_owned(),
            id: context.tool_use_id.to_owned(),
            tool: call.name().to_owned(),
            args: Digest::of_object(call.arguments()),
            def: call.definition(),
            turn: context.turn_id.to_owned(),
            exp: 0,
        }
    }
}

impl Signer {
    /// Derives the key from the API's secret.
    pub(super) fn new(secret: &SecretString) -> Self {
        let secret = Salt::new(HKDF_SHA256, &[]).extract(secret.expose_secret().as_bytes());
        let info = [LABEL];
        let key = secret.expand(&info, HMAC_SHA256);
        Self(key.expect("a key of 32 bytes").into())
    }

    pub(super) fn sign(&self, claims: &Claims) -> String {
        // Claims are plain JSON.
        let payload = BASE64.encode(serde_json::to_vec(claims).unwrap_or_default());
        let signature = BASE64.encode(hmac::sign(&self.0, payload.as_bytes()));
        format!("{payload}.{signature}")
    }

    /// The claims of a token that this key has signed.
    pub(super) fn open(&self, token: &str) -> Option<Claims> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (payload, signature) = token.split_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        // In constant time.
        hmac::verify(&self.0, payload.as_bytes(), &signature).ok()?;
        let claims: Claims = serde_json::from_slice(&BASE64.decode(payload).ok()?).ok()?;
        (claims.v == VERSION).then_some(claims)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}
