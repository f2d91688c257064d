//! The settings of the Temporal server that dispatches runs.

use url::Url;

use crate::config::{
    reader::Reader,
    variables::{self as var},
};

/// A task queue of a Temporal server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemporalConfig {
    /// `http` or, with TLS, `https`.
    pub url: Url,
    pub namespace: String,
    pub task_queue: String,
}

impl TemporalConfig {
    /// `None`: runs are dispatched by the database.
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let url = reader.optional(&var::TEMPORAL_ADDRESS, url);
        let text = |reader: &Reader, variable| reader.text(variable).unwrap_or_default().to_owned();
        let config = Self {
            namespace: text(reader, &var::TEMPORAL_NAMESPACE),
            task_queue: text(reader, &var::TEMPORAL_TASK_QUEUE),
            url: url?,
        };
        if cfg!(feature = "temporal") {
            return Some(config);
        }
        // Whoever names a Temporal server must not get another engine in silence.
        let what = "is set, but this build cannot dispatch runs by Temporal: it needs the cargo feature `temporal`; unset it to dispatch \
            them by the database";
        reader.fault(var::TEMPORAL_ADDRESS.name, what);
        None
    }
}

/// `host:port`, or with TLS `https://host:port`.
fn url(text: &str) -> Option<Url> {
    let url = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let url = Url::parse(&url).ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    let is_known = matches!(url.scheme(), "http" | "https");
    (is_known && is_bare && is_anonymous && url.port_or_known_default().is_some()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port_and_nothing_else() {
        let parsed = |text| url(text).map(String::from);
        assert_eq!(
            parsed("localhost:7233").as_deref(),
            Some("http://localhost:7233/")
        );
        assert_eq!(
            parsed("https://a.example:7233").as_deref(),
            Some("https://a.example:7233/")
        );
        for wrong in [
            "",
            ":7233",
            "a:b",
            "grpc://a:7233",
            "a:7233/x",
            "u:p@a:7233",
            "a:7233?x",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
