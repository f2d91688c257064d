//! JWK sets (RFC 7517): the keys that can verify RS256 and ES256 tokens. Pure.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{
        AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
        RSAKeyParameters,
    },
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Further keys of a set are ignored.
const MAX_KEYS: usize = 100;
const MIN_RSA_BITS: usize = 2048;

/// A public key and its only algorithm.
pub(crate) struct Key {
    id: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) public: DecodingKey,
}

#[derive(Default)]
pub(super) struct KeySet(Vec<Arc<Key>>);

pub(super) enum Lookup {
    Found(Arc<Key>),
    /// The issuer may have published it since the last fetch.
    Missing,
    /// The token has no key id and several keys fit.
    Ambiguous,
}

#[derive(Deserialize)]
struct JwkSet<'a> {
    /// Unparsed: one that is malformed does not spoil the others.
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl KeySet {
    /// The usable keys; `None` if `json` is not a JWK set. Keys that are malformed or for other purposes are left out.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let set: JwkSet<'_> = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().take(MAX_KEYS);
        Some(Self(keys.filter_map(key).map(Arc::new).collect()))
    }

    pub(super) fn find(&self, algorithm: Algorithm, id: Option<&str>) -> Lookup {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id));
        match (fitting.next(), fitting.next()) {
            (None, _) => Lookup::Missing,
            (Some(key), None) => Lookup::Found(key.clone()),
            _ => Lookup::Ambiguous,
        }
    }
}

fn key(json: &RawValue) -> Option<Key> {
    let jwk: Jwk = serde_json::from_str(json.get()).ok()?;
    let (algorithm, alg) = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if modulus_bits(rsa)? >= MIN_RSA_BITS => {
            (Algorithm::RS256, KeyAlgorithm::RS256)
        }
        AlgorithmParameters::EllipticCurve(ec)
            if ec.curve == EllipticCurve::P256 && is_coordinate(&ec.x) && is_coordinate(&ec.y) =>
        {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        _ => return None,
    };
    let common = &jwk.common;
    let for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let operations = common.key_operations.as_ref();
    let may_verify = operations.is_none_or(|allowed| allowed.contains(&KeyOperations::Verify));
    let alg_fits = common.key_algorithm.is_none_or(|own| own == alg);
    let public = DecodingKey::from_jwk(&jwk).ok()?;
    (for_signatures && may_verify && alg_fits).then(|| Key {
        id: common.key_id.clone(),
        algorithm,
        public,
    })
}

fn modulus_bits(rsa: &RSAKeyParameters) -> Option<usize> {
    let modulus = BASE64_URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let zeros = usize::try_from(modulus[first].leading_zeros()).ok()?;
    Some((modulus.len() - first) * 8 - zeros)
}

fn is_coordinate(text: &str) -> bool {
    BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .is_ok_and(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rsa(bits: usize) -> Value {
        let mut modulus = vec![0xff; bits / 8];
        modulus.insert(0, 0);
        json!({"kty": "RSA", "kid": "r", "n": BASE64_URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"})
    }

    fn ec() -> Value {
        let coordinate = BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
        json!({"kty": "EC", "crv": "P-256", "kid": "e", "x": coordinate, "y": coordinate})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn set(keys: &[Value]) -> KeySet {
        KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn keys_for_rs256_and_es256_signatures_are_used() {
        for (good, algorithm) in [
            (rsa(2048), Algorithm::RS256),
            (with(rsa(4096), "alg", json!("RS256")), Algorithm::RS256),
            (with(rsa(2048), "use", json!("sig")), Algorithm::RS256),
            (with(ec(), "key_ops", json!(["verify"])), Algorithm::ES256),
            (with(ec(), "kid", Value::Null), Algorithm::ES256),
        ] {
            let keys = set(std::slice::from_ref(&good));
            assert!(
                matches!(keys.find(algorithm, None), Lookup::Found(_)),
                "{good}"
            );
        }
    }

    #[test]
    fn a_malformed_key_or_one_for_another_purpose_is_left_out() {
        let bad = [
            rsa(2040),
            with(rsa(2048), "alg", json!("RS512")),
            with(rsa(2048), "alg", json!("HS256")),
            with(rsa(2048), "alg", json!("nonsense")),
            with(rsa(2048), "use", json!("enc")),
            with(rsa(2048), "n", json!("?")),
            with(rsa(2048), "n", json!("")),
            with(ec(), "key_ops", json!(["encrypt"])),
            with(ec(), "crv", json!("P-384")),
            with(ec(), "crv", json!("secp256k1")),
            with(ec(), "x", json!("AA")),
            with(ec(), "alg", json!("RS256")),
            json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
            json!({}),
            json!("key"),
        ];
        for key in &bad {
            assert_eq!(set(std::slice::from_ref(key)).0.len(), 0, "{key}");
        }
        let mut mixed = bad.to_vec();
        mixed.push(ec());
        assert_eq!(set(&mixed).0.len(), 1);
        for other in ["", "[]", "{}", "{\"keys\": 1}"] {
            assert!(KeySet::parse(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn a_key_beyond_the_limits_of_a_parser_is_left_out_alone() {
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        for bad in [r#"{"x5t": 1e400}"#, &deep] {
            let keys = format!("{{\"keys\": [{bad}, {}]}}", ec());
            let keys = KeySet::parse(keys.as_bytes()).map(|set| set.0.len());
            assert_eq!(keys, Some(1), "{bad}");
        }
    }

    #[test]
    fn a_token_without_key_id_is_ambiguous_when_several_keys_fit() {
        let keys = set(&[rsa(2048), with(rsa(2048), "kid", json!("r2")), ec()]);
        assert!(matches!(
            keys.find(Algorithm::ES256, None),
            Lookup::Found(_)
        ));
        assert!(matches!(
            keys.find(Algorithm::RS256, None),
            Lookup::Ambiguous
        ));
        let named = |algorithm, id| keys.find(algorithm, Some(id));
        assert!(matches!(named(Algorithm::RS256, "r2"), Lookup::Found(_)));
        assert!(matches!(named(Algorithm::RS256, "e"), Lookup::Missing));
        assert!(matches!(named(Algorithm::HS256, "r"), Lookup::Missing));
    }
}
