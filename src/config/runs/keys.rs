//! `RUNS_ENCRYPTION_KEYS` and `CALLBACK_SECRET`.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::SecretBox;

use crate::config::{reader::Reader, variables as var};

/// The lengths of secrets that Standard Webhooks allows, in bytes.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A key for stored secrets.
#[derive(Debug, Clone)]
pub struct EncryptionKey {
    /// Names the key in what it encrypts: 1 to 32 of `[A-Za-z0-9_-]`.
    pub id: String,
    pub key: Arc<SecretBox<[u8; 32]>>,
}

impl EncryptionKey {
    pub fn new(id: &str, key: [u8; 32]) -> Self {
        Self {
            id: id.to_owned(),
            key: Arc::new(SecretBox::new(Box::new(key))),
        }
    }
}

/// A secret that signs callbacks: the bytes after `whsec_`, decoded.
#[derive(Debug, Clone)]
pub struct CallbackSecret(pub Arc<SecretBox<Vec<u8>>>);

pub(super) fn encryption_keys(reader: &mut Reader) -> Vec<EncryptionKey> {
    let keys = reader.optional(&var::RUNS_ENCRYPTION_KEYS, parse_keys);
    let keys = keys.unwrap_or_default();
    let twice = |at: usize| keys[..at].iter().find(|key| key.id == keys[at].id);
    if let Some(key) = (0..keys.len()).find_map(twice) {
        let what = format!("has two keys with the id `{}`", key.id);
        reader.fault(var::RUNS_ENCRYPTION_KEYS.name, what);
    }
    keys
}

fn parse_keys(text: &str) -> Option<Vec<EncryptionKey>> {
    let entries = text
        .split(';')
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    let keys: Vec<_> = entries.map(parse_key).collect::<Option<_>>()?;
    (!keys.is_empty()).then_some(keys)
}

fn parse_key(entry: &str) -> Option<EncryptionKey> {
    let (id, key) = entry.split_once(':')?;
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let id_is_valid = (1..=32).contains(&id.len()) && id.bytes().all(valid);
    let key: [u8; 32] = BASE64_STANDARD.decode(key.trim()).ok()?.try_into().ok()?;
    id_is_valid.then(|| EncryptionKey::new(id, key))
}

pub(super) fn callback_secrets(reader: &mut Reader) -> Vec<CallbackSecret> {
    let secrets = reader.optional(&var::CALLBACK_SECRET, |text| {
        let secrets: Vec<_> = text
            .split_whitespace()
            .map(CallbackSecret::parse)
            .collect::<Option<_>>()?;
        (!secrets.is_empty()).then_some(secrets)
    });
    secrets.unwrap_or_default()
}

impl CallbackSecret {
    /// `whsec_` and the base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        let valid = SECRET_BYTES.contains(&bytes.len());
        valid.then(|| Self(Arc::new(SecretBox::new(Box::new(bytes)))))
    }
}
