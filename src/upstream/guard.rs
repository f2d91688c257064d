//! SSRF guard: where the URLs that users give may lead.
//!
//! Such a URL reaches public addresses over https alone, unless the operator allows more (`OUTBOUND_ALLOW`). Names are
//! judged when they are dialled: the client's own resolver drops forbidden addresses, so the address that was checked is
//! the one that is dialled, whatever the name resolves to at another time. Redirects are not followed, and proxies are not
//! used: their resolver is unknown.

mod client;
mod resolver;
mod rule;

use std::{net::IpAddr, sync::Arc, time::Duration};

use reqwest::ClientBuilder;
use url::{Host, Url};

use super::{address::is_dialable, client::builder_for};
pub use client::GuardedClient;
pub use resolver::{Lookup, is_refusal};
use resolver::{Resolver, system_lookup};
pub use rule::{AllowRule, InvalidRule};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The rules for URLs that users give. Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    allow: Arc<[AllowRule]>,
    lookup: Lookup,
}

/// Why a URL is refused, in words for whoever gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("is not a URL with a host")]
    Malformed,
    #[error("must be an https URL")]
    Scheme,
    #[error("must not contain a user name or a password")]
    UserInfo,
    #[error("names an address that is not public")]
    Address,
}

/// Which addresses a URL may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Public addresses, and the networks that are allowed.
    Public,
    /// The networks that are allowed: for http.
    Networks,
    /// Any: the operator has named the host.
    Any,
}

impl Guard {
    pub fn new(allow: impl IntoIterator<Item = AllowRule>) -> Self {
        Self {
            allow: allow.into_iter().collect(),
            lookup: system_lookup(),
        }
    }

    /// Resolves names by `lookup` in place of the system's resolver.
    #[must_use]
    pub fn with_lookup(self, lookup: Lookup) -> Self {
        Self { lookup, ..self }
    }

    /// Parses and checks a URL of a user. Names are not resolved.
    pub fn judge(&self, url: &str) -> Result<Url, Refused> {
        let url = Url::parse(url).map_err(|_| Refused::Malformed)?;
        self.reach(&url)?;
        Ok(url)
    }

    /// A client for `url` alone.
    pub fn builder_for(&self, url: &Url) -> Result<ClientBuilder, Refused> {
        let reach = self.reach(url)?;
        let builder = builder_for(url).https_only(url.scheme() == "https");
        Ok(self.guarded(builder, reach))
    }

    fn guarded(&self, builder: ClientBuilder, reach: Reach) -> ClientBuilder {
        let resolver = Resolver {
            guard: self.clone(),
            reach,
        };
        builder
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .dns_resolver(resolver)
    }

    fn reach(&self, url: &Url) -> Result<Reach, Refused> {
        let is_http = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(Refused::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        let (host, port) = (url.host(), url.port_or_known_default());
        let (Some(host), Some(port)) = (host, port) else {
            return Err(Refused::Malformed);
        };
        if self.allow.iter().any(|rule| rule.names(&host, port)) {
            return Ok(Reach::Any);
        }
        let reach = if is_http {
            Reach::Networks
        } else {
            Reach::Public
        };
        match host {
            Host::Domain(_) if is_http && !self.allow.iter().any(AllowRule::is_network) => {
                Err(Refused::Scheme)
            }
            Host::Domain(_) => Ok(reach),
            Host::Ipv4(ip) => self.literal(ip.into(), reach),
            Host::Ipv6(ip) => self.literal(ip.into(), reach),
        }
    }

    /// For an address in a URL, of which no resolver is asked.
    fn literal(&self, ip: IpAddr, reach: Reach) -> Result<Reach, Refused> {
        match reach {
            _ if self.may_dial(ip, reach) => Ok(reach),
            Reach::Networks if is_dialable(ip) => Err(Refused::Scheme),
            _ => Err(Refused::Address),
        }
    }

    fn may_dial(&self, ip: IpAddr, reach: Reach) -> bool {
        match reach {
            Reach::Any => true,
            Reach::Public if is_dialable(ip) => true,
            Reach::Public | Reach::Networks => self.allow.iter().any(|rule| rule.contains(ip)),
        }
    }
}

#[cfg(test)]
mod tests;
