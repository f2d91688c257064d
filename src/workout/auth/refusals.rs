//! Logs why tokens are refused.

use std::{
    collections::HashSet,
    error::Error,
    mem::{Discriminant, discriminant},
    sync::{Mutex, PoisonError},
};

use crate::{auth::AuthError, workout::protected_resource::ProtectedResource};

const OTHER_AUDIENCE: &str =
    "have the issuer add the accepted audience to its tokens, or set OAUTH_AUDIENCE";

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    #[error("it is neither PROG_STRENGTH_MCP_TOKEN nor a JWT")]
    NoJwt,
    #[error("it is signed with a shared key (HS256), and JWT_SIGNING_KEY is not set")]
    NoKey,
    #[error("it is signed with a private key (RS256 or ES256), and OAUTH_ISSUER is not set")]
    NoIssuer,
    #[error("its algorithm is none of HS256, RS256 and ES256")]
    Algorithm,
    #[error(transparent)]
    Invalid(AuthError),
}

/// A reason without its details, of which a client could send any number.
type Kind = (Discriminant<Reason>, Option<Discriminant<AuthError>>);

/// The reasons that have been logged.
#[derive(Default)]
pub(super) struct Refusals(Mutex<HashSet<Kind>>);

impl Refusals {
    /// Logs a refusal: at warn level the first one of its kind, at debug level the others. Anyone can send invalid tokens, and
    /// clients send expired ones every day.
    pub(super) fn log(&self, reason: &Reason, resource: &ProtectedResource) {
        let reason_text = in_words(reason);
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !logged.insert(kind(reason)) {
            tracing::debug!(reason = reason_text, "token refused");
            return;
        }
        drop(logged);
        let is_for_others = matches!(reason, Reason::Invalid(AuthError::Audience(_)));
        tracing::warn!(
            reason = reason_text,
            accepted = is_for_others.then(|| resource.accepted_audience()),
            remedy = is_for_others.then_some(OTHER_AUDIENCE),
            "token refused; further refusals of this kind are logged at debug level"
        );
    }
}

fn kind(reason: &Reason) -> Kind {
    let invalid = match reason {
        Reason::Invalid(error) => Some(error),
        _ => None,
    };
    (discriminant(reason), invalid.map(discriminant))
}

/// The reason and its cause.
fn in_words(reason: &Reason) -> String {
    match reason.source() {
        Some(cause) => format!("{reason}: {cause}"),
        None => reason.to_string(),
    }
}
