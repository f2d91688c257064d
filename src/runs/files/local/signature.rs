//! Signed URLs of a local store: HMAC-SHA256 over all that a download depends on.

use std::borrow::Cow;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use url::{Url, form_urlencoded};

use super::FileKey;

/// Of the path, and of what is signed: keys may sign other things some day.
const FILES: &str = "files";

/// What a URL gives access to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claims {
    pub(super) key: FileKey,
    /// In seconds since 1970: the last one in which the URL is valid.
    pub(super) expires: u64,
    pub(super) content_type: String,
    /// Under which the file is downloaded.
    pub(super) name: String,
}

impl Claims {
    /// The URL under `base`.
    pub(super) fn url(&self, secret: &hmac::Key, base: &Url) -> Url {
        let mut url = base.clone();
        url.set_fragment(None);
        url.set_query(None);
        let execution_id = self.key.execution_id().to_string();
        if let Ok(mut segments) = url.path_segments_mut() {
            let path = [FILES, &execution_id, self.key.part()];
            segments.pop_if_empty().extend(path);
        }
        let signature = BASE64.encode(hmac::sign(secret, &self.signed_bytes()));
        url.query_pairs_mut()
            .append_pair("expires", &self.expires.to_string())
            .append_pair("type", &self.content_type)
            .append_pair("name", &self.name)
            .append_pair("signature", &signature);
        url
    }

    /// The claims of a request, if they are signed. They may have expired.
    pub(super) fn verify(secret: &hmac::Key, path: &str, query: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?.strip_prefix(FILES)?;
        let (execution_id, part) = path.strip_prefix('/')?.split_once('/')?;
        let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let claims = Self {
            key: FileKey::from_parts(execution_id, part)?,
            expires: only(&parameters, "expires")?.parse().ok()?,
            content_type: only(&parameters, "type")?.to_owned(),
            name: only(&parameters, "name")?.to_owned(),
        };
        let signature = BASE64.decode(only(&parameters, "signature")?).ok()?;
        hmac::verify(secret, &claims.signed_bytes(), &signature).ok()?;
        Some(claims)
    }

    /// Each part after its length, so that no two claims have the same bytes.
    fn signed_bytes(&self) -> Vec<u8> {
        let (key, expires) = (self.key.to_string(), self.expires.to_string());
        let parts = [FILES, &key, &expires, &self.content_type, &self.name];
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

/// The value of a parameter that is there once.
fn only<'a>(parameters: &'a [(Cow<'_, str>, Cow<'_, str>)], name: &str) -> Option<&'a str> {
    let mut values = parameters.iter().filter(|(key, _)| key == name);
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn secret(byte: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32])
    }

    fn claims(name: &str) -> Claims {
        Claims {
            key: FileKey::new(Uuid::from_u128(7), 1, "a.md"),
            expires: 1_764_400_000,
            content_type: "text/markdown; charset=utf-8".to_owned(),
            name: name.to_owned(),
        }
    }

    fn verify(byte: u8, url: &str) -> Option<Claims> {
        let url = Url::parse(url).unwrap();
        Claims::verify(&secret(byte), url.path(), url.query().unwrap_or_default())
    }

    fn base() -> Url {
        Url::parse("https://agent.example.org/?x=1#y").unwrap()
    }

    #[test]
    fn any_change_of_a_url_is_refused() {
        let url = claims("a.md").url(&secret(1), &base()).to_string();
        let start = "https://agent.example.org/files/00000000-0000-0000-0000-000000000007/1-a.md?expires=1764400000&";
        assert!(url.starts_with(start), "{url}");
        assert_eq!(verify(1, &url), Some(claims("a.md")));
        assert_eq!(verify(2, &url), None);
        for (from, to) in [
            ("/1-a.md", "/2-a.md"),
            ("/1-a.md", "/1-b.md"),
            ("0007/", "0008/"),
            ("expires=1", "expires=2"),
            ("markdown", "html"),
            ("name=a", "name=b"),
            ("signature=", "signature=A"),
            ("&signature=", "&x="),
            ("expires=", "expires=9&expires="),
            ("/files/", "/file/"),
            ("/files/", "/files/./x/"),
        ] {
            let changed = url.replacen(from, to, 1);
            assert_ne!(changed, url);
            assert_eq!(verify(1, &changed), None, "{changed}");
        }
    }

    proptest! {
        #[test]
        fn any_name_survives(name: String, other: String) {
            let url = claims(&name).url(&secret(1), &base()).to_string();
            prop_assert_eq!(verify(1, &url), Some(claims(&name)));
            if other != name {
                prop_assert_ne!(claims(&other).signed_bytes(), claims(&name).signed_bytes());
            }
        }
    }
}
