//! Extracts the bearer token of a request. `auth` verifies it.

use http::{HeaderMap, header};

/// The request's credentials are missing or not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// There is a token, or more than one `Authorization` header.
    pub token_given: bool,
}

/// The token of the only `Authorization` header.
pub(crate) fn token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (given.next(), given.next());
    if second.is_some() {
        return Err(Refusal { token_given: true });
    }
    let token = first
        .and_then(|value| value.to_str().ok())
        .and_then(after_scheme);
    token.ok_or(Refusal { token_given: false })
}

/// The token after the scheme, which is compared case-insensitively (RFC 9110 section 11.1).
fn after_scheme(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
