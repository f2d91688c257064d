//! SHA-256 digests of JSON values: equal for equal values, whatever the order of keys. `60.0` is `60`; integers of 64 bits are
//! exact, larger ones are what `serde_json` makes of them, and what is sent.

use std::{fmt, io};

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Map, Number, Value};

/// A digest, serialized as base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; SHA256_OUTPUT_LEN]);

impl Digest {
    pub fn of(value: &Value) -> Self {
        Self::new(|canonical| canonical.value(value))
    }

    pub fn of_object(object: &Map<String, Value>) -> Self {
        Self::new(|canonical| canonical.object(object))
    }

    fn new(write: impl FnOnce(&mut Canonical)) -> Self {
        let mut canonical = Canonical(Context::new(&SHA256));
        write(&mut canonical);
        let mut bytes = [0; SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(canonical.0.finish().as_ref());
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| D::Error::custom("no digest"))
    }
}

/// Digests JSON without white space, with sorted keys, and with one spelling for each number.
struct Canonical(Context);

impl Canonical {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.update(b"null"),
            Value::Bool(true) => self.0.update(b"true"),
            Value::Bool(false) => self.0.update(b"false"),
            Value::Number(number) => self.0.update(spelling(number).as_bytes()),
            Value::String(text) => self.string(text),
            Value::Array(items) => self.list(items),
            Value::Object(object) => self.object(object),
        }
    }

    fn string(&mut self, text: &str) {
        // Writing into a digest cannot fail.
        let _ = serde_json::to_writer(self, text);
    }

    fn list(&mut self, items: &[Value]) {
        self.0.update(b"[");
        for (at, item) in items.iter().enumerate() {
            self.comma(at);
            self.value(item);
        }
        self.0.update(b"]");
    }

    fn object(&mut self, object: &Map<String, Value>) {
        let mut fields: Vec<(&String, &Value)> = object.iter().collect();
        fields.sort_unstable_by_key(|(key, _)| *key);
        self.0.update(b"{");
        for (at, (key, value)) in fields.into_iter().enumerate() {
            self.comma(at);
            self.string(key);
            self.0.update(b":");
            self.value(value);
        }
        self.0.update(b"}");
    }

    fn comma(&mut self, at: usize) {
        if at > 0 {
            self.0.update(b",");
        }
    }
}

impl io::Write for Canonical {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All digits of a whole number, however it was written; else the shortest spelling.
fn spelling(number: &Number) -> String {
    match number.as_f64() {
        // Minus zero is zero.
        Some(float) if number.is_f64() && float.fract() == 0.0 => format!("{:.0}", float + 0.0),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(json: &str) -> Digest {
        Digest::of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_canonical_form_is_digested() {
        let canonical = r#"{"":null,"a":[1,"\"é"],"b":-2.5}"#;
        let expected = aws_lc_rs::digest::digest(&SHA256, canonical.as_bytes());
        let given = digest(r#"{ "b": -2.5, "a": [1.0, "\"\u00e9"], "": null }"#);
        assert_eq!(given.0, expected.as_ref());
    }

    #[test]
    fn equal_numbers_have_one_digest_and_different_ones_two() {
        for (one, other) in [
            ("60", "60.0"),
            ("0", "-0.0"),
            ("-5", "-5.0"),
            ("100", "1e2"),
            ("18446744073709551616", "1.8446744073709551616e19"),
            ("9007199254740992", "9007199254740993.0"),
        ] {
            assert_eq!(digest(one), digest(other), "{one} {other}");
        }
        for (one, other) in [
            ("9007199254740993", "9007199254740992"),
            ("18446744073709551615", "18446744073709551616"),
            ("9223372036854776000", "9223372036854775808.0"),
            ("-9223372036854775808", "-9223372036854775807"),
            ("1.5", "1.25"),
            ("1", "\"1\""),
            ("[1,2]", "[2,1]"),
            ("[]", "{}"),
            (r#"["a,b"]"#, r#"["a","b"]"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":{},"b":1}"#),
        ] {
            assert_ne!(digest(one), digest(other), "{one} {other}");
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e3..1e3).prop_map(Value::from),
            "[a\"\\\\\u{1}é]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[ab]{0,2}", inner), 0..4)
                    .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    /// The fields of all objects in the other order.
    fn turned(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(turned).collect(),
            Value::Object(object) => {
                let fields = object.iter().rev();
                let fields = fields.map(|(key, value)| (key.clone(), turned(value)));
                Value::Object(fields.collect())
            }
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn the_order_of_keys_does_not_matter_and_all_else_does(one in values(), other in values()) {
            prop_assert_eq!(Digest::of(&one), Digest::of(&turned(&one)));
            prop_assert_eq!(Digest::of(&one) == Digest::of(&other), one == other);
        }
    }
}
