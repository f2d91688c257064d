//! Fuzz target: any body of `POST /webhook` is accepted or refused as the rules of `reference` say, by whatever settings, and
//! what is accepted means the same to both.

mod made;
mod reference;

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use made::{CANARY, Case, Settings, case};
use reference::{Verdict, verdict};

use super::request::{Identity, PromptRequest, check_fields};
use crate::{
    config::RunsConfig,
    fuzz::{Choices, without_halves},
    http::problem::{Code, Problem},
    process::{
        json::mend_bytes,
        memory::json::{MAX_VALUES, RAW_VALUE_KEY, count_values, max_values},
    },
    runs::http::{choice::Connections, json, rules::Rules},
    upstream::guard::Guard,
};

/// The longest detail of an error: it may name fields, but does not repeat what was sent.
const MAX_DETAIL: usize = 1000;

/// The target. The first bytes choose the settings and the header, and whether the rest is a body, or choices for one.
pub fn webhook(bytes: &[u8]) {
    let case = case(Choices::new(bytes));
    let config = config(case.settings);
    let guard = Guard::new(config.outbound_allow.iter().cloned());
    let rules = Rules {
        config,
        guard: &guard,
        encrypts: !config.encryption_keys.is_empty(),
    };
    let accepted = accepted(rules, &case);
    let expected = verdict(case.settings, case.header, &case.body);
    let shown = String::from_utf8_lossy(&case.body);
    match (expected, accepted) {
        (Verdict::Unjudged, Ok(_)) => {}
        (Verdict::Accepted(expected), Ok(accepted)) => assert_eq!(accepted, expected, "{shown}"),
        (Verdict::Refused(_), Ok(_)) => panic!("accepted: {shown}"),
        (Verdict::Accepted(_), Err(problem)) => panic!("refused by {problem:?}: {shown}"),
        (Verdict::Refused(codes), Err(problem)) => {
            assert!(codes.contains(&problem.code), "{problem:?}: {shown}");
            check_problem(&problem, &case);
        }
        (Verdict::Unjudged, Err(problem)) => check_problem(&problem, &case),
    }
}

/// The steps of the handler up to the database: what a repeated request must equal, and the request id.
fn accepted(rules: Rules<'_>, case: &Case) -> Result<(Value, Option<String>), Problem> {
    let body = mend_bytes(Bytes::copy_from_slice(&case.body));
    if let Ok(sent) = std::str::from_utf8(&case.body) {
        assert_eq!(body, without_halves(sent), "a half is not U+FFFD");
    }
    let headers: HeaderMap = case
        .header
        .iter()
        .map(|id| {
            let name = http::HeaderName::from_static("idempotency-key");
            (name, HeaderValue::from_static(id))
        })
        .collect();
    let request: PromptRequest = json::parse(&body, max_values(&body))?;
    let choice = Connections::all(rules.config);
    let identity = Identity::new(rules, &choice, &headers, &request)?;
    check_fields(rules, &request)?;
    Ok((identity.body, identity.request_id))
}

/// An error names a place and says what is wrong there, and repeats no value of the body.
fn check_problem(problem: &Problem, case: &Case) {
    let text = problem.to_string();
    let (_, detail) = text.split_once(": ").expect("a code and a detail");
    let shown = String::from_utf8_lossy(&case.body);
    assert!(
        detail.chars().count() <= MAX_DETAIL,
        "{} bytes of detail",
        detail.len()
    );
    assert!(!detail.chars().any(char::is_control), "{detail:?}");
    let named = serde_json::from_slice(&case.body).is_ok_and(|body| has_key(&body, CANARY));
    assert!(
        named || !detail.contains(CANARY),
        "{detail} repeats {shown}"
    );
    match problem.code {
        Code::InvalidRequest => {
            let (place, why) = detail.split_once(": ").expect("a place");
            assert!(!place.is_empty() && !why.is_empty(), "{detail}");
        }
        Code::InvalidJson => {
            assert!(detail.starts_with("The body is not JSON"), "{detail}");
        }
        Code::EncryptionNotConfigured => {
            assert!(detail.contains("RUNS_ENCRYPTION_KEYS"), "{detail}");
        }
        _ => panic!("another error: {problem:?}"),
    }
}

/// Names of fields may be repeated.
fn has_key(value: &Value, part: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| has_key(item, part)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains(part) || has_key(value, part)),
        _ => false,
    }
}

/// True for what no parser of ours takes, although it may be JSON.
fn is_refused_unread(body: &[u8]) -> bool {
    count_values(body) > MAX_VALUES
        || memchr::memmem::find(body, RAW_VALUE_KEY.as_bytes()).is_some()
}

/// Read once: that takes longer than a case.
fn config(settings: Settings) -> &'static RunsConfig {
    static CONFIGS: LazyLock<[RunsConfig; 3]> = LazyLock::new(|| {
        Settings::ALL.map(|settings| {
            let variables = settings.variables().into_iter();
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            RunsConfig::from_iter(variables.map(owned)).expect("valid settings")
        })
    });
    &CONFIGS[settings as usize]
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    #[test]
    fn seeds_of_the_webhook_hold() {
        crate::fuzz::replay("webhook", super::webhook);
    }

    #[test]
    fn random_prompts_are_judged_as_the_reference_says() {
        let mut random = StdRng::seed_from_u64(20_261_129);
        for _ in 0..3000 {
            let length = random.random_range(0..400);
            let bytes: Vec<u8> = (0..length).map(|_| random.random()).collect();
            super::webhook(&bytes);
        }
    }
}
