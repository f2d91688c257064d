//! Tokens as they are sent: signed JWTs in compact form (RFC 7515 section 7.1, RFC 7519).

#[cfg(any(test, fuzzing))]
pub mod fuzz;

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, get_current_timestamp};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Number, value::RawValue};

use super::{AuthError, Subject};
use crate::process::json::mend_str;

/// Clock skew that is tolerated in `exp` and `nbf`.
const LEEWAY_SECS: u64 = 30;
/// Of an audience that is refused, the log shows this many names, each with this many characters at most.
const MAX_SHOWN: usize = 5;
const MAX_SHOWN_CHARS: usize = 100;

/// A token, of which nothing is verified.
pub struct Token<'t> {
    /// Header and payload, as they are signed.
    signed: &'t str,
    payload: &'t str,
    signature: &'t str,
    algorithm: Algorithm,
    key_id: Option<String>,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: &'a RawValue,
    #[serde(borrow)]
    kid: Option<&'a RawValue>,
    crit: Option<IgnoredAny>,
}

/// The claims that are read. Others may be anything, and so may `iss` and `aud` until they are asked for.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    sub: &'a RawValue,
    #[serde(borrow)]
    exp: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "present")]
    nbf: Option<&'a RawValue>,
    #[serde(borrow)]
    iss: Option<&'a RawValue>,
    #[serde(borrow)]
    aud: Option<&'a RawValue>,
}

/// A member that is `null` is present.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(value).map(Some)
}

/// The claims of a token whose signature and times are valid.
pub struct Claims {
    pub sub: Subject,
    /// `iss`, if it is a string.
    pub issuer: Option<String>,
    /// `aud`: a string or a list of strings, else nothing.
    pub audiences: Vec<String>,
}

impl Claims {
    /// The beginning of the audiences, for the log.
    pub fn audiences_shown(&self) -> String {
        let names = self.audiences.iter().take(MAX_SHOWN);
        let names = names.map(|name| name.chars().take(MAX_SHOWN_CHARS).collect::<String>());
        format!("{:?}", names.collect::<Vec<_>>())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl<'t> Token<'t> {
    /// # Errors
    /// The text is not a token, or names critical extensions.
    pub fn parse(text: &'t str) -> Result<Self, AuthError> {
        let (signed, signature) = text.rsplit_once('.').ok_or(AuthError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(AuthError::Malformed)?;
        let json = decode(header)?;
        let mended = mend_str(&json);
        let header: Header<'_> = serde_json::from_str(&mended).map_err(|_| AuthError::Malformed)?;
        // RFC 7515 section 4.1.11: critical extensions that are not understood must be refused.
        if header.crit.is_some() {
            return Err(AuthError::Critical);
        }
        let written = Written(&json, &mended);
        let algorithm: String = written.read(header.alg)?;
        Ok(Self {
            signed,
            payload,
            signature,
            algorithm: algorithm.parse().map_err(|_| AuthError::Algorithm)?,
            key_id: header.kid.and_then(|kid| written.read(kid).ok()),
        })
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// `kid`, if it is a string.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The claims, if the signature is `key`'s by `algorithm`, the times are valid, and `sub` is a subject.
    pub fn verify(&self, key: &DecodingKey, algorithm: Algorithm) -> Result<Claims, AuthError> {
        let message = self.signed.as_bytes();
        if self.algorithm != algorithm
            || !jsonwebtoken::crypto::verify(self.signature, message, key, algorithm)?
        {
            return Err(AuthError::Signature);
        }
        let json = decode(self.payload)?;
        let mended = mend_str(&json);
        let payload: Payload<'_> =
            serde_json::from_str(&mended).map_err(|_| AuthError::Malformed)?;
        let written = Written(&json, &mended);
        let now = get_current_timestamp();
        if written.seconds(payload.exp)? < now.saturating_sub(LEEWAY_SECS) {
            return Err(AuthError::Expired);
        }
        if let Some(nbf) = payload.nbf
            && written.seconds(nbf)? > now + LEEWAY_SECS
        {
            return Err(AuthError::Early);
        }
        let sub: String = written.read(payload.sub)?;
        let audiences = payload.aud.and_then(|aud| written.read(aud).ok());
        Ok(Claims {
            sub: Subject::parse(&sub)?,
            issuer: payload.iss.and_then(|iss| written.read(iss).ok()),
            audiences: match audiences {
                Some(Audience::One(name)) => vec![name],
                Some(Audience::Several(names)) => names,
                None => vec![],
            },
        })
    }
}

fn decode(part: &str) -> Result<String, AuthError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part);
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or(AuthError::Malformed)
}

/// JSON as it was signed, and with U+FFFD in place of halves of surrogate pairs, of the same length: its members are found in the
/// latter and read from the former. So a half in what is ignored does no harm, but what identifies somebody is never changed:
/// with U+FFFD for any half, two subjects would become one.
struct Written<'j>(&'j str, &'j Cow<'j, str>);

impl Written<'_> {
    /// Reads a member of the mended JSON as it was signed. Text with half a surrogate pair is no text.
    fn read<T: DeserializeOwned>(&self, member: &RawValue) -> Result<T, AuthError> {
        let Self(json, mended) = self;
        let start = (member.get().as_ptr() as usize).checked_sub(mended.as_ptr() as usize);
        let signed = start.and_then(|start| json.get(start..start + member.get().len()));
        let read = signed.and_then(|signed| serde_json::from_str(signed).ok());
        read.ok_or(AuthError::Malformed)
    }

    /// A time in seconds since 1970 (RFC 7519 section 2, `NumericDate`), rounded.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "checked to be within the range"
    )]
    fn seconds(&self, member: &RawValue) -> Result<u64, AuthError> {
        let number: Number = self.read(member)?;
        let float = || {
            number
                .as_f64()
                .filter(|it| (0.0..u64::MAX as f64).contains(it))
        };
        let seconds = number.as_u64().or_else(|| Some(float()?.round() as u64));
        seconds.ok_or(AuthError::Malformed)
    }
}
