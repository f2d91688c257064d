//! Key ring for secrets at rest: AES-256-GCM-SIV, with a key id in each stored value.
//!
//! A stored value is `v1.<kid>.<base64 of nonce, ciphertext and tag>`. It is bound to the place where it is stored
//! ([`Place`]): a value that is copied to another row, field, table or owner does not open.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use secrecy::{ExposeSecret, SecretString};

use crate::config::EncryptionKey;

const VERSION: &str = "v1";
const MAX_KID: usize = 32;

/// Where a secret is stored. All four parts are authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    pub table: &'a str,
    /// The primary key of the row.
    pub row: &'a str,
    /// The column, and the path inside it if the column holds several secrets.
    pub field: &'a str,
    /// The `sub` of the user that the row belongs to.
    pub owner: &'a str,
}

impl Place<'_> {
    /// The additional authenticated data: each part after its length, so that no two places have the same bytes.
    fn aad(&self, kid: &str) -> Aad<Vec<u8>> {
        let parts = [VERSION, kid, self.table, self.row, self.field, self.owner];
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
        for part in parts {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        Aad::from(bytes)
    }
}

/// Why a stored value does not open.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No sealed value, where only sealed values belong.
    #[error("the value is not encrypted")]
    InTheClear,
    /// The setting lacks this key.
    #[error("the value is encrypted with the key {0}, which is not in RUNS_ENCRYPTION_KEYS")]
    UnknownKey(String),
    /// Changed, cut, moved from another place, or sealed with another key of the same id.
    #[error("the value cannot be decrypted")]
    Damaged,
}

struct Key {
    id: String,
    key: RandomizedNonceKey,
}

/// The keys of `RUNS_ENCRYPTION_KEYS`: the first seals, all open.
pub struct KeyRing {
    first: Key,
    others: Vec<Key>,
}

impl KeyRing {
    /// `None` without keys: then no secret can be stored.
    pub fn new(keys: &[EncryptionKey]) -> Option<Self> {
        let mut keys = keys.iter().map(Key::new);
        Some(Self {
            first: keys.next()?,
            others: keys.collect(),
        })
    }

    /// Encrypts a secret for one place, with the first key.
    pub fn seal(&self, place: &Place<'_>, secret: &str) -> String {
        let Key { id, key } = &self.first;
        let mut sealed = secret.as_bytes().to_vec();
        let nonce = key
            .seal_in_place_append_tag(place.aad(id), &mut sealed)
            .expect("a secret is far below the cipher's limit of 64 GB");
        sealed.splice(..0, nonce.as_ref().iter().copied());
        format!("{VERSION}.{id}.{}", BASE64.encode(sealed))
    }

    /// Decrypts what was sealed for this place.
    pub fn open(&self, place: &Place<'_>, stored: &str) -> Result<SecretString, OpenError> {
        let (kid, text) = split(stored).ok_or(OpenError::InTheClear)?;
        let key = self
            .keys()
            .find(|key| key.id == kid)
            .ok_or_else(|| OpenError::UnknownKey(kid.to_owned()))?;
        key.open(place, text).ok_or(OpenError::Damaged)
    }

    /// Encrypts a stored value with the first key; `None` if it is already.
    pub fn reseal(&self, place: &Place<'_>, stored: &str) -> Result<Option<String>, OpenError> {
        if !self.needs_rotation(stored) {
            return Ok(None);
        }
        let secret = self.open(place, stored)?;
        Ok(Some(self.seal(place, secret.expose_secret())))
    }

    /// True if the ring has this key.
    pub fn has(&self, kid: &str) -> bool {
        self.keys().any(|key| key.id == kid)
    }

    /// True for everything but a value that the first key has sealed.
    fn needs_rotation(&self, stored: &str) -> bool {
        kid_of(stored) != Some(&self.first.id)
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// The ids of the keys alone.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys().map(|key| &key.id).collect();
        f.debug_tuple("KeyRing").field(&ids).finish()
    }
}

impl Key {
    fn new(key: &EncryptionKey) -> Self {
        let bytes = key.key.expose_secret();
        Self {
            id: key.id.clone(),
            key: RandomizedNonceKey::new(&AES_256_GCM_SIV, bytes)
                .expect("the cipher's keys have 32 bytes"),
        }
    }

    fn open(&self, place: &Place<'_>, text: &str) -> Option<SecretString> {
        let bytes = BASE64.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let aad = place.aad(&self.id);
        let secret = self.key.open_in_place(nonce, aad, &mut sealed).ok()?;
        std::str::from_utf8(secret).ok().map(SecretString::from)
    }
}

/// The id of the key that sealed a stored value; `None` if it is not a sealed value.
pub fn kid_of(stored: &str) -> Option<&str> {
    split(stored).map(|(kid, _)| kid)
}

/// The key id and the base64 text.
fn split(stored: &str) -> Option<(&str, &str)> {
    let (kid, text) = stored
        .strip_prefix(VERSION)?
        .strip_prefix('.')?
        .split_once('.')?;
    is_kid(kid).then_some((kid, text))
}

fn is_kid(text: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=MAX_KID).contains(&text.len()) && text.bytes().all(valid)
}

#[cfg(test)]
mod tests;
