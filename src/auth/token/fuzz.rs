//! Fuzz target: a signed token names the user whom `jsonwebtoken` reads in it, and nobody is named by half a surrogate pair.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, crypto::sign};
use serde::Deserialize;
use serde_json::Value;

use super::{LEEWAY_SECS, Token};
use crate::{
    auth::Subject,
    fuzz::{Choices, with_halves_as},
    process::json::mend_numbers,
};

const KEY: &[u8] = b"a key of the fuzz target, 32 bytes";
const HEADER: &str = r#"{"alg":"HS256"}"#;
/// Stand for what no `str` or `Value` can hold. They are written as halves of surrogate pairs, and as numbers out of range.
const HIGH: &str = "\u{e83d}";
const LOW: &str = "\u{ee00}";
const BEYOND: &str = "beyond";
const WORDS: [&str; 12] = [
    "sub", "exp", "nbf", "iss", "aud", "alg", "HS256", "crit", "ann", HIGH, LOW, BEYOND,
];

/// The first byte says whether the rest is the payload, the header, or choices for both.
pub fn claims(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    match choices.below(3) {
        0 => compare(HEADER, &String::from_utf8_lossy(choices.rest())),
        1 => {
            let payload = r#"{"sub":"ann","exp":4102444800}"#;
            compare(&String::from_utf8_lossy(choices.rest()), payload);
        }
        _ => {
            let header = made(&mut choices, r#""alg":"HS256""#);
            let payload = made(&mut choices, r#""exp":4102444800,"sub":"ann""#);
            compare(&header, &payload);
        }
    }
}

/// An object of any members, some of which are usually these.
fn made(choices: &mut Choices<'_>, usual: &str) -> String {
    let object = Value::from(choices.object(2, &WORDS)).to_string();
    let written = object.replace(HIGH, "\\ud83d").replace(LOW, "\\ude00");
    let written = written
        .replace("\"beyond\":", "\"\":")
        .replace("\"beyond\"", "1e400");
    match choices.below(4) {
        0 => written,
        _ if written == "{}" => format!("{{{usual}}}"),
        _ => format!("{{{usual},{}", &written[1..]),
    }
}

fn compare(header: &str, payload: &str) {
    let read = user(header, payload);
    if let Some(user) = reference(header, payload) {
        assert_eq!(read.as_ref(), Some(&user), "{header} {payload}");
    }
    let Some(read) = read else { return };
    for replacement in ["\\ufffd", "\\ue000"] {
        let replaced = mend_numbers(&with_halves_as(payload, replacement));
        if serde_json::from_str::<Value>(&replaced).is_ok() {
            let user = reference(HEADER, &replaced);
            assert_eq!(user.as_ref(), Some(&read), "{header} {payload}");
        }
    }
}

fn token(header: &str, payload: &str) -> String {
    let parts = [header, payload].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let signed = parts.join(".");
    let key = EncodingKey::from_secret(KEY);
    let signature = sign(signed.as_bytes(), &key, Algorithm::HS256).expect("a signature");
    format!("{signed}.{signature}")
}

fn user(header: &str, payload: &str) -> Option<String> {
    let token = token(header, payload);
    let parsed = Token::parse(&token).ok()?;
    let [key, other] = [KEY, b"another key"].map(DecodingKey::from_secret);
    assert!(parsed.verify(&other, Algorithm::HS256).is_err());
    let claims = parsed.verify(&key, Algorithm::HS256).ok()?;
    Some(claims.sub.as_str().to_owned())
}

fn reference(header: &str, payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
    }
    let mut rules = Validation::new(Algorithm::HS256);
    (rules.leeway, rules.validate_nbf, rules.validate_aud) = (LEEWAY_SECS, true, false);
    rules.set_required_spec_claims(&["exp", "sub"]);
    let key = DecodingKey::from_secret(KEY);
    let read = jsonwebtoken::decode::<Claims>(token(header, payload), &key, &rules).ok()?;
    let is_critical = read.header.crit.is_some();
    let subject = Subject::parse(&read.claims.sub).ok()?;
    (!is_critical).then(|| subject.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn seeds_pass() {
        crate::fuzz::replay("claims", super::claims);
    }

    proptest! {
        #[test]
        fn any_choices_pass(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            super::claims(&bytes);
        }
    }
}
