//! The OAuth protected resource: its URL, metadata URL and accepted audiences (RFC 8707, RFC 9728), and the allowed hosts
//! and origins of requests (against DNS rebinding).

mod forwarded;

use http::{HeaderMap, HeaderValue, Uri, header};
use url::Url;

use crate::config::{Cors, HostRule, WorkoutConfig};

const PATH: &str = "/mcp";
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The allowed hosts of requests, and the URL that tokens are issued for.
pub struct ProtectedResource {
    rules: Vec<HostRule>,
    origins: Cors,
    public: Option<Url>,
    /// `OAUTH_AUDIENCE`.
    audience: Option<String>,
    has_issuer: bool,
}

/// The checked host of a request: safe to repeat in a URL or a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

impl ProtectedResource {
    pub fn from_config(config: &WorkoutConfig) -> Self {
        Self {
            origins: config.cors.clone(),
            audience: config.oauth_audience.clone(),
            has_issuer: config.oauth_issuer.is_some(),
            ..Self::new(config.allowed_hosts.clone(), config.public_url.clone())
        }
    }

    /// The public URL's host is allowed without being listed.
    fn new(mut rules: Vec<HostRule>, public: Option<Url>) -> Self {
        if let Some(host) = public.as_ref().and_then(Url::host_str) {
            let host = host.to_owned();
            rules.push(HostRule { host, port: None });
        }
        Self {
            rules,
            origins: Cors::Off,
            public,
            audience: None,
            has_issuer: false,
        }
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

    /// Browsers send the page's origin.
    pub fn allows_origin(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(header::ORIGIN).iter();
        match (given.next(), given.next()) {
            (None, _) => true,
            (Some(origin), None) => self.is_origin_allowed(origin),
            _ => false,
        }
    }

    /// True for the origins of `CORS_ALLOWED_ORIGINS` and of the allowed hosts. The port of the latter does not matter: on a
    /// developer's machine the page has another one.
    pub fn is_origin_allowed(&self, origin: &HeaderValue) -> bool {
        let is_listed = match &self.origins {
            Cors::Off => false,
            Cors::Any => true,
            Cors::Origins(origins) => origins.contains(origin),
        };
        let url = origin.to_str().ok().and_then(web_url);
        let host = url.as_ref().and_then(Url::host_str);
        is_listed || host.is_some_and(|host| self.rules.iter().any(|rule| rule.host == host))
    }

    /// True if the client reaches this server by https, as a proxy says, and the server, which has an OAuth issuer, knows only
    /// its `http:` URL (`MCP_PUBLIC_URL` is not set): it must not announce that one.
    pub fn lacks_public_url(&self, headers: &HeaderMap) -> bool {
        self.has_issuer && self.public.is_none() && forwarded::is_https(headers)
    }

    /// True if a token for this audience is for this server.
    pub fn accepts_audience(&self, audience: &str) -> bool {
        if let Some(ours) = &self.audience {
            return audience == ours;
        }
        let Some(named) = web_url(audience) else {
            return false;
        };
        if let Some(public) = &self.public {
            return trimmed(&named) == trimmed(public);
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
            Some(public) => trimmed(public).to_owned(),
            // A proxy's header about TLS could be forged.
            None => format!("http://{}{PATH}", host.0),
        }
    }

    /// What [`Self::accepts_audience`] accepts, in words, for the log.
    pub fn accepted_audience(&self) -> String {
        match (&self.audience, &self.public) {
            (Some(audience), _) => audience.clone(),
            (None, Some(public)) => trimmed(public).to_owned(),
            (None, None) => format!("{PATH} at a host of MCP_ALLOWED_HOSTS"),
        }
    }

    /// The origin at which clients reach the server.
    pub fn origin(&self, host: &Host) -> String {
        match &self.public {
            Some(public) => public.origin().ascii_serialization(),
            None => format!("http://{}", host.0),
        }
    }

    /// The URL of the resource's metadata document (RFC 9728 section 3.1).
    pub fn metadata_url(&self, host: &Host) -> String {
        let path = self.public.as_ref().map_or(PATH, Url::path);
        let path = path.trim_end_matches('/');
        format!("{}{WELL_KNOWN}{path}", self.origin(host))
    }

    /// True if a path, without its leading slash, is the resource's.
    pub fn has_path(&self, path: &str) -> bool {
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

fn trimmed(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

#[cfg(test)]
mod tests;
