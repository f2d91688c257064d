use super::*;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const ID_OF_VECTOR: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
const SIGNED: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

fn secret(text: &str) -> CallbackSecret {
    CallbackSecret::parse(text).unwrap()
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn headers(changes: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let usual = [
        (ID, ID_OF_VECTOR),
        (TIMESTAMP, "1649367553"),
        (SIGNATURE, SIGNED),
    ];
    for (name, value) in usual.iter().chain(changes) {
        headers.insert(*name, value.parse().unwrap());
    }
    headers
}

fn check(headers: &HeaderMap, body: &[u8], now: i64) -> Result<String, Unverified> {
    verify(&secret(SECRET), headers, body, moment(now)).map(str::to_owned)
}

#[test]
fn the_vector_of_the_specification_is_signed_and_verified() {
    let signer = Signer::new(&[secret(SECRET)]);
    assert_eq!(
        signer.sign(ID_OF_VECTOR, moment(1_649_367_553), BODY),
        SIGNED
    );
    assert_eq!(
        check(&headers(&[]), BODY, 1_649_367_553),
        Ok(ID_OF_VECTOR.to_owned())
    );
}

#[test]
fn each_secret_signs_and_either_verifies() {
    let signer = Signer::new(&[secret(OTHER), secret(SECRET)]);
    let both = signer.sign(ID_OF_VECTOR, moment(1_649_367_553), BODY);
    assert_eq!(both.split(' ').count(), 2);
    assert!(both.ends_with(SIGNED));
    for known in [SECRET, OTHER] {
        let headers = headers(&[(SIGNATURE, &both)]);
        assert!(verify(&secret(known), &headers, BODY, moment(1_649_367_553)).is_ok());
    }
    let headers = headers(&[]);
    let verified = verify(&secret(OTHER), &headers, BODY, moment(1_649_367_553));
    assert_eq!(verified, Err(Unverified::Signature));
}

#[test]
fn a_changed_request_is_not_verified() {
    let now = 1_649_367_553;
    let unverified =
        |changes: &[(&'static str, &str)]| check(&headers(changes), BODY, now).unwrap_err();
    assert_eq!(check(&headers(&[]), b"{}", now), Err(Unverified::Signature));
    assert_eq!(unverified(&[(ID, "msg_other")]), Unverified::Signature);
    assert_eq!(
        unverified(&[(TIMESTAMP, "1649367554")]),
        Unverified::Signature
    );
    for signature in [
        "",
        "v1,",
        "v1",
        "v1a,tZ1I4",
        &SIGNED[3..],
        &format!("v2,{}", &SIGNED[3..]),
        &SIGNED[..40],
    ] {
        assert_eq!(
            unverified(&[(SIGNATURE, signature)]),
            Unverified::Signature,
            "{signature}"
        );
    }
    assert_eq!(unverified(&[(ID, "")]), Unverified::Headers);
    assert_eq!(unverified(&[(ID, "a.b")]), Unverified::Signature);
    for timestamp in [
        "",
        "now",
        "-1649367553",
        "+1649367553",
        "1649367553.5",
        "99999999999999999999",
    ] {
        assert_eq!(
            unverified(&[(TIMESTAMP, timestamp)]),
            Unverified::Timestamp,
            "{timestamp}"
        );
    }
}

#[test]
fn an_id_with_a_dot_is_never_verified_and_named_only_with_a_right_signature() {
    let at = 1_649_367_553;
    let signed = Signer::new(&[secret(SECRET)]).sign("msg.1", moment(at), BODY);
    let right = headers(&[(ID, "msg.1"), (SIGNATURE, &signed)]);
    assert_eq!(check(&right, BODY, at), Err(Unverified::Id));
    assert_eq!(check(&right, b"{}", at), Err(Unverified::Signature));
}

#[test]
fn a_header_that_is_missing_or_there_twice_is_refused() {
    for name in [ID, TIMESTAMP, SIGNATURE] {
        let mut without = headers(&[]);
        without.remove(name);
        assert_eq!(
            check(&without, BODY, 1_649_367_553),
            Err(Unverified::Headers)
        );
        let mut twice = headers(&[]);
        let value = twice[name].clone();
        twice.append(name, value);
        assert_eq!(check(&twice, BODY, 1_649_367_553), Err(Unverified::Headers));
    }
}

#[test]
fn a_timestamp_may_be_five_minutes_off() {
    for (off, good) in [
        (0, true),
        (300, true),
        (301, false),
        (-300, true),
        (-301, false),
    ] {
        let verified = check(&headers(&[]), BODY, 1_649_367_553 + off);
        assert_eq!(verified.is_ok(), good, "{off}: {verified:?}");
    }
}

#[test]
fn new_secrets_are_valid_and_differ() {
    let (one, other) = (new_secret(), new_secret());
    assert!(CallbackSecret::parse(one.expose_secret()).is_some());
    assert_ne!(one.expose_secret(), other.expose_secret());
    assert_eq!(
        format!("{:?}", Signer::new(&[secret(SECRET)])),
        "Signer(1 keys)"
    );
}
