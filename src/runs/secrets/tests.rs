use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

const PLACE: Place<'static> = Place {
    table: "connections",
    row: "0192",
    field: "headers.Authorization",
    owner: "user-1",
};

fn ring(keys: &[(&str, u8)]) -> KeyRing {
    let key = |(id, byte): &(&str, u8)| EncryptionKey::new(id, [*byte; 32]);
    let keys: Vec<_> = keys.iter().map(key).collect();
    KeyRing::new(&keys).unwrap()
}

fn opened(ring: &KeyRing, place: &Place<'_>, stored: &str) -> Result<String, OpenError> {
    ring.open(place, stored)
        .map(|secret| secret.expose_secret().to_owned())
}

#[test]
fn sealed_values_open_at_their_place_only() {
    let ring = ring(&[("a", 1)]);
    let stored = ring.seal(&PLACE, "hunter22");
    assert_eq!(opened(&ring, &PLACE, &stored).unwrap(), "hunter22");
    for place in [
        Place {
            table: "skills",
            ..PLACE
        },
        Place {
            row: "0193",
            ..PLACE
        },
        Place {
            field: "headers.X",
            ..PLACE
        },
        Place {
            owner: "user-2",
            ..PLACE
        },
        // The same bytes, divided otherwise.
        Place {
            table: "connection",
            row: "s0192",
            ..PLACE
        },
        Place {
            field: "headers.Authorizationuser-",
            owner: "1",
            ..PLACE
        },
    ] {
        assert_eq!(
            opened(&ring, &place, &stored),
            Err(OpenError::Damaged),
            "{place:?}"
        );
    }
}

#[test]
fn stored_form_names_version_and_key() {
    let ring = ring(&[("2026-11_a", 1)]);
    let stored = ring.seal(&PLACE, "x");
    let text = stored.strip_prefix("v1.2026-11_a.").unwrap();
    assert_eq!(BASE64.decode(text).unwrap().len(), 12 + 1 + 16);
    assert_eq!(kid_of(&stored), Some("2026-11_a"));
    assert_ne!(ring.seal(&PLACE, "x"), stored, "each has its own nonce");
}

#[test]
fn values_that_do_not_open_say_why() {
    let first = ring(&[("a", 1)]);
    let stored = first.seal(&PLACE, "x");
    let unknown = ring(&[("b", 1)]);
    assert_eq!(
        opened(&unknown, &PLACE, &stored),
        Err(OpenError::UnknownKey("a".to_owned()))
    );
    let same_id = ring(&[("a", 2)]);
    assert_eq!(opened(&same_id, &PLACE, &stored), Err(OpenError::Damaged));
    // The same key under another id: the id is authenticated too.
    let renamed = stored.replace("v1.a.", "v1.b.");
    assert_eq!(opened(&unknown, &PLACE, &renamed), Err(OpenError::Damaged));
    for clear in [
        "",
        "hunter22",
        "v1.",
        "v1.a",
        "v2.a.AAAA",
        "v1..AAAA",
        "v1.a b.AAAA",
        " v1.a.AA",
    ] {
        assert_eq!(
            opened(&first, &PLACE, clear),
            Err(OpenError::InTheClear),
            "{clear}"
        );
        assert_eq!(kid_of(clear), None, "{clear}");
    }
    for damaged in ["v1.a.", "v1.a.!", "v1.a.AAAA", "v1.a.AAAAAAAAAAAAAAAA"] {
        assert_eq!(
            opened(&first, &PLACE, damaged),
            Err(OpenError::Damaged),
            "{damaged}"
        );
    }
}

#[test]
fn rotation_reseals_with_the_first_key() {
    let old = ring(&[("old", 1)]);
    let stored = old.seal(&PLACE, "hunter22");
    let both = ring(&[("new", 2), ("old", 1)]);
    assert!(both.needs_rotation(&stored) && !old.needs_rotation(&stored));
    assert!(both.has("old") && both.has("new") && !both.has("other"));
    let resealed = both.reseal(&PLACE, &stored).unwrap().unwrap();
    assert_eq!(kid_of(&resealed), Some("new"));
    assert_eq!(both.reseal(&PLACE, &resealed), Ok(None));
    let new = ring(&[("new", 2)]);
    assert_eq!(opened(&new, &PLACE, &resealed).unwrap(), "hunter22");
    assert_eq!(both.reseal(&PLACE, "clear"), Err(OpenError::InTheClear));
}

#[test]
fn debug_and_errors_hold_no_key() {
    let ring = ring(&[("a", 1), ("b", 2)]);
    assert_eq!(format!("{ring:?}"), r#"KeyRing(["a", "b"])"#);
    let secret = ring.open(&PLACE, &ring.seal(&PLACE, "hunter22")).unwrap();
    assert!(!format!("{secret:?}").contains("hunter22"));
}

proptest! {
    #[test]
    fn any_text_opens_as_it_was(secret: String, table: String, row: String, field: String, owner: String) {
        let ring = ring(&[("a", 1)]);
        let place = Place { table: &table, row: &row, field: &field, owner: &owner };
        let stored = ring.seal(&place, &secret);
        prop_assert_eq!(opened(&ring, &place, &stored), Ok(secret));
    }

    #[test]
    fn any_other_place_is_refused(a in "[a-c]{0,3}", b in "[a-c]{0,3}", c in "[a-c]{0,3}", d in "[a-c]{0,3}", other in "[a-c]{0,3}", at in 0..4_usize) {
        let ring = ring(&[("a", 1)]);
        let place = Place { table: &a, row: &b, field: &c, owner: &d };
        let mut moved = place;
        match at {
            0 => moved.table = &other,
            1 => moved.row = &other,
            2 => moved.field = &other,
            _ => moved.owner = &other,
        }
        let stored = ring.seal(&place, "x");
        prop_assert_eq!(opened(&ring, &moved, &stored).is_ok(), moved == place);
    }

    #[test]
    fn any_changed_byte_is_noticed(secret in ".{0,20}", at: prop::sample::Index, bit in 0..8_u8) {
        let ring = ring(&[("a", 1)]);
        let stored = ring.seal(&PLACE, &secret);
        let mut bytes = BASE64.decode(&stored["v1.a.".len()..]).unwrap();
        *at.get_mut(&mut bytes) ^= 1 << bit;
        let changed = format!("v1.a.{}", BASE64.encode(bytes));
        prop_assert_eq!(opened(&ring, &PLACE, &changed), Err(OpenError::Damaged));
    }

    #[test]
    fn no_text_makes_it_panic(stored in ".{0,40}", tail in "[A-Za-z0-9+/=]{0,40}") {
        let ring = ring(&[("a", 1)]);
        let _ = ring.open(&PLACE, &stored);
        let opened = ring.open(&PLACE, &format!("v1.a.{tail}"));
        prop_assert!(opened.is_err());
    }
}
