use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::config::Config;

const KEY: &str = "a signing key of more than thirty-two bytes";

fn settings() -> JwtSettings {
    JwtSettings {
        key: KEY.into(),
        issuer: None,
        audience: None,
    }
}

fn now() -> u64 {
    jsonwebtoken::get_current_timestamp()
}

fn sign_with(header: &Header, key: &str, claims: &Value) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

fn sign(claims: &Value) -> String {
    sign_with(&Header::new(Algorithm::HS256), KEY, claims)
}

fn user(settings: &JwtSettings, claims: &Value) -> Option<String> {
    Verifier::new(settings)
        .verify(&sign(claims))
        .ok()
        .map(|caller| caller.user_id().to_owned())
}

#[test]
fn a_valid_token_names_its_caller_and_other_claims_are_ignored() {
    let claims =
        json!({"sub": "ann", "exp": now() + 60, "iat": "x", "iss": 5, "aud": ["y"], "jti": null});
    assert_eq!(user(&settings(), &claims).as_deref(), Some("ann"));
}

#[test]
fn a_minted_token_is_accepted_with_issuer_and_audience() {
    let settings = JwtSettings {
        issuer: Some("api".into()),
        audience: Some("agent".into()),
        ..settings()
    };
    let token = mint(
        &settings,
        &Subject::parse("ann").unwrap(),
        Duration::from_secs(60),
    )
    .unwrap();
    assert_eq!(
        Verifier::new(&settings).verify(&token).unwrap().user_id(),
        "ann"
    );
}

#[test]
fn issuer_and_audience_are_required_and_must_match_when_set() {
    let both = JwtSettings {
        issuer: Some("api".into()),
        audience: Some("agent".into()),
        ..settings()
    };
    let claims =
        |iss: Value, aud: Value| json!({"sub": "ann", "exp": now() + 60, "iss": iss, "aud": aud});
    assert!(user(&both, &claims(json!("api"), json!("agent"))).is_some());
    assert!(user(&both, &claims(json!("api"), json!(["other", "agent"]))).is_some());
    for wrong in [
        json!("other"),
        json!(["api"]),
        json!(["api", "api"]),
        json!({"api": "api"}),
        json!(1),
        json!(null),
    ] {
        assert!(
            user(&both, &claims(wrong.clone(), json!("agent"))).is_none(),
            "iss {wrong}"
        );
    }
    for wrong in [
        json!("other"),
        json!([]),
        json!(["agent", 1]),
        json!({"agent": "agent"}),
        json!(1),
        json!(null),
    ] {
        assert!(
            user(&both, &claims(json!("api"), wrong.clone())).is_none(),
            "aud {wrong}"
        );
    }
    assert!(user(&both, &json!({"sub": "ann", "exp": now() + 60})).is_none());
}

#[test]
fn exp_and_nbf_have_thirty_seconds_of_leeway() {
    let at = |exp: u64, nbf: u64| user(&settings(), &json!({"sub": "ann", "exp": exp, "nbf": nbf}));
    assert!(at(now() - 25, 0).is_some());
    assert!(at(now() - 35, 0).is_none());
    assert!(at(now() + 60, now() + 25).is_some());
    assert!(at(now() + 60, now() + 40).is_none());
}

#[test]
fn missing_claims_and_claims_of_a_wrong_type_are_refused() {
    let exp = now() + 60;
    for claims in [
        json!({"sub": "ann"}),
        json!({"exp": exp}),
        json!({"sub": "", "exp": exp}),
        json!({"sub": 7, "exp": exp}),
        json!({"sub": null, "exp": exp}),
        json!({"sub": ["ann"], "exp": exp}),
        json!({"sub": "a\u{7}b", "exp": exp}),
        json!({"sub": "a\u{85}b", "exp": exp}),
        json!({"sub": "x".repeat(257), "exp": exp}),
        json!({"sub": "ann", "exp": "soon"}),
        json!({"sub": "ann", "exp": null}),
        json!({"sub": "ann", "exp": -5}),
        json!({"sub": "ann", "exp": [exp]}),
        json!({"sub": "ann", "exp": 1e30}),
        json!({"sub": "ann", "exp": exp, "nbf": "x"}),
        json!({"sub": "ann", "exp": exp, "nbf": [0]}),
        json!({"sub": "ann", "exp": exp, "nbf": null}),
        json!(["ann"]),
    ] {
        assert!(user(&settings(), &claims).is_none(), "{claims}");
    }
    assert!(user(&settings(), &json!({"sub": "ü".repeat(256), "exp": exp})).is_some());
}

