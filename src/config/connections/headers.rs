//! Request headers of a connection: valid, bounded, and none of those that the client sets itself.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

const MAX_HEADERS: usize = 32;
/// Names and values together.
const MAX_BYTES: usize = 16 * 1024;
/// Set by the client, or about the connection.
const RESERVED: [&str; 14] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "last-event-id",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
const RESERVED_PREFIXES: [&str; 2] = ["mcp-", "proxy-"];

/// Headers that a connection sends with every request, such as `authorization`.
#[derive(Debug, Clone, Default)]
pub struct ServerHeaders(BTreeMap<String, (HeaderName, SecretString)>);

/// What is wrong with the headers. The values are not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    #[error("`{0}` is not the name of a header")]
    Name(String),
    #[error("the value of `{0}` is not visible ASCII")]
    Value(HeaderName),
    #[error("`{0}` is set by the client itself")]
    Reserved(HeaderName),
    #[error("`{0}` is given twice")]
    Twice(HeaderName),
    #[error("they are more than {MAX_HEADERS}, or than {MAX_BYTES} bytes")]
    TooMany,
}

impl ServerHeaders {
    pub fn new<N: AsRef<str>, V: Into<SecretString>>(
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, InvalidHeader> {
        let (mut all, mut bytes) = (BTreeMap::new(), 0);
        for (name, value) in headers {
            let (name, value) = (checked(name.as_ref())?, value.into());
            let text = value.expose_secret();
            let is_visible = |b: u8| b == b' ' || b.is_ascii_graphic();
            if !text.bytes().all(is_visible) || text.trim() != text {
                return Err(InvalidHeader::Value(name));
            }
            bytes += name.as_str().len() + text.len();
            if all.len() == MAX_HEADERS || bytes > MAX_BYTES {
                return Err(InvalidHeader::TooMany);
            }
            let key = name.as_str().to_owned();
            if all.insert(key, (name.clone(), value)).is_some() {
                return Err(InvalidHeader::Twice(name));
            }
        }
        Ok(Self(all))
    }

    /// Sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &SecretString)> {
        self.0.values().map(|(name, value)| (name, value))
    }

    /// For requests: the values are marked as sensitive.
    pub(crate) fn to_map(&self) -> HeaderMap {
        let value = |secret: &SecretString| {
            let mut value = HeaderValue::from_str(secret.expose_secret()).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        let headers = self.iter();
        let headers = headers.filter_map(|(name, secret)| Some((name.clone(), value(secret)?)));
        headers.collect()
    }
}

fn checked(name: &str) -> Result<HeaderName, InvalidHeader> {
    let Ok(parsed) = name.parse::<HeaderName>() else {
        let shown = name.chars().filter(|c| !c.is_control()).take(64);
        return Err(InvalidHeader::Name(shown.collect()));
    };
    let text = parsed.as_str();
    let is_reserved = RESERVED.contains(&text)
        || RESERVED_PREFIXES
            .iter()
            .any(|prefix| text.starts_with(prefix));
    if is_reserved {
        return Err(InvalidHeader::Reserved(parsed));
    }
    Ok(parsed)
}
