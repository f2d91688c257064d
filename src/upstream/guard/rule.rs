//! Entries of `OUTBOUND_ALLOW`: hosts and networks that URLs of users may reach although they are private.

use std::{net::IpAddr, str::FromStr};

use ipnet::IpNet;
use url::Host;

/// A host (on one port or on all), or a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowRule {
    Host { host: Host, port: Option<u16> },
    Network(IpNet),
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "neither a host such as `hooks.internal` or `10.1.2.3:8080`, nor a network such as `10.0.0.0/8`"
)]
pub struct InvalidRule;

impl FromStr for AllowRule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Network(ip.into()));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !text.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| InvalidRule)?))
            }
            _ => (text, None),
        };
        // `*` would be a character of the name.
        if host.contains('*') {
            return Err(InvalidRule);
        }
        match (Host::parse(host).map_err(|_| InvalidRule)?, port) {
            (Host::Ipv4(ip), None) => Ok(Self::Network(IpAddr::from(ip).into())),
            (Host::Ipv6(ip), None) => Ok(Self::Network(IpAddr::from(ip).into())),
            (Host::Domain(name), port) => {
                let host = Host::Domain(rooted(&name).to_owned());
                Ok(Self::Host { host, port })
            }
            (host, port) => Ok(Self::Host { host, port }),
        }
    }
}

impl AllowRule {
    /// True if the rule is about this host of a URL, and the port.
    pub(super) fn names(&self, host: &Host<&str>, port: u16) -> bool {
        let Self::Host {
            host: allowed,
            port: only,
        } = self
        else {
            return false;
        };
        let is_host = match (allowed, host) {
            (Host::Domain(allowed), Host::Domain(name)) => allowed == rooted(name),
            (Host::Ipv4(allowed), Host::Ipv4(ip)) => allowed == ip,
            (Host::Ipv6(allowed), Host::Ipv6(ip)) => allowed == ip,
            _ => false,
        };
        is_host && only.is_none_or(|only| only == port)
    }

    pub(super) fn contains(&self, ip: IpAddr) -> bool {
        matches!(self, Self::Network(network) if network.contains(&ip))
    }

    pub(super) fn is_network(&self) -> bool {
        matches!(self, Self::Network(_))
    }
}

/// A name without the dot of the root.
fn rooted(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
