//! The hosts that requests may name (against DNS rebinding), and the protected resource that OAuth tokens are for
//! (RFC 8707, RFC 9728).

use http::{HeaderMap, Uri, header};
use url::Url;

use crate::config::{HostRule, WorkoutConfig};

const PATH: &str = "/mcp";
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The hosts that requests may name, and the URL that tokens are for.
pub struct Resource {
    rules: Vec<HostRule>,
    public: Option<Url>,
}

/// The checked host of a request: safe to repeat in a URL or a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

impl Resource {
    pub fn from_config(config: &WorkoutConfig) -> Self {
        Self::new(config.allowed_hosts.clone(), config.public_url.clone())
    }

    /// The public URL's host is allowed without being listed.
    fn new(mut rules: Vec<HostRule>, public: Option<Url>) -> Self {
        if let Some(host) = public.as_ref().and_then(Url::host_str) {
            let host = host.to_owned();
            rules.push(HostRule { host, port: None });
        }
        Self { rules, public }
    }

    /// The request's host, if `Host` and a target in absolute form name allowed hosts only.
    pub fn host(&self, uri: &Uri, headers: &HeaderMap) -> Option<Host> {
        let mut given = headers.get_all(header::HOST).iter();
        let named = match (given.next(), given.next()) {
            (Some(host), None) => HostRule::parse(host.to_str().ok()?)?,
            _ => return None,
        };
        let target = uri.authority().map(|other| HostRule::parse(other.as_str()));
        let ours = |host: &HostRule| self.is_allowed(&host.host, host.port);
        let target_is_ours = target.is_none_or(|host| host.as_ref().is_some_and(ours));
        let port = named.port.map(|port| format!(":{port}"));
        let host = || Host(format!("{}{}", named.host, port.unwrap_or_default()));
        (target_is_ours && ours(&named)).then(host)
    }

    /// Browsers send the page's origin. Its port does not matter: on a developer's machine the page has another one.
    pub fn allows_origin(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(header::ORIGIN).iter();
        match (given.next(), given.next()) {
            (None, _) => true,
            (Some(origin), None) => origin
                .to_str()
                .ok()
                .and_then(web_url)
                .and_then(|url| Some(url.host_str()?.to_owned()))
                .is_some_and(|host| self.rules.iter().any(|rule| rule.host == host)),
            _ => false,
        }
    }

    /// True if a token for this audience is for this server.
    pub fn is_named_by(&self, audience: &str) -> bool {
        let Some(named) = web_url(audience) else {
            return false;
        };
        if let Some(public) = &self.public {
            return without_slashes(&named) == without_slashes(public);
        }
        let plain = named.query().is_none()
            && named.fragment().is_none()
            && named.username().is_empty()
            && named.password().is_none();
        let host = named.host_str().unwrap_or_default();
        plain
            && named.path().trim_end_matches('/') == PATH
            && self.is_allowed(host, named.port_or_known_default())
    }

    /// The resource's identifier.
    pub fn url(&self, host: &Host) -> String {
        match &self.public {
            Some(public) => without_slashes(public).to_owned(),
            // A proxy's header about TLS could be forged.
            None => format!("http://{}{PATH}", host.0),
        }
    }

    /// The URL of the resource's metadata document (RFC 9728 section 3.1).
    pub fn metadata_url(&self, host: &Host) -> String {
        match &self.public {
            Some(public) => format!(
                "{}{WELL_KNOWN}{}",
                public.origin().ascii_serialization(),
                public.path().trim_end_matches('/')
            ),
            None => format!("http://{}{WELL_KNOWN}{PATH}", host.0),
        }
    }

    /// True if a path, without its leading slash, is the resource's.
    pub fn is_at(&self, path: &str) -> bool {
        let is = |own: &str| own.trim_matches('/') == path.trim_matches('/');
        is(PATH) || self.public.as_ref().is_some_and(|public| is(public.path()))
    }

    fn is_allowed(&self, host: &str, port: Option<u16>) -> bool {
        self.rules
            .iter()
            .any(|rule| rule.host == host && (rule.port.is_none() || rule.port == port))
    }
}

fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn without_slashes(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn resource(rules: &str, public: Option<&str>) -> Resource {
        let rules = rules.split(',').map(|rule| HostRule::parse(rule).unwrap());
        Resource::new(rules.collect(), public.map(|url| url.parse().unwrap()))
    }

    fn headers(name: &http::HeaderName, values: &[&str]) -> HeaderMap {
        let value = |value: &&str| (name.clone(), HeaderValue::from_str(value).unwrap());
        values.iter().map(value).collect()
    }

    #[test]
    fn a_host_is_allowed_at_its_listed_port_or_at_any() {
        let ours = resource("localhost,Example.com:8443,[::1]", None);
        let host = |values: &[&str]| {
            let host = ours.host(&"/mcp".parse().unwrap(), &headers(&header::HOST, values));
            host.map(|host| host.0)
        };
        for (given, checked) in [
            ("localhost", "localhost"),
            ("LOCALHOST:8000", "localhost:8000"),
            ("example.com:8443", "example.com:8443"),
            ("[::1]:8000", "[::1]:8000"),
        ] {
            assert_eq!(host(&[given]).as_deref(), Some(checked));
        }
        for bad in [
            "evil.example",
            "example.com",
            "example.com:80",
            "localhost.evil.example",
            "localhost.",
            "localhost:",
            "evil@localhost",
            "localhost/",
            "local\"host",
            "",
        ] {
            assert_eq!(host(&[bad]), None, "{bad}");
        }
        assert_eq!(host(&[]), None);
        assert_eq!(host(&["localhost", "localhost"]), None);
    }

    #[test]
    fn an_absolute_target_with_another_host_is_refused() {
        let ours = resource("localhost", None);
        let named = headers(&header::HOST, &["localhost"]);
        let is_ours = |uri: &str| ours.host(&uri.parse().unwrap(), &named).is_some();
        assert!(is_ours("http://localhost:8000/mcp"));
        assert!(!is_ours("http://evil.example/mcp"));
    }

    #[test]
    fn an_origin_must_be_absent_or_an_allowed_host() {
        let ours = resource("localhost,example.com:8443,[::1]", None);
        let allows = |values: &[&str]| ours.allows_origin(&headers(&header::ORIGIN, values));
        assert!(allows(&[]));
        for good in [
            "http://localhost:3000",
            "https://example.com",
            "http://[::1]:1",
        ] {
            assert!(allows(&[good]), "{good}");
        }
        for bad in [
            "null",
            "",
            "localhost",
            "ftp://localhost",
            "https://evil.example",
            "https://localhost.evil.example",
        ] {
            assert!(!allows(&[bad]), "{bad}");
        }
        assert!(!allows(&["http://localhost", "http://localhost"]));
    }

    #[test]
    fn the_public_host_is_allowed_without_being_listed() {
        let ours = resource("mcp", Some("https://mcp.example.com/mcp"));
        let host = |host: &str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            ours.host(&Uri::from_static("/mcp"), &headers).is_some()
        };
        assert!(host("mcp.example.com") && host("mcp.example.com:443") && host("mcp:8000"));
        assert!(!host("example.com") && !host("evil.mcp.example.com"));
    }

    #[test]
    fn an_audience_is_the_public_url_or_else_mcp_at_an_allowed_host() {
        let public = resource("mcp", Some("https://mcp.example.com/mcp"));
        for (audience, ours) in [
            ("https://mcp.example.com/mcp", true),
            ("https://MCP.example.com:443/mcp/", true),
            ("http://mcp.example.com/mcp", false),
            ("https://mcp.example.com", false),
            ("http://mcp/mcp", false),
        ] {
            assert_eq!(public.is_named_by(audience), ours, "{audience}");
        }
        let private = resource("mcp,example.com:443", None);
        for (audience, ours) in [
            ("http://mcp:8000/mcp", true),
            ("https://mcp/mcp/", true),
            ("https://example.com/mcp", true),
            ("http://example.com/mcp", false),
            ("http://mcp/", false),
            ("http://mcp/mcp/x", false),
            ("http://mcp/mcp?x", false),
            ("http://mcp/mcp#x", false),
            ("http://me@mcp/mcp", false),
            ("ftp://mcp/mcp", false),
            ("mcp", false),
        ] {
            assert_eq!(private.is_named_by(audience), ours, "{audience}");
        }
    }

    #[test]
    fn the_resource_is_at_its_own_path_and_at_that_of_the_public_url() {
        let ours = resource("mcp", Some("https://example.com/a/mcp"));
        assert!(ours.is_at("mcp") && ours.is_at("a/mcp") && ours.is_at("a/mcp/"));
        assert!(!ours.is_at("b/mcp") && !ours.is_at(""));
        assert!(!resource("mcp", None).is_at("a/mcp"));
    }

    #[test]
    fn the_metadata_url_follows_rfc_9728() {
        let host = Host("mcp:8000".into());
        let at = |public| {
            let ours = resource("mcp", public);
            (ours.url(&host), ours.metadata_url(&host))
        };
        let expected = |url: &str, document: &str| (url.to_owned(), document.to_owned());
        assert_eq!(
            at(None),
            expected(
                "http://mcp:8000/mcp",
                "http://mcp:8000/.well-known/oauth-protected-resource/mcp"
            )
        );
        assert_eq!(
            at(Some("https://example.com/a/mcp/")),
            expected(
                "https://example.com/a/mcp",
                "https://example.com/.well-known/oauth-protected-resource/a/mcp"
            )
        );
    }
}