#[test]
fn the_key_is_used_as_its_raw_bytes_neither_trimmed_nor_decoded() {
    let claims = json!({"sub": "ann", "exp": now() + 60}).to_string();
    let parts = [r#"{"alg":"HS256"}"#, &claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let signed = parts.join(".");
    let token = |key: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let tag = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
        format!("{signed}.{tag}")
    };
    for (setting, others) in [
        (" ключ= ", ["ключ=", "ключ"]),
        ("\tc2VjcmV0\n", ["c2VjcmV0", "secret"]),
    ] {
        let variables = [("ANTHROPIC_API_KEY", "k"), ("JWT_SIGNING_KEY", setting)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let verifier = Verifier::new(&Config::from_iter(variables).unwrap().jwt);
        assert!(verifier.verify(&token(setting)).is_ok(), "{setting:?}");
        for other in others {
            assert!(verifier.verify(&token(other)).is_err(), "{other:?}");
        }
    }
}

#[test]
fn tokens_with_another_algorithm_or_key_or_with_critical_extensions_are_refused() {
    let claims = json!({"sub": "ann", "exp": now() + 60});
    let verify = |token: &str| Verifier::new(&settings()).verify(token).is_ok();
    assert!(verify(&sign(&claims)));
    assert!(!verify(&sign_with(
        &Header::new(Algorithm::HS512),
        KEY,
        &claims
    )));
    assert!(!verify(&sign_with(
        &Header::new(Algorithm::HS256),
        "another key",
        &claims
    )));
    let critical = Header {
        crit: Some(vec!["b64".into()]),
        ..Header::new(Algorithm::HS256)
    };
    assert!(!verify(&sign_with(&critical, KEY, &claims)));
    // {"alg":"none"}.{"sub":"ann","exp":4102444800}.
    assert!(!verify(
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9."
    ));
    for garbage in ["", ".", "..", "a.b.c", "é.é.é"] {
        assert!(!verify(garbage), "{garbage}");
    }
}

/// A token with this header and these claims as they are written.
fn signed(header: &str, claims: &str) -> String {
    let signed = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let signed = signed.join(".");
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
    let tag = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{tag}")
}

const HS256: &str = r#"{"alg":"HS256"}"#;

fn user_of(settings: &JwtSettings, header: &str, claims: &str) -> Option<String> {
    let claims = claims.replace("EXP", &(now() + 60).to_string());
    let verified = Verifier::new(settings).verify(&signed(header, &claims));
    verified.ok().map(|caller| caller.user_id().to_owned())
}

#[test]
fn what_is_ignored_may_be_anything_that_json_can_write() {
    let deep = format!(
        r#"{{"sub":"ann","exp":EXP,"x":{}{}}}"#,
        "[".repeat(5000),
        "]".repeat(5000)
    );
    for claims in [
        r#"{"\ud83d":1,"sub":"ann","exp":EXP}"#,
        r#"{"su\ud83d":"bob","sub":"ann","exp":EXP,"\ude00":{"\ud83d":"\ud83d"}}"#,
        r#"{"sub":"ann","exp":EXP,"iss":"\ud800","aud":"\udc00"}"#,
        r#"{"sub":"ann","exp":EXP,"iss":{"a":1e400},"aud":[1e400]}"#,
        r#"{"sub":"ann","exp":EXP,"iss":null,"aud":null,"jti":1e400}"#,
        r#"{"sub":"\u0061nn","exp":EXP,"iss":["\ud83d"]}"#,
        &deep,
    ] {
        assert_eq!(
            user_of(&settings(), HS256, claims).as_deref(),
            Some("ann"),
            "{claims}"
        );
    }
    for header in [
        r#"{"alg":"HS256","kid":"\ud83d"}"#,
        r#"{"alg":"HS256","\ud83d":"\ude00","typ":7,"kid":1e400}"#,
        r#"{"alg":"\u0048S256","x":"\ud83d"}"#,
    ] {
        let claims = r#"{"sub":"ann","exp":EXP}"#;
        assert!(user_of(&settings(), header, claims).is_some(), "{header}");
    }
}

#[test]
fn half_a_surrogate_pair_never_becomes_part_of_what_identifies() {
    let both = JwtSettings {
        issuer: Some("a\u{fffd}".into()),
        audience: Some("b\u{fffd}".into()),
        ..settings()
    };
    let claims =
        |iss: &str, aud: &str| format!(r#"{{"sub":"ann","exp":EXP,"iss":{iss},"aud":{aud}}}"#);
    let is_good = |iss, aud| user_of(&both, HS256, &claims(iss, aud)).is_some();
    assert!(is_good(r#""a\ufffd""#, r#"["\ud83d\ude00","b\ufffd"]"#));
    for (iss, aud) in [
        (r#""a\ud83d""#, r#""b\ufffd""#),
        (r#""a\ufffd""#, r#""b\ude00""#),
        (r#""a\ufffd""#, r#"["b\ufffd","\ude00"]"#),
        (r#""a\ufffd""#, r#"[1e400,"b\ufffd"]"#),
        (r#"{"a":1e400}"#, r#""b\ufffd""#),
    ] {
        assert!(!is_good(iss, aud), "{iss} {aud}");
    }
    let replaced = r#"{"sub":"a\ufffd","exp":EXP}"#;
    assert_eq!(
        user_of(&settings(), HS256, replaced).as_deref(),
        Some("a\u{fffd}")
    );
    for (header, claims) in [
        (HS256, r#"{"sub":"a\ud83d","exp":EXP}"#),
        (HS256, r#"{"sub":"\ude00","exp":EXP,"\ud83d":1}"#),
        (HS256, r#"{"sub":"ann","sub":"bob","exp":EXP,"\ud83d":1}"#),
        (HS256, r#"{"sub":"ann","exp":"\ud83d","x":EXP}"#),
        (HS256, r#"{"sub":"ann","exp":1e400}"#),
        (HS256, r#"{"sub":"ann","exp":EXP,"nbf":1e400}"#),
        (HS256, r#"{"sub":"ann","exp":EXP,"x":NaN}"#),
        (HS256, r#"{"sub":"ann","exp":EXP} {}"#),
        (r#"{"alg":"HS256\ud83d"}"#, replaced),
        (r#"{"alg":"HS256","crit":["\ud83d"]}"#, replaced),
    ] {
        assert_eq!(
            user_of(&settings(), header, claims),
            None,
            "{header} {claims}"
        );
    }
}
